"""Which candidates go on to all rows: hopeless ones do not, nor those for which no time is left."""

from __future__ import annotations

import random
from collections.abc import Callable, Container, Mapping
from dataclasses import replace

import pytest
from optuna.distributions import FloatDistribution
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from flyball import Candidate, Search
from flyball.learning.dataset import Dataset
from flyball.learning.rungs import GROWTH, SAMPLE
from flyball.learning.searching.bench import Bench
from flyball.learning.searching.judging import Standing, hopeless, too_long
from flyball.learning.searching.search import Drawn, Point
from flyball.learning.selection import Fit, Plan, Selection, select
from flyball.learning.units import Asked, Outcome, Unit
from tests.learning import rows

Scores = tuple[float, ...]


def standing(name: str, before: Scores, now: Scores, *, cost: float = 1.0, rung: int = 1) -> Standing:
    """A candidate whose best point has these scores on two rungs."""
    point = Point(1, {}, now, rung, before)
    return Standing(name=name, drawn=Drawn([point], point, 1, 1.0, in_time=True), cost=cost)


BEST = standing("best", (0.90, 0.91, 0.92), (0.92, 0.93, 0.94))
STANDINGS: list[tuple[str, Standing, bool]] = [
    ("as far behind as before", standing("a", (0.80, 0.81, 0.82), (0.82, 0.83, 0.84)), True),
    ("it catches up", standing("a", (0.80, 0.81, 0.82), (0.88, 0.89, 0.90)), False),
    ("it falls back", standing("a", (0.90, 0.91, 0.92), (0.91, 0.92, 0.93)), True),
    ("nobody knows: folds differ", standing("a", (0.80, 0.95, 0.82), (0.82, 0.95, 0.84)), False),
    ("close", standing("a", (0.90, 0.91, 0.92), (0.919, 0.931, 0.938)), False),
    ("equal", standing("a", (0.90, 0.91, 0.92), (0.92, 0.93, 0.94)), False),
    ("not tried so far up", standing("a", (), (0.5, 0.5, 0.5), rung=0), False),
    ("not defined", standing("a", (0.8, 0.8, 0.8), (float("nan"), float("nan"), 0.5)), False),
]


@pytest.mark.parametrize(("each", "ends"), [row[1:] for row in STANDINGS], ids=[row[0] for row in STANDINGS])
def test_a_candidate_is_hopeless_where_it_cannot_make_up_what_it_is_behind(
    each: Standing, ends: bool
) -> None:
    for order in ([BEST, each], [each, BEST]):
        assert (list(hopeless(order, 1, 12_000)) == ["a"]) is ends


def test_why_a_candidate_is_hopeless_is_said() -> None:
    ended = hopeless([STANDINGS[0][1], BEST], 1, 12_000)
    assert ended["a"].sentence == "0.83 on 12,000 rows, too far behind best (0.93) to make it up on all."


def test_time_goes_to_the_better_ones_and_the_best_one_always_has_some() -> None:
    every = [standing(name, (), (score,), cost=10.0) for name, score in (("a", 0.7), ("b", 0.9), ("c", 0.8))]
    for seconds, ended in ((30.0, []), (25.0, ["a"]), (11.0, ["c", "a"]), (-5.0, ["c", "a"])):
        assert list(too_long(every, seconds, 60.0)) == ended
    assert (
        too_long(every, 11.0, 60.0)["a"].sentence
        == "Its fits on all rows take about 10 s: 1 s are left of 60 s."
    )


MANY = int(SAMPLE * GROWTH * 1.5 / 0.8) + 200
"""Rows of which the training rows have two rungs below all of them."""
BAD = Candidate("bad", DecisionTreeClassifier(max_depth=1, random_state=0))
GOOD = Candidate("good", LogisticRegression())
PLAN = Plan(
    task="classification",
    metric="roc_auc",
    candidates=[BAD, GOOD],
    cv=3,
    search=Search(trials=1, seconds=600),
)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Rows that a line tells apart."""
    return rows.dataset(tmp_path_factory.mktemp("rows"), size=MANY)


def by_name(fits: list[Fit]) -> Mapping[str, Fit]:
    return {fit.name: fit for fit in fits}


def test_a_hopeless_candidate_is_on_the_leaderboard_without_folds_behind_those_that_were_fitted(
    many: Dataset,
) -> None:
    fits = select(many, PLAN)
    assert [fit.name for fit in fits] == ["good", "baseline", "bad"]
    bad = fits[-1]
    assert "too far behind good" in bad.ended
    assert (bad.error, bad.fold_scores, bad.pipeline, bad.trials) == ("", (), None, 1)


def test_a_thorough_search_ends_no_candidate(many: Dataset) -> None:
    fits = by_name(select(many, replace(PLAN, search=Search(trials=1, thorough=True))))
    assert len(fits["bad"].fold_scores) == 3


def test_a_build_that_has_no_time_left_finishes_its_best_candidate(many: Dataset) -> None:
    search = Search(trials=1, seconds=600, total=1e-6, thorough=True)
    fits = by_name(select(many, replace(PLAN, search=search)))
    assert len(fits["good"].fold_scores) == 3
    assert fits["bad"].stopped_by_time
    assert "0 s are left" in fits["bad"].ended


CANDIDATES = ["linear", "bad", "good", "never"]
FOLDS = [3, 3, 5]
"""Folds of each rung."""
PLACES = {"baseline": 0.5, "linear": 0.801, "bad": 0.6, "good": 0.8, "never": 0.9}
"""What each candidate scores at most."""


def computed(asked: Asked, *, unfit: Container[str]) -> Outcome:
    """What a unit is said to come to: more rows bring a little, points differ, and some are never fitted."""
    unit = asked.unit
    if unit.candidate == "never":
        return Outcome((), 1.0, "ModelFailed: never")
    if unit.rung == len(FOLDS):
        return Outcome((), 1.0, "BuildFailed: unfit" if unit.candidate in unfit else "")
    count = FOLDS[unit.rung] if unit.fold is None else 1
    apart = 0.001 * ((unit.point * 7) % 5)
    scores: list[float] = []
    while len(scores) < count and not asked.is_behind(scores):
        place = len(scores) + (unit.fold or 0)
        missing = (0.06 if unit.candidate == "linear" else 0.01) / (unit.rung + 1)
        scores.append(PLACES[unit.candidate] - missing + apart + 0.0001 * (place % 2))
    return Outcome(tuple(scores), 1.0 + unit.rung)


def selected(
    bench: Bench, choose: Callable[[list[Asked]], Asked], *, unfit: Container[str] = ()
) -> tuple[dict[str, Asked], list[Fit]]:
    """The last fits of a selection, its units computed in that order, and the candidates that have none."""
    outcomes: dict[Unit, Outcome] = {}
    fitted: dict[str, Asked] = {}
    selection = Selection(bench, lambda asked: outcomes.get(asked.unit))
    while wanted := selection.wanted():
        asked = choose(wanted)
        outcomes[asked.unit] = computed(asked, unfit=unfit)
        if asked.found is not None and not outcomes[asked.unit].error:
            fitted[asked.unit.candidate] = asked
    return fitted, selection.unfitted()


@pytest.fixture(scope="module")
def bench(many: Dataset) -> Bench:
    """One with three rungs, whose candidates are searched over a number."""
    space = {"C": FloatDistribution(0.1, 1.0)}
    candidates = [Candidate(name, LogisticRegression(), space) for name in CANDIDATES]
    search = Search(trials=20, seconds=600)
    found = Bench.of(many, replace(PLAN, candidates=candidates, cv=5, search=search))
    assert [len(rung) for rung in found.rungs] == FOLDS
    return found


def without_seconds(fits: tuple[dict[str, Asked], list[Fit]]) -> object:
    fitted, others = fits
    found = {name: replace(asked.found, seconds=0) for name, asked in fitted.items() if asked.found}
    return found, [replace(fit, seconds=0) for fit in others]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("total", [None, 150.0])
def test_in_whichever_order_units_are_done_the_same_candidates_are_fitted_and_ended(
    bench: Bench, seed: int, total: float | None
) -> None:
    limits = replace(bench.plan.search, total=total)
    limited = replace(bench, plan=replace(bench.plan, search=limits))
    drawn = random.Random(seed)  # noqa: S311 - a test's
    ordered = selected(limited, lambda wanted: wanted[0])
    assert without_seconds(selected(limited, drawn.choice)) == without_seconds(ordered)
    fitted, others = ordered
    by_reason = {fit.name: fit.ended or fit.error for fit in others}
    assert by_reason["never"] == "ModelFailed: never"
    assert total is not None or set(fitted) == {"baseline", "good", "linear"}
    assert total is not None or "too far behind good" in by_reason["bad"]


def test_who_was_ended_goes_on_where_nobody_else_can_be_fitted(bench: Bench) -> None:
    fitted, others = selected(bench, lambda wanted: wanted[0], unfit=["good", "linear"])
    assert set(fitted) == {"baseline", "bad"}
    assert [fit.name for fit in others] == ["never"]
