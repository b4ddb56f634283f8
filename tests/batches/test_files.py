"""Whole files in the formats that are known: rows in, answers in the same order out."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flyball import inprocess
from flyball.batches import selectors
from flyball.domain.errors import InvalidInput
from flyball.stores.database import Database
from tests.batches.world import ask, done, rows

pytestmark = pytest.mark.storage

ROWS = [
    {"id": "a", "age": 80.0, "ward": "east"},
    {"id": "b", "age": 200.0, "ward": "north"},
    {"id": "c", "age": -0.5, "ward": "west"},
    {"id": "d", "age": 40.25, "ward": "west"},
    {"id": "e", "age": 12.0, "ward": "east"},
]
CSV = "id,age,ward\n" + "".join(f"{row['id']},{row['age']}, {row['ward']}\n" for row in ROWS)


def written(path: Path) -> Path:
    """The rows, in the format that the name tells."""
    if path.name.endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist(ROWS), path, row_group_size=2)
        return path
    text = CSV if ".csv" in path.name else "".join(json.dumps(row) + "\n" for row in ROWS)
    path.write_bytes(gzip.compress(text.encode()) if path.name.endswith(".gz") else text.encode())
    return path


def answers(path: Path) -> list[dict[str, Any]]:
    """What is in a file of answers, numbers as numbers."""
    if path.name.endswith(".parquet"):
        return pq.read_table(path).to_pylist()
    data = gzip.decompress(path.read_bytes()) if path.name.endswith(".gz") else path.read_bytes()
    if ".csv" not in path.name:
        return [json.loads(line) for line in data.splitlines()]
    plain = path.with_suffix(".plain")
    plain.write_bytes(data)
    numbers = ("age", "row", "version", "probability ill", "probability well")
    return [
        {name: float(value) if name in numbers else value or None for name, value in row.items()}
        for row in rows(plain)
    ]


@pytest.mark.parametrize("source", ["in.parquet", "in.csv", "in.csv.gz", "in.ndjson", "in.jsonl.gz"])
@pytest.mark.parametrize("out", ["out.parquet", "out.csv.gz", "out.ndjson"])
def test_each_format_comes_in_and_goes_out_with_the_answers_of_requests(
    database: Database, tmp_path: Path, source: str, out: str
) -> None:
    made = ask(database, written(tmp_path / source), tmp_path / out, chunk_rows=2)
    job = done(made)
    assert (job.status, job.result["answered"], job.result["rejected"]) == ("succeeded", 5, 0), job.error
    expected = [
        inprocess.predict("triage", input={"age": row["age"], "ward": row["ward"]}, reference="x")
        for row in ROWS
    ]
    found = answers(tmp_path / out)
    assert [row["row"] for row in found] == [1, 2, 3, 4, 5]
    assert [row["id"] for row in found] == ["a", "b", "c", "d", "e"]
    assert [row["label"] for row in found] == [each.output["label"] for each in expected]
    for row, each in zip(found, expected, strict=True):
        assert row["probability ill"] == pytest.approx(each.output["probabilities"]["ill"], abs=1e-12)
        assert row["decision"] == each.decision
        assert (row["warnings"] or "") == "; ".join(f"{one.pointer} {one.code}" for one in each.warnings)
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".plain") == sorted(
        [source, out, "out.rejects.csv"]
    ), "no part is left"


def test_a_folder_of_parts_is_what_a_name_with_a_slash_asks_for(database: Database, tmp_path: Path) -> None:
    made = ask(database, written(tmp_path / "in.csv"), f"{tmp_path}/out.parquet/", chunk_rows=2)
    assert done(made).status == "succeeded"
    assert pq.read_table(tmp_path / "out.parquet").column("row").to_pylist() == [1, 2, 3, 4, 5]
    assert len(list((tmp_path / "out.parquet").iterdir())) == 3


def test_a_folder_that_is_there_is_not_touched(database: Database, tmp_path: Path) -> None:
    (tmp_path / "out.csv").mkdir()
    (tmp_path / "out.csv" / "mine").touch()
    job = done(ask(database, written(tmp_path / "in.csv"), f"{tmp_path}/out.csv/"))
    assert job.status == "failed"
    assert "is there already" in job.error
    assert (tmp_path / "out.csv" / "mine").exists()


@pytest.mark.parametrize("name", ["in.parquet", "in.csv", "in.ndjson"])
def test_rows_that_do_not_fit_are_told_and_the_others_answered(
    database: Database, tmp_path: Path, name: str
) -> None:
    source = tmp_path / name
    columns = {"age": [None, 30.5, float("inf"), 8.0], "ward": ["east", None, "west", "east"]}
    if name == "in.parquet":
        pq.write_table(pa.table(columns), source)
    elif name == "in.csv":
        source.write_text('age,ward\n,east\n30.5,?\n1e999,west\n8,"ea""st"\n1\n\n8,east\n')
    else:
        lines = ['{"ward": "east"}', '{"age": 30.5}', '{"age": "far", "ward": "west"}', "[1]"]
        source.write_text(
            "\n".join([*lines, '{"age": 8, "age": 9, "ward": "east"}', '{"age": 8, "ward": "east"}'])
        )
    made = ask(database, source, tmp_path / "out.csv", chunk_rows=2)
    job = done(made)
    assert job.status == "succeeded", job.error
    expected = {
        "in.parquet": ([4], [("1", "age", "missing"), ("2", "ward", "missing"), ("3", "age", "wrong_type")]),
        "in.csv": (
            [4, 6],
            [
                ("1", "age", "missing"),
                ("2", "ward", "missing"),
                ("3", "age", "wrong_type"),
                ("5", "", "malformed_row"),
            ],
        ),
        "in.ndjson": (
            [6],
            [
                ("1", "age", "missing"),
                ("2", "ward", "missing"),
                ("3", "age", "wrong_type"),
                ("4", "", "malformed_row"),
                ("5", "", "malformed_row"),
            ],
        ),
    }[name]
    assert [int(row["row"]) for row in rows(tmp_path / "out.csv")] == expected[0]
    told = [(row["row"], row["field"], row["code"]) for row in rows(tmp_path / "out.rejects.csv")]
    assert told == expected[1]
    made.refresh_from_db()
    assert selectors.document(made)["rejected"] == len(expected[1])


def test_more_rejects_than_may_be_fail_the_job(database: Database, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("age,ward\n" + "far,east\n" * 3 + "8,east\n")
    job = done(ask(database, tmp_path / "in.csv", tmp_path / "out.csv", max_rejects=2))
    assert (job.status, job.error_code) == ("failed", "data")
    assert "3 rows do not fit; at most 2 may" in job.error
    assert not (tmp_path / "out.csv").exists()


def test_an_empty_file_gives_a_file_of_columns_alone(database: Database, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("age,ward\n")
    assert done(ask(database, tmp_path / "in.csv", tmp_path / "out.parquet")).status == "succeeded"
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.num_rows == 0
    assert table.column_names[:3] == ["age", "ward", "row"]


def test_a_formula_in_a_file_is_harmless_in_the_answers(database: Database, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("=cmd(),age,ward\n=1+1,8,east\n-5,9,east\n")
    assert done(ask(database, tmp_path / "in.csv", tmp_path / "out.csv")).status == "succeeded"
    found = rows(tmp_path / "out.csv")
    assert [row["'=cmd()"] for row in found] == ["'=1+1", "-5"]


def test_a_file_without_a_column_that_is_needed_fails_at_once(database: Database, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("age\n1\n")
    job = done(ask(database, tmp_path / "in.csv", tmp_path / "out.csv"))
    assert job.status == "failed"
    assert "'ward'" in job.error


def test_a_column_that_is_called_as_one_of_the_answers_is_refused_unless_it_stays_behind(
    database: Database, tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text("age,ward,label\n1,east,ill\n")
    assert "'label'" in done(ask(database, tmp_path / "in.csv", tmp_path / "out.csv")).error
    again = ask(database, tmp_path / "in.csv", tmp_path / "out.csv", keep=("ward",))
    assert done(again).status == "succeeded"
    assert list(rows(tmp_path / "out.csv")[0])[:3] == ["ward", "row", "version"]


@pytest.mark.parametrize("names", [("in.xlsx", "out.csv"), ("in.csv", "out"), ("in.parquet.gz", "out.csv")])
def test_a_name_that_tells_no_format_is_refused(
    database: Database, tmp_path: Path, names: tuple[str, str]
) -> None:
    with pytest.raises(InvalidInput):
        ask(database, tmp_path / names[0], tmp_path / names[1])
