"""An ensemble on a leaderboard: it waits for others, takes the best that were fitted, or says why not."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from flyball import Candidate, Search
from flyball.learning.dataset import Dataset
from flyball.learning.searching.bench import Bench
from flyball.learning.searching.ensembles.combining import INNER
from flyball.learning.searching.joining import MOST
from flyball.learning.selection import Fit, Plan, Selection, select
from flyball.learning.units import Asked, Outcome, Unit
from tests.learning import rows

NAMES = ["a", "b", "c", "d", "e", "f"]
SCORES = dict(zip(NAMES, (0.6, 0.9, 0.7, 0.85, 0.65, 0.8), strict=True)) | {"baseline": 0.5}
PLAN = Plan(
    task="classification",
    metric="roc_auc",
    candidates=["stacking", *(Candidate(name, LogisticRegression()) for name in NAMES), "blend"],
    cv=3,
)
FEW: list[str | Candidate] = [
    Candidate("stump", DecisionTreeClassifier(max_depth=1, random_state=0)),
    "naive_bayes",
]
SEARCH = Search(trials=1)


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    """A few rows."""
    return rows.dataset(tmp_path, size=200)


def selected(
    bench: Bench, choose: Callable[[list[Asked]], Asked], *, fails: str = "", seconds: float = 1.0
) -> tuple[dict[str, Asked], dict[str, Fit]]:
    """The last fits of a selection whose units come to ``SCORES`` in that order, and what has none."""
    outcomes: dict[Unit, Outcome] = {}
    fitted: dict[str, Asked] = {}
    selection = Selection(bench, lambda asked: outcomes.get(asked.unit))
    while wanted := selection.wanted():
        asked = choose(wanted)
        unit = asked.unit
        if unit.candidate in fails:
            outcomes[unit] = Outcome((), seconds, "ModelFailed: never")
        elif asked.found is not None:
            fitted[unit.candidate] = asked
            outcomes[unit] = Outcome((), seconds)
        else:
            folds = range(3) if unit.fold is None else [unit.fold]
            outcomes[unit] = Outcome(tuple(SCORES.get(unit.candidate, 0.95) for _ in folds), seconds)
    return fitted, {fit.name: fit for fit in selection.unfitted()}


@pytest.mark.parametrize("seed", range(6))
def test_an_ensemble_takes_the_best_that_were_fitted_in_whichever_order_units_are_done(
    data: Dataset, seed: int
) -> None:
    drawn = random.Random(seed)  # noqa: S311 - a test's
    fitted, others = selected(Bench.of(data, PLAN), drawn.choice, fails="d")
    for name in ("stacking", "blend"):
        assert fitted[name].parameters["parts"] == "b + f + c + e + a"
        assert len(fitted[name].parameters["parts"].split(" + ")) == MOST
    assert list(others) == ["d"]


def test_units_of_an_ensemble_are_its_folds(data: Dataset) -> None:
    asked: list[Asked] = []

    def first(wanted: list[Asked]) -> Asked:
        asked.append(wanted[0])
        return wanted[0]

    selected(Bench.of(data, PLAN), first)
    own = [each.unit for each in asked if each.unit.candidate == "blend"]
    assert own == [
        Unit("blend", 0, 1, 0),
        Unit("blend", 0, 1, 1),
        Unit("blend", 0, 1, 2),
        Unit("blend", 1, 1),
    ]


@pytest.mark.parametrize(
    ("fails", "there"), [("abcde", "there is f"), ("abcdef", "there is none")], ids=["one", "none"]
)
def test_without_two_others_it_says_what_it_lacks(data: Dataset, fails: str, there: str) -> None:
    fitted, others = selected(Bench.of(data, PLAN), lambda wanted: wanted[0], fails=fails)
    assert not {"blend", "stacking"} & set(fitted)
    assert there in others["blend"].ended
    assert not others["blend"].error


def test_what_an_ensemble_would_take_is_held_against_the_time_that_is_left(data: Dataset) -> None:
    # Each part's three folds are a unit of 3 s, its last fit another one.
    spent, cost = 6 * (3.0 + 3.0), MOST * 1.0 * (INNER + 1) * (3 + 1)
    for total, ended in (
        (spent + 2 * cost + 1, []),
        (spent + cost + 1, ["blend"]),
        (spent + cost - 1, ["blend", "stacking"]),
    ):
        bench = Bench.of(data, replace(PLAN, search=Search(trials=1, total=total)))
        _, others = selected(bench, lambda wanted: wanted[0], seconds=3.0)
        assert sorted(others) == ended
        assert all("s are left of" in fit.ended and fit.stopped_by_time for fit in others.values())


def test_a_blend_on_the_leaderboard_tells_its_parts_and_their_weights(data: Dataset) -> None:
    plan = replace(PLAN, candidates=[*FEW, "blend"], search=SEARCH)
    first, again = ({fit.name: fit for fit in select(data, plan)}["blend"] for _ in range(2))
    assert first.error == ""
    assert len(first.fold_scores) == 3
    assert set(first.parameters["parts"].split(" + ")) == {"stump", "naive_bayes"}
    assert first.parameters["naive_bayes: var_smoothing"] == 1e-9
    told = [each.split(" ") for each in first.parameters["weights"].split(" + ")]
    assert sum(float(weight) for weight, _ in told) == pytest.approx(1.0)
    assert (first.fold_scores, first.held_out_score) == (again.fold_scores, again.held_out_score)


def test_the_score_of_a_fold_is_of_what_was_learned_from_the_others(data: Dataset) -> None:
    plan = replace(PLAN, candidates=[*FEW, "stacking"], search=SEARCH)
    bench = Bench.of(data, plan)
    found = {fit.name: fit for fit in select(data, plan)}["stacking"]
    train, test = (bench.training.take(places) for places in bench.rungs[-1][1])
    outcome = bench.outcome(Asked(Unit("stacking", 0, 1, 1), found.parameters))
    model = bench.fitting.fitted("stacking", found.parameters, train)
    assert outcome.scores == (found.fold_scores[1],) == (bench.score(model, test),)
