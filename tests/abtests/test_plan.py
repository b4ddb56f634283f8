"""Plans: samples, effects and days."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from flyball.domain.abtests.evidence import Evidence
from flyball.domain.abtests.plan import Plan, detectable, sequence


def test_the_sample_has_the_power_that_was_asked_for() -> None:
    plan = Plan(level=0.05, variance=0.16, effect=0.02, challenger_share=0.5, champion_share=0.5)
    shift = 0.02 / math.sqrt(2 * 0.16 / plan.challengers)
    assert stats.norm.sf(stats.norm.isf(0.025) - shift) == pytest.approx(0.8, abs=1e-4)


def test_an_unequal_split_needs_more_units_and_fewer_challengers() -> None:
    even = Plan(0.01, 1.0, 0.1, 0.5, 0.5)
    uneven = Plan(0.01, 1.0, 0.1, 0.1, 0.9)
    assert uneven.units == pytest.approx(even.units * 0.25 / 0.09)
    assert uneven.challengers < even.challengers


def test_shares_of_two_arms_among_several_count_what_the_others_take() -> None:
    assert Plan(0.01, 1.0, 0.1, 0.2, 0.2).units == pytest.approx(Plan(0.01, 1.0, 0.1, 0.5, 0.5).units * 2.5)


def test_the_effect_of_the_planned_sample_is_the_planned_effect() -> None:
    plan = Plan(0.01, 2.5, 0.3, 0.3, 0.6)
    assert detectable(0.01, 2.5, plan.information) == pytest.approx(0.3)


def test_days_follow_from_the_traffic() -> None:
    plan = Plan(0.01, 1.0, 0.1, 0.5, 0.5)
    assert plan.days(1000.0) == pytest.approx(plan.units / 1000.0)
    assert plan.days(1000.0, samples=1.6) == pytest.approx(1.6 * plan.days(1000.0))


@pytest.mark.parametrize("level", [0.01, 0.05])
def test_a_sequence_tuned_by_what_was_seen_is_that_of_a_plan_that_knew_it(level: float) -> None:
    plan = Plan(level, 0.16, 0.05, 0.5, 0.5)
    zero = np.asarray(0.0)
    seen = Evidence(zero, np.asarray(50.0), zero, zero, zero, zero, np.asarray(50.0 * 0.16))
    assert sequence(level, plan.information, seen).mixture == pytest.approx(plan.mixture().mixture)


def test_a_sequence_stands_before_anything_was_seen() -> None:
    nothing = Evidence(*(np.asarray(0.0) for _ in range(7)))
    assert math.isfinite(sequence(0.01, 100.0, nothing).mixture)


@pytest.mark.parametrize(
    "wrong", [(0.0, 0.1, 0.5, 0.5), (1.0, 0.0, 0.5, 0.5), (1.0, 0.1, 0.0, 0.5), (1.0, 0.1, 0.6, 0.5)]
)
def test_a_plan_that_cannot_be_is_refused(wrong: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError):
        Plan(0.01, *wrong)


def test_no_traffic_gives_no_days() -> None:
    with pytest.raises(ValueError, match="no traffic"):
        Plan(0.01, 1.0, 0.1, 0.5, 0.5).days(0.0)


def test_a_rate_of_few_planned_events_is_judged_by_bets() -> None:
    assert Plan(0.01, 0.0099, 0.03, 0.5, 0.5).few(0.01)
    assert not Plan(0.01, 0.0099, 0.003, 0.5, 0.5).few(0.01)
    assert Plan(0.01, 0.0099, 0.03, 0.5, 0.5).few(0.99)
