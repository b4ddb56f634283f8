"""The search: the defaults first, the better part onto more rows, the best of them all at last, and units."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from statistics import median

import pytest
from optuna.distributions import FloatDistribution
from sklearn.pipeline import Pipeline

from flyball import Search
from flyball.domain.errors import ModelFailed
from flyball.learning.candidates import SearchCandidate
from flyball.learning.searching.search import PATIENCE, ROUND, drawn, finished
from flyball.learning.units import Asked, CandidateFailed, Found, Known, Outcome, Steps, Unit, sentence

RUNGS = [(10, 3), (30, 3), (90, 5)]
"""Rows and folds of each rung."""
DEFAULT = 0.5
Score = Callable[[float, int], float]
"""The score of a parameter on so many rows."""
Choose = Callable[[list[Asked]], Asked]


class Units:
    """Computes units by a score, a little apart from fold to fold, and keeps them for the next search.

    ``seconds`` is what each is said to take.
    """

    def __init__(self, score: Score, *, seconds: float = 0.0) -> None:
        self.score = score
        self.seconds = seconds
        self.outcomes: dict[Unit, Outcome] = {}
        self.asked: list[Asked] = []

    @property
    def computed(self) -> list[Unit]:
        """Those that were not there before."""
        return [asked.unit for asked in self.asked]

    def known(self, asked: Asked) -> Outcome | None:
        """As the search asks for it."""
        return self.outcomes.get(asked.unit)

    def compute(self, asked: Asked) -> None:
        """The outcome of a unit, kept."""
        self.asked.append(asked)
        rows, folds = RUNGS[asked.unit.rung]
        try:
            score = self.score(asked.parameters["x"], rows)
        except Exception as error:  # noqa: BLE001 - as a bench does
            outcome = Outcome((), self.seconds, sentence(error))
        else:
            own = range(folds) if asked.unit.fold is None else [asked.unit.fold]
            scores: list[float] = []
            for fold in own:
                if not asked.is_behind(scores):
                    scores.append(score + 0.01 * ((fold + asked.unit.point + 1) % 2))
            outcome = Outcome(tuple(scores), self.seconds)
        self.outcomes[asked.unit] = outcome

    def points(self, rung: int) -> list[float]:
        """The parameters that were tried on a rung, in order."""
        return list(dict.fromkeys(asked.parameters["x"] for asked in self.asked if asked.unit.rung == rung))


def first_of(missing: list[Asked]) -> Asked:
    """As one worker chooses."""
    return missing[0]


def whole(candidate: SearchCandidate, limits: Search, seed: int, known: Known) -> Steps[Found]:
    """A search from its first trial to its end."""
    folds = [folds for _, folds in RUNGS]
    on_draws = yield from drawn(candidate, folds, limits, seed, known)
    return (yield from finished(candidate.name, on_draws, folds, known))


def found(
    units: Units | Score,
    *,
    trials: int = 9,
    seconds: float = 600.0,
    seed: int = 0,
    choose: Choose = first_of,
) -> Found:
    """A search of one number from 0 to 1, the defaults 0.5."""
    candidate = SearchCandidate(
        name="mine",
        make=lambda parameters: Pipeline([]),
        space={"x": FloatDistribution(0.0, 1.0)},
        defaults={"x": DEFAULT},
        start={"x": 0.25},
    )
    own = units if isinstance(units, Units) else Units(units)
    steps = whole(candidate, Search(trials, seconds), seed, own.known)
    while True:
        try:
            missing = next(steps)
        except StopIteration as end:
            best: Found = end.value
            return best
        own.compute(choose(missing))


def test_the_better_part_of_the_points_climbs_and_meets_the_defaults_on_all_rows() -> None:
    scores = Units(lambda x, rows: x)
    best = found(scores)
    first, second, last = (scores.points(rung) for rung in range(3))
    assert first[:2] == [DEFAULT, 0.25]
    assert len(first) == 9
    assert second == sorted(first, reverse=True)[:3]
    assert last == [DEFAULT, max(first)]
    assert best.parameters == {"x": max(first)}
    assert len(best.scores) == 5
    assert best.trials == 9


def test_what_wins_on_few_rows_and_loses_on_all_gives_way_to_the_defaults() -> None:
    best = found(Units(lambda x, rows: x if rows < 90 else -x))
    assert best.parameters == {"x": DEFAULT}


def test_the_defaults_win_where_it_is_close() -> None:
    scores = Units(lambda x, rows: 0.7)
    best = found(scores)
    assert len(scores.points(2)) > 1, "the other one is better in three folds of five, by chance"
    assert best.parameters == {"x": DEFAULT}


def test_the_same_seed_tries_the_same_points_and_another_does_not() -> None:
    first, again, other = Units(lambda x, _: x), Units(lambda x, _: x), Units(lambda x, _: x)
    assert found(first) == found(again)
    found(other, seed=1)
    assert first.asked == again.asked
    assert first.points(0) != other.points(0)


def test_without_time_the_first_point_is_finished_and_scored_on_all_rows() -> None:
    scores = Units(lambda x, rows: x, seconds=1.0)
    best = found(scores, seconds=0.0)
    assert (best.parameters, best.trials, best.stopped_by_time) == ({"x": DEFAULT}, 1, True)
    assert scores.points(0) == scores.points(2) == [DEFAULT]
    assert scores.points(1) == []


def test_defaults_that_fail_give_way_to_what_works() -> None:
    def score(x: float, rows: int) -> float:
        if x == DEFAULT:
            raise ModelFailed("no luck today")
        return x

    assert found(Units(score)).parameters["x"] > DEFAULT


@pytest.mark.parametrize("score", [math.nan, -math.inf])
def test_a_score_that_is_not_finite_never_wins(score: float) -> None:
    best = found(Units(lambda x, rows: x if x < 0.9 else score))
    assert best.parameters["x"] < 0.9


def test_a_point_that_fails_on_more_rows_is_passed_over() -> None:
    def score(x: float, rows: int) -> float:
        if x != DEFAULT and rows == 90:
            raise ModelFailed("too many rows")
        return x

    assert found(Units(score)).parameters == {"x": DEFAULT}


@pytest.mark.parametrize("trials", [ROUND + 1, 2 * ROUND, 3 * ROUND - 1])
def test_no_point_of_a_round_depends_on_the_scores_of_that_round(trials: int) -> None:
    upwards, downwards = Units(lambda x, rows: x), Units(lambda x, rows: x)
    found(upwards, trials=trials)
    begun = trials - 1 - (trials - 1) % ROUND
    known = upwards.points(0)[:begun]
    downwards.score = lambda x, rows: x if x in known else -x
    found(downwards, trials=trials)
    assert upwards.points(0) == downwards.points(0)


def test_what_is_chosen_depends_on_the_rounds_before() -> None:
    high, low = Units(lambda x, rows: x), Units(lambda x, rows: -x)
    found(high, trials=2 * ROUND)
    found(low, trials=2 * ROUND)
    assert high.points(0)[:ROUND] == low.points(0)[:ROUND]
    later = [sum(scores.points(0)[ROUND:]) for scores in (high, low)]
    assert later[0] > later[1]


@pytest.mark.parametrize("seed", range(5))
def test_whichever_units_are_done_already_the_search_ends_as_it_would_have(seed: int) -> None:
    whole, some = Units(lambda x, rows: x), Units(lambda x, rows: x)
    expected = found(whole, trials=20)
    drawn = random.Random(seed).sample(whole.computed, len(whole.computed) // 2)  # noqa: S311 - a test's
    some.outcomes = {unit: whole.outcomes[unit] for unit in drawn}
    assert found(some, trials=20) == expected
    assert some.computed == [unit for unit in whole.computed if unit not in drawn]
    assert some.outcomes == whole.outcomes


def moody(x: float, rows: int) -> float:
    """Fails here and there, on each rung elsewhere; and is NaN in places."""
    if int(x * 997) % 5 == rows % 3:
        raise ModelFailed(f"no luck at {x}")
    return math.nan if int(x * 997) % 11 == 0 else x


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(("seconds", "score"), [(600.0, moody), (35.0, moody), (7.0, lambda x, rows: x)])
def test_in_whichever_order_units_are_done_the_search_ends_as_in_order(
    seed: int, seconds: float, score: Score
) -> None:
    drawn = random.Random(seed)  # noqa: S311 - a test's
    ordered, mixed = (Units(score, seconds=1.0) for _ in range(2))
    expected = found(ordered, trials=30, seconds=seconds, seed=seed % 3)
    assert found(mixed, trials=30, seconds=seconds, seed=seed % 3, choose=drawn.choice) == expected
    assert set(ordered.computed) <= set(mixed.computed), "more than is needed where one is computed too early"


def test_all_units_of_a_round_and_of_the_last_rung_can_be_computed_at_once() -> None:
    wanted: list[int] = []

    def first(missing: list[Asked]) -> Asked:
        wanted.append(len(missing))
        return missing[0]

    found(Units(lambda x, rows: x), choose=first)
    assert wanted == [*range(ROUND, 0, -1), 1, 3, 2, 1, *range(10, 0, -1)]


def test_a_trial_that_falls_behind_the_rounds_before_ends_and_climbs_no_more() -> None:
    units = Units(lambda x, rows: x)
    best = found(units, trials=3 * ROUND)
    scores = {unit.point: outcome.scores for unit, outcome in units.outcomes.items() if unit.rung == 0}
    assert {len(scores[point]) for point in range(1, ROUND + 1)} == {3}, "the first round has none before"
    behind = [point for point, own in scores.items() if len(own) < 3]
    assert behind
    first = [scores[point][0] for point in range(1, ROUND + 1)]
    second = range(ROUND + 1, 2 * ROUND + 1)
    assert [point for point in second if scores[point][0] < median(first)] == [
        point for point in behind if point in second
    ]
    assert not {unit.point for unit in units.computed if unit.rung > 0} & set(behind)
    assert best.trials == len(scores)


def test_a_point_is_one_unit_on_a_draw_and_one_for_each_fold_on_all_rows() -> None:
    units = Units(lambda x, rows: x)
    found(units)
    by_rung = [[unit.fold for unit in units.computed if unit.rung == rung] for rung in range(3)]
    assert by_rung == [[None] * 9, [None] * 3, list(range(5)) * 2]


def test_failures_that_are_kept_end_the_candidate_with_the_same_sentence() -> None:
    def score(x: float, rows: int) -> float:
        raise ModelFailed(f"no luck at {x}")

    units = Units(score)
    for _ in range(2):
        with pytest.raises(CandidateFailed, match=r"^ModelFailed: no luck at 0\.\d+$") as failed:
            found(units)
        assert len(units.computed) == PATIENCE
        assert str(failed.value) == units.outcomes[units.computed[-1]].error


def test_the_seconds_of_what_is_kept_count_as_those_that_are_spent_here() -> None:
    units = Units(lambda x, rows: x, seconds=100.0)
    best = found(units, seconds=350.0)
    assert (best.trials, best.stopped_by_time) == (4, True)
    assert found(units, seconds=350.0) == best
    assert {unit.rung for unit in units.computed} == {0, 2}


def test_the_seconds_of_later_points_do_not_count_where_earlier_ones_have_taken_the_time() -> None:
    def last(missing: list[Asked]) -> Asked:
        return missing[-1]

    one, many = (Units(lambda x, rows: x, seconds=100.0) for _ in range(2))
    assert found(one, seconds=350.0) == found(many, seconds=350.0, choose=last)
    assert len(many.points(0)) == ROUND > len(one.points(0))


def test_what_keeps_the_units_ends_the_search_when_it_fails() -> None:
    class Away(Units):
        def known(self, asked: Asked) -> Outcome | None:
            raise ConnectionError

    with pytest.raises(ConnectionError):
        found(Away(lambda x, rows: x))
