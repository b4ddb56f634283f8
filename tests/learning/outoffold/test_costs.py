"""The threshold that is chosen is the cheapest there is, whatever errors cost."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from flyball import Candidate, Search
from flyball.domain.finishing.costs import NEVER, Costs, cheapest
from flyball.learning.dataset import Dataset
from flyball.learning.outoffold.costing import trade_offs
from flyball.learning.outoffold.wanted import Wanted
from flyball.learning.selection import Plan, select

COSTS = (Costs(1, 1), Costs(1, 5), Costs(7, 2), Costs(1, math.inf), Costs(math.inf, 1))


def paid(
    costs: Costs, threshold: float, probability: np.ndarray, happened: np.ndarray, weights: np.ndarray
) -> tuple[float, float]:
    """What a threshold costs: the errors of infinite cost, then all others."""
    decided = probability >= threshold
    alarms = float(weights[decided & ~happened].sum())
    misses = float(weights[~decided & happened].sum())
    if math.isinf(costs.false_positive):
        return alarms, misses
    if math.isinf(costs.false_negative):
        return misses, alarms
    return alarms * costs.false_positive + misses * costs.false_negative, 0.0


@pytest.mark.parametrize("costs", COSTS, ids=str)
def test_no_threshold_is_cheaper_than_the_one_that_is_chosen(costs: Costs) -> None:
    draw = np.random.default_rng(1)
    for _ in range(100):
        size = int(draw.integers(1, 40))
        probability = np.round(draw.random(size), int(draw.integers(0, 4)))
        happened = draw.random(size) < draw.random()
        weights = draw.choice([0.0, 0.5, 1.0, 3.0], size)
        threshold = cheapest(costs.break_even, trade_offs(probability, happened, weights))
        least = min(
            paid(costs, each, probability, happened, weights) for each in [0.0, NEVER, *probability.tolist()]
        )
        assert paid(costs, threshold, probability, happened, weights) == pytest.approx(least)


@pytest.mark.parametrize(("label", "decided"), [(True, True), (False, False)])
def test_where_one_class_never_happens_all_rows_are_decided_one_way(label: bool, decided: bool) -> None:
    probability = np.array([0.0, 0.2, 0.7, 1.0])
    known = trade_offs(probability, np.full(4, label), np.ones(4))
    assert set((probability >= cheapest(0.5, known)).tolist()) == {decided}


def test_of_thresholds_that_cost_the_same_the_nearest_to_the_break_even_probability_is_chosen() -> None:
    # One alarm less for one miss more, all the way: every threshold costs the same.
    probability, happened = np.array([0.1, 0.2, 0.3, 0.4]), np.array([True, False, True, False])
    known = trade_offs(probability, happened, np.ones(4))
    assert cheapest(Costs(1, 1).break_even, known) == 0.5  # between 0.4 and 1
    assert cheapest(0.05, trade_offs(probability, np.full(4, False), np.ones(4))) == pytest.approx(0.7)


def test_without_predictions_out_of_fold_the_break_even_probability_decides() -> None:
    assert cheapest(Costs(1, 3).break_even, ()) == 0.25
    assert cheapest(Costs(1, math.inf).break_even, ()) == 0.0
    assert cheapest(Costs(math.inf, 1).break_even, ()) == NEVER


def test_thresholds_are_chosen_on_answers_to_rows_that_were_not_learned_from(labelled: Dataset) -> None:
    class Parrot(LogisticRegression):
        """Knows by heart what it has seen; of all else it knows nothing."""

        def fit(self, X: np.ndarray, y: np.ndarray, sample_weight: object = None) -> Parrot:  # noqa: N803 - scikit-learn's name for it
            super().fit(X, y)
            self.known = {row.tobytes(): label for row, label in zip(X, y, strict=True)}
            return self

        def predict_proba(self, X: np.ndarray) -> np.ndarray:  # noqa: N803 - scikit-learn's name for it
            known = [self.known.get(row.tobytes()) for row in X]
            second = np.array([0.5 if each is None else float(each == "yes") for each in known])
            return np.column_stack([1 - second, second])

    plan = Plan(
        task="classification",
        metric="roc_auc",
        candidates=[Candidate("parrot", Parrot())],
        cv=3,
        search=Search(trials=1),
        positive="yes",
        wanted=Wanted(positive="yes", break_even=0.5),
    )
    (found,) = [fit for fit in select(labelled, plan) if fit.name == "parrot"]
    assert found.finish is not None
    assert {each.high for each in found.finish.trade_offs} <= {0.5, 1.0}
    assert found.finish.rows == len(labelled) * 0.8


@pytest.mark.parametrize(("size", "most"), [(500, 0.05), (2000, 0.025)])
def test_a_chosen_threshold_costs_little_more_than_the_best_there_is(size: int, most: float) -> None:
    draw, costs = np.random.default_rng(3), Costs(1, 5)
    more = []
    for _ in range(200):
        chance = 1 / (1 + np.exp(-draw.normal(-1, 1.5, size)))
        known = trade_offs(chance, draw.random(size) < chance, np.ones(size))
        chances = 1 / (1 + np.exp(-draw.normal(-1, 1.5, 20_000)))

        def expected(threshold: float, chances: np.ndarray = chances) -> float:
            decided = chances >= threshold
            return float((1 - chances)[decided].sum() + 5 * chances[~decided].sum())

        more.append(expected(cheapest(costs.break_even, known)) / expected(costs.break_even) - 1)
    assert 0 <= np.mean(more) < most
