"""What each command does, says and exits with."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sklearn.dummy import DummyClassifier

import flyball
from flyball import Candidate, FeatureTable, RequestSource, Rows
from flyball.cli.commands.keys.keys import keys
from flyball.cli.commands.serve.first_builds import follow_build
from flyball.cli.main import main
from flyball.cli.printing.output import Output
from flyball.control.registry.models import Build
from flyball.control.registry.services import request_build
from flyball.control.routing.models import Outcome
from tests.cli.conftest import Typed
from tests.jobs.workers import carried_out
from tests.registry import small

ANSWERED = '{"age": 30, "job": "cook"}'


def write_dated(path: Path, without: range) -> Path:
    """A row a day, of which those in ``without`` have no positive outcome."""
    start = date(2024, 1, 1)
    lines = [
        f"{start + timedelta(days=row)},{row % 7},{'yes' if row % 7 > 3 and row not in without else 'no'}"
        for row in range(400)
    ]
    path.write_text("\n".join(["at,age,bought", *lines]) + "\n")
    return path


def test_apply_says_what_changes_and_then_that_nothing_does(
    typed: Typed, declare: Callable[..., Any]
) -> None:
    declare()
    assert {"endpoint": "purchase", "change": "team default is created"} in typed.json("apply", "--dry-run")
    assert len(typed.json("apply")) == 2
    assert "Nothing changes." in typed("apply").stdout


def test_apply_names_the_class_the_attribute_and_the_fix_of_a_fault(
    typed: Typed, declare: Callable[..., Any]
) -> None:
    declare(candidates=["psychic"])
    said = typed("apply", exits=1).stderr
    assert "flyball.E015" in said
    assert "Purchase.candidates" in said
    assert "boosting" in said


def test_a_build_shows_every_candidate_with_its_fold_scores(
    typed: Typed, applied: Callable[..., Any]
) -> None:
    applied(candidates=["linear", "naive_bayes"])
    built = typed.json("build", "purchase", "--inline")
    assert {row["candidate"] for row in built["leaderboard"]} == {"linear", "naive_bayes", "baseline"}
    assert all(len(row["folds"]) == 2 for row in built["leaderboard"])
    assert built["version"] == "purchase@1"
    assert not built["promoted"]
    assert typed.json("versions", "purchase", "--leaderboard") == built["leaderboard"]
    interrupted = Build.objects.get()
    interrupted.pk, interrupted.status = None, Build.Status.RUNNING
    interrupted.finished_at = None
    interrupted.save()
    assert typed.json("versions", "purchase", "--leaderboard") == built["leaderboard"]


def test_a_build_that_is_only_asked_for_hides_no_leaderboard(
    typed: Typed, applied: Callable[..., Any]
) -> None:
    declaration = applied()
    built = typed.json("build", "purchase", "--inline")
    request_build(declaration=declaration)
    assert typed.json("versions", "purchase", "--leaderboard") == built["leaderboard"]


@pytest.mark.parametrize("without", [range(180, 240), range(320, 400)], ids=["a fold", "what is held out"])
def test_a_score_that_is_not_defined_is_shown_as_a_dash(
    typed: Typed, applied: Callable[..., Any], tmp_path: Path, without: range
) -> None:
    rows = Rows(str(write_dated(tmp_path / "dated.csv", without)), time="at")
    applied(rows=rows, cv=5)
    built = typed("build", "purchase", "--inline")
    assert "–" in built.stdout
    board = typed.json("versions", "purchase", "--leaderboard")
    scores = [board[0]["held_out"], *board[0]["folds"]]
    assert None in scores
    assert board[0]["mean"] is not None


def test_bringing_up_shows_why_a_candidate_failed_and_a_score_that_is_not_defined(
    typed: Typed, declare: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = Rows(str(write_dated(tmp_path / "dated.csv", without=range(320, 400))), time="at")
    declare(rows=rows, candidates=["linear", Candidate("broken", object())])
    typed("apply")
    follow_build(Output(as_json=False), carried_out(flyball.build("purchase", promote=True)), math.inf)
    said = capsys.readouterr().err
    assert "TypeError" in said
    assert "–" in said
    assert "purchase@1 is champion." in said


def test_a_winner_that_is_no_better_than_the_baseline_is_doubted(
    typed: Typed, applied: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    applied(candidates=[Candidate("blind", DummyClassifier(strategy="prior"))])
    said = "blind is no better than the baseline on rows held out: 0.5000 to 0.5000."
    assert said in typed("build", "purchase", "--inline").stderr
    typed("apply")
    follow_build(Output(as_json=False), carried_out(flyball.build("purchase", promote=True)), math.inf)
    assert said in capsys.readouterr().err


def test_a_winner_that_beats_the_baseline_is_not_doubted(typed: Typed, applied: Callable[..., Any]) -> None:
    applied()
    assert "baseline on rows" not in typed("build", "purchase", "--inline").stderr


def test_a_build_on_a_stored_snapshot_takes_no_new_one(typed: Typed, applied: Callable[..., Any]) -> None:
    applied()
    digest = typed.json("snapshot", "purchase")["digest"]
    assert typed.json("build", "purchase", "--snapshot", digest[:10], "--inline")["snapshot"] == digest
    assert "no snapshot" in typed("build", "purchase", "--snapshot", "0000", "--inline", exits=1).stderr


def test_any_candidate_of_a_build_can_be_made_a_version(typed: Typed, applied: Callable[..., Any]) -> None:
    applied(candidates=["linear", "naive_bayes"])
    loser = typed.json("build", "purchase", "--inline")["leaderboard"][1]["candidate"]
    listed = typed.json("versions", "purchase", "--add", loser)
    assert (listed[0]["version"], listed[0]["candidate"]) == ("purchase@2", loser)


def test_a_snapshot_can_be_taken_away(typed: Typed, applied: Callable[..., Any], tmp_path: Path) -> None:
    applied()
    taken = typed.json("snapshot", "purchase", "--out", str(tmp_path / "out.parquet"))
    assert taken["rows"] == 60
    assert (tmp_path / "out.parquet").read_bytes().startswith(b"PAR1")


def test_promotion_and_rollback_move_the_champion(typed: Typed, champion: str) -> None:
    typed("versions", champion, "--add", "linear")
    assert typed.json("promote", "purchase@2")["champion"] == "purchase@2"
    assert typed.json("rollback", champion)["champion"] == "purchase@1"
    stages = {row["version"]: row["stage"] for row in typed.json("versions", champion)}
    assert stages == {"purchase@1": "production", "purchase@2": "testing"}


def test_a_route_that_somebody_changed_exits_with_5(typed: Typed, champion: str) -> None:
    result = typed("promote", "purchase@1", "--expected", "0", "--json", exits=5)
    assert json.loads(result.stderr)["code"] == "conflict"


def test_a_promotion_that_asks_more_of_callers_exits_with_3_until_somebody_says_yes(
    typed: Typed, champion: str, declare: Callable[..., Any], tmp_path: Path
) -> None:
    small.write_csv(tmp_path / "rows.csv")
    text = (tmp_path / "rows.csv").read_text().splitlines()
    more = [f"{line},{'height' if number == 0 else 150 + number}" for number, line in enumerate(text)]
    (tmp_path / "rows.csv").write_text("\n".join(more) + "\n")
    typed("build", champion, "--inline")
    assert "height" in typed("promote", "purchase@2", exits=3).stderr
    assert "purchase@2 is champion" in typed("promote", "purchase@2", "--yes").stdout


def test_what_does_not_exist_is_named_with_what_does(typed: Typed, declare: Callable[..., Any]) -> None:
    declare()
    assert "purchase" in typed("build", "nothing", "--inline", exits=1).stderr
    assert "flyball build purchase" in typed("versions", "purchase").stdout
    assert "flyball apply" in typed("predict", "purchase", exits=1).stderr


def test_one_prediction_is_answered_and_recorded(typed: Typed, champion: str) -> None:
    answer = typed.json("predict", champion, "--input", ANSWERED, "--reference", "a-1")
    assert answer["version"] == 1
    assert set(answer["output"]["probabilities"]) == {"yes", "no"}
    counts = typed.json("outcomes", champion, "--prediction", answer["id"], "--value", "yes")
    assert counts == {"bound": 1, "held": 0, "ambiguous": 0, "unmatched": 0}


def test_an_input_that_does_not_fit_is_refused_with_its_place(typed: Typed, champion: str) -> None:
    said = typed("predict", champion, "--input", '{"age": "secret-value", "job": "cook"}', exits=1).stderr
    assert "/input/age" in said
    assert "secret-value" not in said


def test_a_file_is_answered_row_by_row(typed: Typed, champion: str, tmp_path: Path) -> None:
    people, out = tmp_path / "people.csv", tmp_path / "out.csv"
    people.write_text("name,age,job\nann, 30 ,cook\nbob,old,clerk\n\ncyd,41,pilot\n")
    words = ("predict", champion, "--file", str(people), "--out", str(out), "--reference", "name")
    assert typed.json(*words, exits=1) == {"rows": 3, "refused": 1, "file": str(out)}
    rows = list(csv.DictReader(out.open()))
    assert [row["name"] for row in rows] == ["ann", "bob", "cyd"]
    assert [bool(row["prediction"]) for row in rows] == [True, False, True]
    assert rows[1]["error"] == "/input/age wrong_type"
    assert float(rows[0]["probability yes"]) == pytest.approx(1 - float(rows[0]["probability no"]))
    outcome = typed.json("outcomes", champion, "--reference", "cyd", "--value", "no")
    assert outcome["bound"] == 1


def test_answers_hold_nothing_that_a_spreadsheet_would_compute(
    typed: Typed, champion: str, tmp_path: Path
) -> None:
    people, out = tmp_path / "people.csv", tmp_path / "out.csv"
    people.write_text(
        "=name,age,job,debt\n=1+1,30,cook,-5\n@SUM(A1),31,cook,+2.5e3\n-cmd|' /C calc'!A0,32,cook,-\n"
    )
    typed("predict", champion, "--file", str(people), "--out", str(out))
    rows = list(csv.DictReader(out.open()))
    assert [row["'=name"] for row in rows] == ["'=1+1", "'@SUM(A1)", "'-cmd|' /C calc'!A0"]
    assert [row["debt"] for row in rows] == ["-5", "+2.5e3", "'-"]


def test_a_file_may_be_answered_in_its_own_place_with_any_delimiter(
    typed: Typed, champion: str, tmp_path: Path
) -> None:
    people = tmp_path / "people.csv"
    people.write_text("age;job\nold;cook\n30;clerk\n")
    said = typed.json("predict", champion, "--file", str(people), "--out", str(people), exits=1)
    assert said["refused"] == 1
    refused, answered = csv.DictReader(people.open())
    assert (refused["job"], refused["error"]) == ("cook", "/input/age wrong_type")
    assert (answered["job"], answered["error"]) == ("clerk", "")
    assert answered["label"] in {"yes", "no"}
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".part")] == []


@pytest.mark.parametrize(
    ("content", "exits", "said"),
    [
        (b"age,job,label\n30,cook,yes\n", 2, "has a column 'label', as the answers do"),
        ("age,job\n30,café\n".encode("latin-1"), 1, "is not UTF-8"),
        (b"age,job\n30,cook\n30\n", 1, "line 3: 2 values are expected"),
    ],
    ids=["a column of the answers", "not UTF-8", "a short row"],
)
def test_a_file_that_cannot_be_answered_leaves_earlier_answers_alone(
    typed: Typed, champion: str, tmp_path: Path, content: bytes, exits: int, said: str
) -> None:
    people, out = tmp_path / "people.csv", tmp_path / "out.csv"
    people.write_bytes(content)
    out.write_text("answers of before")
    words = ("predict", champion, "--file", str(people), "--out", str(out))
    assert said in typed(*words, exits=exits).stderr
    assert out.read_text() == "answers of before"


def test_an_entity_that_no_table_has_is_the_error_of_its_row_alone(
    typed: Typed, declare: Callable[..., Any], tmp_path: Path
) -> None:
    wages = "".join(f"{age},{age * 100}\n" for age in range(20, 70))
    (tmp_path / "ages.csv").write_text(f"age,wage\n{wages}")
    ages = FeatureTable("ages", file=str(tmp_path / "ages.csv"), on="age", static=True)
    declare(features=[RequestSource("job"), ages])
    typed("apply")
    typed("build", "purchase", "--promote", "--inline")
    people, out = tmp_path / "people.csv", tmp_path / "out.csv"
    people.write_text("age,job\n30,cook\n987,clerk\n41,pilot\n")
    said = typed.json("predict", "purchase", "--file", str(people), "--out", str(out), exits=1)
    assert said == {"rows": 3, "refused": 1, "file": str(out)}
    rows = list(csv.DictReader(out.open()))
    assert [bool(row["prediction"]) for row in rows] == [True, False, True]
    assert rows[1]["error"] == "/entity/age unknown_entity"


def test_a_reference_column_that_the_file_lacks_is_wrong_usage(
    typed: Typed, champion: str, tmp_path: Path
) -> None:
    people, out = tmp_path / "people.csv", tmp_path / "out.csv"
    people.write_text("age,job\n30,cook\n")
    words = ("predict", champion, "--file", str(people), "--out", str(out), "--reference", "nosuch")
    assert "no column 'nosuch'" in typed(*words, exits=2).stderr
    assert not out.exists()


def test_outcomes_come_from_a_file_and_those_too_early_are_held(
    typed: Typed, champion: str, tmp_path: Path
) -> None:
    typed("predict", champion, "--input", ANSWERED, "--reference", "early-bird")
    results = tmp_path / "results.csv"
    results.write_text("reference,value\nearly-bird,yes\nnot-yet,no\n")
    said = typed("outcomes", champion, str(results)).stdout
    assert said == "1 bound, 1 held, 0 ambiguous, 0 unmatched.\n"


def test_a_file_without_outcomes_is_taken_where_there_is_such_an_endpoint(
    typed: Typed, champion: str, tmp_path: Path
) -> None:
    nothing = tmp_path / "nothing.csv"
    nothing.write_text("reference,value\n")
    assert set(typed.json("outcomes", champion, str(nothing)).values()) == {0}
    assert "no endpoint nowhere" in typed("outcomes", "nowhere", str(nothing), exits=1).stderr


def test_a_file_that_was_recorded_is_not_recorded_again_unless_that_is_asked_for(
    typed: Typed, champion: str, tmp_path: Path
) -> None:
    results = tmp_path / "results.csv"
    results.write_text("reference,value\n" + "".join(f"r-{number},yes\n" for number in range(1500)))
    assert typed.json("outcomes", champion, str(results))["held"] == 1500
    again = typed("outcomes", champion, str(results))
    assert again.stdout == "0 bound, 1500 held, 0 ambiguous, 0 unmatched.\n"
    assert "1500 of 1500 outcomes were recorded before" in again.stderr
    assert Outcome.objects.count() == 1500
    typed("outcomes", champion, str(results), "--again")
    assert Outcome.objects.count() == 3000


def test_a_file_is_recorded_whole_or_not_at_all(typed: Typed, champion: str, tmp_path: Path) -> None:
    results = tmp_path / "results.csv"
    results.write_text("reference,value\n" + "r,yes\n" * 1500 + "r,maybe\n")
    assert "/outcomes/1500/value" in typed("outcomes", champion, str(results), exits=1).stderr
    assert not Outcome.objects.exists()


def test_what_found_no_prediction_is_listed_bound_by_hand_and_taken_back(typed: Typed, champion: str) -> None:
    made = typed.json("predict", champion, "--input", ANSWERED)
    typed("outcomes", champion, "--reference", "mistyped", "--value", "yes")
    (held,) = typed.json("outcomes", champion, "--state", "held")
    number = str(held["number"])
    bound = typed.json("outcomes", champion, "--resolve", number, "--prediction", made["id"])
    assert (bound["state"], bound["prediction"]) == ("bound", made["id"])
    assert typed("outcomes", champion, "--retract", number).stdout == f"Outcome {number} is retracted.\n"
    assert "already" in typed("outcomes", champion, "--retract", number, exits=5).stderr


def test_outcomes_are_pulled_from_rows_and_a_rows_number_is_no_reference(typed: Typed, champion: str) -> None:
    typed("predict", champion, "--input", ANSWERED, "--reference", "7")
    assert typed.json("outcomes", champion, "--pull") == {
        "bound": 0,
        "held": 0,
        "ambiguous": 0,
        "unmatched": 60,
    }


def test_a_version_travels_as_a_folder(typed: Typed, champion: str, tmp_path: Path) -> None:
    typed("export", "purchase@champion", str(tmp_path / "carried"))
    assert typed.json("import", str(tmp_path / "carried")) == {"version": "purchase@2"}
    before = typed.json("predict", champion, "--input", ANSWERED, "--version", "1")
    after = typed.json("predict", champion, "--input", ANSWERED, "--version", "2")
    assert before["output"] == after["output"]


def test_a_key_is_shown_once_and_can_be_taken_back(typed: Typed, champion: str) -> None:
    issued = typed.json("keys", "issue", "--role", "member", "--label", "web")
    assert issued["key"].startswith("fb_")
    assert issued["key"] not in typed("keys", "list").stdout
    typed("keys", "revoke", str(issued["id"]))
    assert typed.json("keys", "list")[0]["revoked"]
    assert "no key" in typed("keys", "revoke", "999999", exits=1).stderr


WRONG = [
    (("predict", "purchase", "--input", "age=3"), "a JSON object is asked for"),
    (("predict", "purchase", "--file", __file__), "answers need a place"),
    (("outcomes", "purchase"), "nothing was told"),
    (("outcomes", "purchase", "--pull", "--reference", "a", "--value", "b"), "two ways at once"),
    (("outcomes", "purchase", "--value", "yes"), "of which prediction?"),
    (("outcomes", "purchase", "--resolve", "1"), "bound to which prediction?"),
    (("outcomes", "purchase", "--retract", "1", "--reference", "a"), "a name that nothing needs"),
    (("check", "--min", "roc_auc"), "a score is missing"),
    (("keys", "issue", "--role", "king"), "there is no such role"),
    (("fly",), "there is no such command"),
]


@pytest.mark.parametrize(("words", "why"), WRONG, ids=[why for _, why in WRONG])
def test_wrong_usage_exits_with_2(typed: Typed, champion: str, words: tuple[str, ...], why: str) -> None:
    typed(*words, exits=2)


EVERY = {**main.commands, **{f"keys {name}": each for name, each in keys.commands.items()}}


@pytest.mark.parametrize("name", sorted(EVERY))
def test_every_command_helps_with_examples(name: str) -> None:
    said = CliRunner().invoke(main, [*name.split(), "--help"]).stdout
    assert "Examples:" in said
    assert f"flyball {name}" in said


@pytest.mark.parametrize("name", sorted(EVERY.keys() - {"keys"}))
def test_every_command_can_print_json(name: str) -> None:
    assert "as_json" in {parameter.name for parameter in EVERY[name].params}
