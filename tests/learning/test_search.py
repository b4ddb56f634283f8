"""The search: the defaults first, the better part onto more rows, and the best of them all at last."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from optuna.distributions import FloatDistribution
from sklearn.pipeline import Pipeline

from flyball import Search
from flyball.domain.errors import ModelFailed
from flyball.learning.candidates import SearchCandidate
from flyball.learning.search import Found, search
from flyball.learning.splitting.forward import Split
from flyball.learning.units import Counted, computed

RUNGS: list[list[Split]] = [
    [(np.arange(size), np.arange(folds))] * folds for size, folds in ((10, 3), (30, 3), (90, 5))
]
"""Folds whose training rows tell the rung."""
DEFAULT = 0.5


class Scores:
    """An objective that remembers what was asked: the score of a parameter on so many rows."""

    def __init__(self, score: Callable[[float, int], float]) -> None:
        self.score = score
        self.asked: list[tuple[int, float]] = []

    def __call__(self, parameters: Mapping[str, Any], fold: Split) -> float:
        """The score, a little apart from fold to fold."""
        rows, place = len(fold[0]), sum(rows == len(fold[0]) for rows, _ in self.asked)
        self.asked.append((rows, parameters["x"]))
        return self.score(parameters["x"], rows) + 0.01 * (place % 2)

    def points(self, rows: int) -> list[float]:
        """The parameters that were tried on so many rows, in order."""
        return list(dict.fromkeys(x for size, x in self.asked if size == rows))


def found(scores: Scores, *, trials: int = 9, seconds: float = 600.0, seed: int = 0) -> Found:
    """A search of one number from 0 to 1, the defaults 0.5."""
    candidate = SearchCandidate(
        name="mine",
        make=lambda parameters: Pipeline([]),
        space={"x": FloatDistribution(0.0, 1.0)},
        defaults={"x": DEFAULT},
        start={"x": 0.25},
    )
    return search(
        candidate,
        scores,
        RUNGS,
        Search(trials, seconds),
        seed,
        lambda number, score: None,
        Counted(computed),
    )


def test_the_better_part_of_the_points_climbs_and_meets_the_defaults_on_all_rows() -> None:
    scores = Scores(lambda x, rows: x)
    best = found(scores)
    first, second, last = (scores.points(rows) for rows in (10, 30, 90))
    assert first[:2] == [DEFAULT, 0.25]
    assert len(first) == 9
    assert second == sorted(first, reverse=True)[:3]
    assert last == [DEFAULT, max(first)]
    assert best.parameters == {"x": max(first)}
    assert len(best.scores) == 5
    assert best.trials == 9


def test_what_wins_on_few_rows_and_loses_on_all_gives_way_to_the_defaults() -> None:
    best = found(Scores(lambda x, rows: x if rows < 90 else -x))
    assert best.parameters == {"x": DEFAULT}


def test_the_defaults_win_where_it_is_close() -> None:
    scores = Scores(lambda x, rows: 0.7)
    best = found(scores)
    assert len(scores.points(90)) > 1, "the other one is better in three folds of five, by chance"
    assert best.parameters == {"x": DEFAULT}


def test_the_same_seed_tries_the_same_points_and_another_does_not() -> None:
    first, again, other = Scores(lambda x, _: x), Scores(lambda x, _: x), Scores(lambda x, _: x)
    assert found(first) == found(again)
    found(other, seed=1)
    assert first.asked == again.asked
    assert first.points(10) != other.points(10)


def test_without_time_the_first_point_is_finished_and_scored_on_all_rows() -> None:
    scores = Scores(lambda x, rows: x)
    best = found(scores, seconds=0.0)
    assert (best.parameters, best.trials, best.stopped_by_time) == ({"x": DEFAULT}, 1, True)
    assert scores.points(10) == scores.points(90) == [DEFAULT]
    assert scores.points(30) == []


def test_defaults_that_fail_give_way_to_what_works() -> None:
    def score(x: float, rows: int) -> float:
        if x == DEFAULT:
            raise ModelFailed("no luck today")
        return x

    assert found(Scores(score)).parameters["x"] > DEFAULT


@pytest.mark.parametrize("score", [math.nan, -math.inf])
def test_a_score_that_is_not_finite_never_wins(score: float) -> None:
    best = found(Scores(lambda x, rows: x if x < 0.9 else score))
    assert best.parameters["x"] < 0.9


def test_a_point_that_fails_on_more_rows_is_passed_over() -> None:
    def score(x: float, rows: int) -> float:
        if x != DEFAULT and rows == 90:
            raise ModelFailed("too many rows")
        return x

    assert found(Scores(score)).parameters == {"x": DEFAULT}
