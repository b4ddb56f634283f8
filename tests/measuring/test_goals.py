"""A goal is met or missed by its bound, on the right side of it."""

from __future__ import annotations

import pytest
from benchmarks.goals import GOALS, Goal, judged, spelled

AT_LEAST = Goal("answers", 4)
AT_MOST = Goal("p99", 10, " ms", at_most=True)


@pytest.mark.parametrize(
    ("goal", "value", "verdict"),
    [
        (AT_LEAST, 4.1, "met"),
        (AT_LEAST, 4, "met"),
        (AT_LEAST, 3.999, "missed"),
        (AT_MOST, 9.9, "met"),
        (AT_MOST, 10, "met"),
        (AT_MOST, 10.001, "missed"),
        (AT_MOST, float("nan"), "missed"),
        (AT_LEAST, float("nan"), "missed"),
        (AT_LEAST, None, "not measured"),
    ],
)
def test_a_bound_is_met_from_its_own_side(goal: Goal, value: float | None, verdict: str) -> None:
    assert goal.verdict(value) == verdict


def test_a_bound_is_asked_in_words_with_its_unit() -> None:
    assert (AT_LEAST.asked, AT_MOST.asked) == ("≥ 4×", "≤ 10 ms")


def test_every_goal_has_its_row_whether_it_was_measured_or_not() -> None:
    rows = judged({"onnx": 4.26, "p99": 12.34})
    assert len(rows) == len(GOALS)
    assert ("answers a second beside FastAPI + ONNX by hand", "≥ 4×", "4.26×", "met") in rows
    assert ("p99 with 64 connections, SQLite", "≤ 10 ms", "12.3 ms", "missed") in rows
    assert [row[3] for row in rows].count("not measured") == len(GOALS) - 2


def test_a_number_that_no_goal_asks_for_is_a_mistake() -> None:
    with pytest.raises(KeyError, match="onxx"):
        judged({"onxx": 4.0})


@pytest.mark.parametrize(
    ("value", "text"), [(0.448, "0.45"), (1, "1.00"), (13.25, "13.2"), (128.6, "129"), (26745.2, "26,745")]
)
def test_numbers_have_three_digits_that_count(value: float, text: str) -> None:
    assert spelled(value) == text
