"""What another version would have brought: three estimates, and rows from which none follows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from benchmarks.abtests import bandits

from flyball.domain.abtests.bandits.offpolicy import (
    Evaluation,
    Recorded,
    doubly_robust,
    inverse_propensity,
    self_normalised,
)
from flyball.domain.errors import InvalidInput


def coins(rows: int, share: float = 0.25, seed: int = 1) -> Recorded:
    """One in four rows did what the version would do, and had a reward of 1 three times of four."""
    rng = np.random.default_rng(seed)
    did = rng.random(rows) < share
    rewards = (rng.random(rows) < np.where(did, 0.75, 0.2)).astype(float)
    return Recorded(rewards, np.where(did, share, 1 - share), did.astype(float))


def bounds(found: Evaluation) -> tuple[float, float]:
    return float(found.interval.lower), float(found.interval.upper)


@pytest.mark.parametrize(
    "way",
    [
        inverse_propensity,
        self_normalised,
        lambda recorded: doubly_robust(recorded, np.full(20_000, 0.5), np.full(20_000, 0.5)),
    ],
    ids=bandits.WAYS,
)
def test_the_estimate_is_what_the_version_would_have_brought(way: Callable[[Recorded], Evaluation]) -> None:
    found = way(coins(20_000))
    lower, upper = bounds(found)
    assert lower < 0.75 < upper < lower + 0.08
    assert found.effective == pytest.approx(5000, rel=0.05)


def test_a_reward_model_makes_the_interval_narrower() -> None:
    recorded = coins(20_000)
    good = np.where(np.asarray(recorded.target) > 0, 0.75, 0.2)
    plain, helped = inverse_propensity(recorded), doubly_robust(recorded, good, np.full(20_000, 0.75))
    assert np.diff(bounds(helped)) < 0.6 * np.diff(bounds(plain))


def test_the_rows_of_one_unit_are_one_cluster() -> None:
    once = coins(500)
    three = (once.rewards, once.propensities, once.target)
    rewards, propensities, target = (np.repeat(np.asarray(each), 20) for each in three)
    often = Recorded(rewards, propensities, target)
    clustered = replace(often, units=[number // 20 for number in range(10_000)])
    assert bounds(self_normalised(clustered)) == pytest.approx(bounds(self_normalised(once)))
    assert np.diff(bounds(self_normalised(often))) < 0.3 * np.diff(bounds(self_normalised(once)))
    assert self_normalised(clustered).effective == pytest.approx(self_normalised(once).effective)


def changed(**given: Any) -> Recorded:
    """Two hundred rows, one thing of which is wrong."""
    return replace(coins(200), **given)


@pytest.mark.parametrize(
    ("recorded", "code", "says"),
    [
        (changed(propensities=[math.nan] * 3 + [0.5] * 197), "missing", "3 of 200 rows have none"),
        (changed(propensities=[0.0] + [0.5] * 199), "out_of_range", "above 0, and at most 1"),
        (changed(propensities=[1.5] + [0.5] * 199), "out_of_range", "above 0, and at most 1"),
        (changed(propensities=[0.5] * 199), "length", "There are 199 for 200 rows"),
        (
            changed(target=[0.0] * 200),
            "never_drawn",
            "In no row was done what the evaluated version would do",
        ),
        (changed(target=[2.0] * 200), "out_of_range", "A chance is from 0 to 1"),
        (changed(propensities=[0.9] * 200), "no_overlap", "had no chance of being done"),
        (changed(propensities=[0.1] * 200), "no_overlap", "not those with which it was drawn"),
        (changed(rewards=[math.nan] + [1.0] * 199), "missing", "rows whose time is over"),
        (changed(units=["one"]), "length", "There are 1 for 200 rows"),
        (Recorded([], [], []), "missing", "There are no rows"),
    ],
)
def test_rows_from_which_nothing_follows_are_refused(recorded: Recorded, code: str, says: str) -> None:
    for way in (inverse_propensity, self_normalised, lambda rows: doubly_robust(rows, [], [])):
        with pytest.raises(InvalidInput) as refused:
            way(recorded)
        (problem,) = refused.value.problems
        assert problem.code == code
        assert says in problem.message


def test_a_few_large_amounts_give_no_interval() -> None:
    recorded = coins(2000)
    heavy = np.exp(4 * np.random.default_rng(2).standard_normal(2000))
    assert bounds(inverse_propensity(replace(recorded, rewards=heavy))) == (-math.inf, math.inf)


def test_the_intervals_of_a_version_that_was_never_served_are_right() -> None:
    for held, _ in bandits.evaluated(300, 3):
        assert held >= 0.91  # 95 % less three standard errors of 300 runs
