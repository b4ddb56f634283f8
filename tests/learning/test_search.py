"""The search: the defaults first, the better part onto more rows, the best of them all at last, and units."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from optuna.distributions import FloatDistribution
from sklearn.pipeline import Pipeline

from flyball import Search
from flyball.domain.errors import ModelFailed
from flyball.learning.candidates import SearchCandidate
from flyball.learning.search import PATIENCE, ROUND, Found, Objective, search
from flyball.learning.splitting.forward import Split
from flyball.learning.units import CandidateFailed, Compute, Counted, Outcome, Unit, Units, computed

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


def found(
    scores: Objective, *, trials: int = 9, seconds: float = 600.0, seed: int = 0, units: Units = computed
) -> Found:
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
        Counted(units),
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


class Kept:
    """Keeps outcomes from one search to the next; ``seconds`` is what each unit is said to take."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.outcomes: dict[Unit, Outcome] = {}
        self.computed: list[Unit] = []
        self.seconds = seconds

    def __call__(self, unit: Unit, parameters: Mapping[str, Any], compute: Compute) -> Outcome:
        """The outcome that is kept, else a new one."""
        if unit not in self.outcomes:
            self.computed.append(unit)
            self.outcomes[unit] = replace(compute(), seconds=self.seconds)
        return self.outcomes[unit]


@pytest.mark.parametrize("trials", [ROUND + 1, 2 * ROUND, 3 * ROUND - 1])
def test_no_point_of_a_round_depends_on_the_scores_of_that_round(trials: int) -> None:
    upwards, downwards = Scores(lambda x, rows: x), Scores(lambda x, rows: x)
    found(upwards, trials=trials)
    begun = trials - 1 - (trials - 1) % ROUND
    known = upwards.points(10)[:begun]
    downwards.score = lambda x, rows: x if x in known else -x
    found(downwards, trials=trials)
    assert upwards.points(10) == downwards.points(10)


def test_what_is_chosen_depends_on_the_rounds_before() -> None:
    high, low = Scores(lambda x, rows: x), Scores(lambda x, rows: -x)
    found(high, trials=2 * ROUND)
    found(low, trials=2 * ROUND)
    assert high.points(10)[:ROUND] == low.points(10)[:ROUND]
    later = [sum(scores.points(10)[ROUND:]) for scores in (high, low)]
    assert later[0] > later[1]


@pytest.mark.parametrize("seed", range(5))
def test_whichever_units_are_done_already_the_search_ends_as_it_would_have(seed: int) -> None:
    def same(parameters: Mapping[str, Any], fold: Split) -> float:
        return float(parameters["x"])

    whole = Kept()
    expected = found(same, trials=20, units=whole)
    some = Kept()
    drawn = random.Random(seed).sample(whole.computed, len(whole.computed) // 2)  # noqa: S311 - a test's
    some.outcomes = {unit: whole.outcomes[unit] for unit in drawn}
    assert found(same, trials=20, units=some) == expected
    assert some.computed == [unit for unit in whole.computed if unit not in drawn]
    assert some.outcomes == whole.outcomes


def test_a_point_is_one_unit_on_a_draw_and_one_for_each_fold_on_all_rows() -> None:
    units = Kept()
    found(Scores(lambda x, rows: x), units=units)
    by_rung = [[unit.fold for unit in units.computed if unit.rung == rung] for rung in range(3)]
    assert by_rung == [[None] * 9, [None] * 3, list(range(5)) * 2]


def test_failures_that_are_kept_end_the_candidate_with_the_same_sentence() -> None:
    def score(x: float, rows: int) -> float:
        raise ModelFailed(f"no luck at {x}")

    units = Kept()
    for _ in range(2):
        with pytest.raises(CandidateFailed, match=r"^ModelFailed: no luck at 0\.\d+$") as failed:
            found(Scores(score), units=units)
        assert len(units.computed) == PATIENCE
        assert str(failed.value) == units.outcomes[units.computed[-1]].error


@pytest.mark.parametrize(("error", "is_to_be_kept"), [(MemoryError, False), (ModelFailed, True)])
def test_too_little_memory_is_the_one_failure_that_is_not_kept(
    error: type[Exception], is_to_be_kept: bool
) -> None:
    def score(x: float, rows: int) -> float:
        if x == DEFAULT:
            raise error
        return x

    units = Kept()
    assert found(Scores(score), units=units).parameters["x"] > DEFAULT
    assert units.outcomes[Unit("mine", 0, 1)].is_to_be_kept is is_to_be_kept


def test_the_seconds_of_what_is_kept_count_as_those_that_are_spent_here() -> None:
    units = Kept(seconds=100.0)
    best = found(Scores(lambda x, rows: x), seconds=350.0, units=units)
    assert (best.trials, best.stopped_by_time) == (4, True)
    assert found(Scores(lambda x, rows: x), seconds=350.0, units=units) == best
    assert {unit.rung for unit in units.computed} == {0, 2}


def test_a_trial_that_time_ends_between_its_folds_is_kept_as_one() -> None:
    units = Kept()
    scores = Scores(lambda x, rows: x)
    late = Unit("mine", 0, 2)
    units.outcomes[late] = Outcome((0.9,), 600.0)
    best = found(scores, units=units)
    assert (best.parameters, best.trials, best.stopped_by_time) == ({"x": DEFAULT}, 1, True)


def test_what_keeps_the_units_ends_the_search_when_it_fails() -> None:
    def away(unit: Unit, parameters: Mapping[str, Any], compute: Compute) -> Outcome:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        found(Scores(lambda x, rows: x), units=away)
