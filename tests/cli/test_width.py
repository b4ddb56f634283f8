"""Tables read at 80 columns: no line is longer, and nothing is cut."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from flyball import Candidate
from flyball.cli.commands.keys.keys import keys
from tests.cli.conftest import Typed

LONG = "a_candidate_with_a_name_that_says_at_length_what_it_does"
WIDTH = 80


def too_long(text: str) -> list[str]:
    return [line for line in text.splitlines() if len(line) > WIDTH]


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.fixture
def five_folds(typed: Typed, declare: Callable[..., Any]) -> str:
    """``purchase`` with five folds, a candidate of a long name and one that fails."""
    declare(cv=5, candidates=["linear", "naive_bayes", Candidate("broken", object())])
    typed("apply")
    typed("build", "purchase", "--promote", "--inline")
    return "purchase"


def test_a_leaderboard_reads_at_80_columns_with_its_fold_scores(typed: Typed, five_folds: str) -> None:
    said = typed("versions", five_folds, "--leaderboard").stdout
    assert too_long(said) == []
    words = said.split()
    for row in typed.json("versions", five_folds, "--leaderboard"):
        assert row["candidate"] in words
        assert {f"{score:.4f}" for score in row["folds"]} <= set(words)
        assert squeezed(row["error"] or "") in squeezed(said)


def test_a_candidate_with_five_folds_takes_two_lines_of_a_leaderboard(typed: Typed, five_folds: str) -> None:
    said = typed("versions", five_folds, "--leaderboard").stdout
    board = said.partition("broken: ")[0].splitlines()
    candidates = [line for line in board if line[:1].isdigit()]
    assert len(candidates) == 3
    assert len(board) <= 2 + 2 * len(candidates) + 1  # two of heads, one of what failed


def test_versions_read_at_80_columns_in_whole_words(typed: Typed, five_folds: str) -> None:
    said = typed("versions", five_folds).stdout
    assert too_long(said) == []
    (row,) = typed.json("versions", five_folds)
    assert {row["version"], row["stage"], row["candidate"], row["metric"]} <= set(said.split())


def test_keys_read_at_80_columns_with_a_long_label(typed: Typed, champion: str) -> None:
    assert keys.name == "keys"
    label = "the web shop's own key for its check-out page, second try, since the first one leaked"
    typed("keys", "issue", "--role", "member", "--label", label)
    said = typed("keys", "list").stdout
    assert too_long(said) == []
    assert all(word in said for word in ("member", "default", "check-out", "leaked"))


def test_the_leaderboard_of_a_build_reads_at_80_columns(typed: Typed, five_folds: str) -> None:
    board = typed("build", five_folds, "--inline").stdout.partition("broken: ")[0]  # sentences come after it
    assert "linear" in board
    assert too_long(board) == []


def test_a_snapshot_shows_the_schema_that_was_inferred(typed: Typed, declare: Callable[..., Any]) -> None:
    declare()
    typed("apply")
    said = typed("snapshot", "purchase").stderr
    assert too_long("\n".join(line for line in said.splitlines() if "/" not in line)) == []
    rows = {line.split()[0]: line.split() for line in said.splitlines() if line.split()}
    assert rows["age"][:5] == ["age", "integer", "no", "20", "to"]
    assert rows["job"][:3] == ["job", "category", "no"]
    assert {"clerk,", "cook,", "pilot"} <= set(rows["job"])
