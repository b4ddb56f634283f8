"""Numbers near the end of what a float can hold: an error in words, never a score that wins."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from sklearn.dummy import DummyRegressor

from flyball import Candidate, Search
from flyball.learning.selection import Fit, Plan, select
from tests.learning import rows

LARGE = ["linear", "boosting", "nearest_neighbours"]


def scored(fits: list[Fit]) -> list[Fit]:
    """The fits that have a score; it is finite, and whatever has none says why."""
    for fit in fits:
        assert fit.error or all(math.isfinite(score or 0.0) for score in fit.fold_scores)
        assert fit.error or math.isfinite(fit.score)
    return [fit for fit in fits if not fit.error]


def test_an_outcome_near_the_largest_does_not_end_a_build(tmp_path: Path) -> None:
    data = rows.changed(tmp_path, {"_outcome": [1e149, *[1.0] * 119]}, task="regression")
    plan = Plan(task="regression", metric="r2", candidates=LARGE, cv=2, search=Search(trials=2))
    assert "linear" in {fit.name for fit in scored(select(data, plan))}


@pytest.mark.parametrize("amount", [1e308, -1e308])
def test_a_feature_near_the_largest_does_not_end_a_build(tmp_path: Path, amount: float) -> None:
    data = rows.changed(tmp_path, {"amount": [amount, 1e308, *[1.0] * 118]}, task="regression")
    plan = Plan(task="regression", metric="r2", candidates=LARGE, cv=2, search=Search(trials=2))
    assert "boosting" in {fit.name for fit in scored(select(data, plan))}


def test_a_candidate_whose_errors_overflow_says_so_and_comes_last(tmp_path: Path) -> None:
    data = rows.dataset(tmp_path, task="regression")
    wild = Candidate("wild", DummyRegressor(strategy="constant", constant=1e200))
    plan = Plan(
        task="regression",
        metric="neg_mean_squared_error",
        candidates=[wild, "linear"],
        cv=2,
        search=Search(trials=1),
    )
    with np.errstate(over="ignore"):
        fits = select(data, plan)
    assert [fit.name for fit in fits] == ["linear", "baseline", "wild"]
    assert "too large to compute with" in fits[-1].error
