"""What is sent, what wrk's words mean, and which answers are right."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from benchmarks import wrk
from benchmarks.answers import wrong
from benchmarks.census import OUTCOME, read
from benchmarks.servers import Server
from benchmarks.stages.throughput import Measured, Pair

from flyball.domain.values import Scalar

SAID = """Running 5s test @ http://127.0.0.1:8000/predictions
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     3.21ms    1.02ms  21.10ms   92.11%
    Req/Sec    19.80k     1.11k   22.01k    70.00%
  Latency Distribution
     50%  812.00us
     75%    3.60ms
     90%    4.10ms
     99%    1.20s
  98765 requests in 5.00s, 40.11MB read
Requests/sec:  19753.00
Transfer/sec:      8.02MB
"""
TRUTH = {"no": 0.75, "yes": 0.25}


def server(name: str = "one", *, wrapped: bool = False, key: str = "") -> Server:
    return Server(name=name, command=(), folder=Path(), directory=Path(), path="/", key=key, wrapped=wrapped)


def test_wrk_s_words_become_answers_a_second_and_milliseconds() -> None:
    assert wrk.read(SAID) == (98765, 19753.0, 0.812, 1200.0)


@pytest.mark.parametrize(
    "text",
    [
        SAID + "  Non-2xx or 3xx responses: 3\n",
        SAID + "  Socket errors: connect 0, read 7, write 0, timeout 0\n",
        SAID.replace("98765 requests", "0 requests"),
        "unable to connect to 127.0.0.1:8000 Connection refused",
    ],
    ids=["errors", "broken connections", "no answer", "no server"],
)
def test_a_round_that_did_not_go_well_counts_for_nothing(text: str) -> None:
    with pytest.raises(RuntimeError):
        wrk.read(text)


def test_medians_are_taken_of_each_number_by_itself() -> None:
    rounds = [wrk.Round(100, 9, 1, 5), wrk.Round(300, 7, 3, 4), wrk.Round(200, 8, 2, 60)]
    assert wrk.median(rounds) == wrk.Round(200, 8, 2, 5)


def test_a_ratio_is_the_median_of_neighbours_not_the_ratio_of_medians() -> None:
    measured = Measured()
    measured.ratios["ours", "theirs", 64] += [4.0, 1.0, 2.0]
    assert measured.ratio(Pair(server("ours"), server("theirs"), None), 64) == 2.0


def test_every_row_is_sent_once_in_a_cycle_as_the_server_wants_it() -> None:
    rows: list[dict[str, Scalar]] = [{"age": age, "job": "]] -- sales"} for age in range(5)]
    text = wrk.script(server(wrapped=True, key="secret"), rows)
    sent = [json.loads(body) for body in re.findall(r"\[====\[(.*)\]====\],", text)]
    assert sent == [{"input": row} for row in rows]
    assert 'wrk.headers["Authorization"] = "Bearer secret"' in text
    assert "Authorization" not in wrk.script(server(), rows)


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ({"label": "no", "probabilities": {"no": 0.750001, "yes": 0.249999}}, ""),
        ({"label": "no", "probabilities": {"no": 0.7502, "yes": 0.2498}}, "a probability is off by 0.0002"),
        ({"label": "no", "probabilities": {"no": float("nan"), "yes": 0.25}}, "a probability is off by nan"),
        ({"label": "yes", "probabilities": TRUTH}, "another label"),
        ({"label": "no", "probabilities": {"no": 0.75, "maybe": 0.25}}, "other labels"),
    ],
)
def test_an_answer_is_right_only_if_it_is_scikit_learn_s(output: dict[str, object], reason: str) -> None:
    assert wrong(output, TRUTH) == reason


def test_distinct_rows_are_asked_as_the_file_has_them(tmp_path: Path) -> None:
    file = tmp_path / "census.csv"
    file.write_text(f"age, job, {OUTCOME}\n30, ?, no\n30, ?, yes\n41, sales, no\n")
    data = read(file)
    assert sorted(data.asked(), key=str) == [{"age": 30, "job": "?"}, {"age": 41, "job": "sales"}]
    assert data.name == "census: 3 rows, 2 features"


def test_without_a_file_there_is_data_to_ask() -> None:
    assert len(read(None).asked(50)) == 50


def test_a_file_without_the_outcome_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "other.csv"
    file.write_text("age,job\n30,sales\n")
    with pytest.raises(SystemExit, match="no column 'income'"):
        read(file)
