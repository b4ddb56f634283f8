"""Bandits: shares from beliefs, floor and budget, and what is known of arms whose shares moved."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from benchmarks.abtests import bandits
from benchmarks.abtests.bandits import Setting, play

from flyball.domain.abtests.assignment import allocation
from flyball.domain.abtests.bandits import adaptive, thompson
from flyball.domain.abtests.bandits.adaptive import Periods
from flyball.domain.abtests.bandits.normal import cdf
from flyball.domain.abtests.bandits.thompson import Beliefs
from flyball.domain.abtests.moments import Moments, Numbers, of_counts
from flyball.domain.errors import InvalidInput


def array(*numbers: float) -> Numbers:
    return np.array(numbers, dtype=np.float64)


def periods(shares: list[list[float]], units: list[list[float]], events: list[list[float]]) -> Periods:
    return Periods(np.array(shares), of_counts(np.array(units), np.array(events)))


# Shares


def test_the_normal_distribution_function_is_that_of_the_standard_library() -> None:
    numbers = np.linspace(-12, 12, 4001)
    exact = [0.5 * math.erfc(-number / math.sqrt(2)) for number in numbers]
    assert np.abs(cdf(numbers) - exact).max() < 2e-12


@pytest.mark.parametrize("spread", [1.0, 0.2, 5.0, 0.1, 10.0])
def test_of_two_arms_the_chance_is_the_closed_form(spread: float) -> None:
    found = thompson.chances(Beliefs(array(0.3, 0.0), array(1.0, spread**2)))
    assert found[0] == pytest.approx(float(cdf(array(0.3 / math.hypot(1.0, spread)))[0]), abs=1e-9)
    assert found.sum() == pytest.approx(1.0, abs=1e-12)


def test_of_many_arms_the_chance_is_how_often_each_is_the_highest() -> None:
    mean, variance = array(0.0, 0.5, 1.0, 1.0), array(4.0, 1.0, 0.25, 0.01)
    drawn = mean + np.sqrt(variance) * np.random.default_rng(1).standard_normal((1_000_000, 4))
    often = np.bincount(drawn.argmax(1)) / 1_000_000
    assert thompson.chances(Beliefs(mean, variance)) == pytest.approx(often, abs=0.0025)


def test_of_what_nothing_is_known_all_arms_have_the_same_chance() -> None:
    nothing = Moments(*(np.zeros(3) for _ in range(4)))
    assert thompson.chances(thompson.of_means(nothing)) == pytest.approx([1 / 3] * 3)
    assert thompson.chances(thompson.of_rates(np.zeros(3), np.zeros(3))) == pytest.approx([1 / 3] * 3)


def test_a_large_amount_that_one_arm_lacks_does_not_make_it_certain() -> None:
    arms = Moments(array(100, 100), array(1.0, 0.0), array(9900.0, 0.0), array(0.0, 0.0))
    assert 0.1 < thompson.chances(thompson.of_means(arms))[1] < 0.5


@pytest.mark.parametrize(
    ("shares", "floored"),
    [
        ([0.5, 0.5], [0.5, 0.5]),
        ([0.99, 0.01], [0.9, 0.1]),
        ([0.3, 0.7], [0.3, 0.7]),
        ([1.0, 0.0, 0.0], [0.8, 0.1, 0.1]),
        ([0.6, 0.35, 0.05], [0.1 + 0.7 * 0.5 / 0.75, 0.1 + 0.7 * 0.25 / 0.75, 0.1]),
    ],
)
def test_no_share_is_below_the_floor(shares: list[float], floored: list[float]) -> None:
    assert thompson.floored(array(*shares), 0.1) == pytest.approx(floored)


def test_a_floor_that_arms_cannot_have_is_refused() -> None:
    with pytest.raises(ValueError, match="floor"):
        thompson.floored(array(0.4, 0.3, 0.3), 0.34)


def test_shares_are_those_of_an_allocation_and_its_slots_are_the_propensity() -> None:
    shares = thompson.floored(thompson.chances(Beliefs(array(0.2, 0.22, 0.1), array(1e-4, 1e-4, 1e-4))), 0.1)
    made = allocation(dict(zip(("champion", "7", "8"), shares.tolist(), strict=True)))
    assert list(made.shares().values()) == pytest.approx(shares.tolist(), abs=1e-4)


def test_a_budget_lets_challengers_lose_no_more_than_what_is_left_of_it() -> None:
    beliefs, shares = Beliefs(array(0.2, 0.1, 0.3), np.zeros(3)), array(0.5, 0.3, 0.2)
    for left, expected in ((100.0, 0.3), (10.0, 0.1), (0.0, 0.0), (-5.0, 0.0)):
        found = thompson.affordable(shares, beliefs, champion=0, ahead=1000, left=array(left)[0])
        assert found == pytest.approx([0.8 - expected, expected, 0.2])
    assert thompson.lost(array(100, 50, 50), beliefs, 0) == pytest.approx(5.0)


def test_a_challenger_that_looks_equal_is_charged_what_it_may_still_lose() -> None:
    beliefs = Beliefs(array(0.2, 0.2), array(2e-4, 2e-4))
    assert thompson.lost(array(500, 500), beliefs, 0) == pytest.approx(500 * 1.645 * 0.02, rel=1e-3)
    unknown = Beliefs(array(0.2, 0.0), array(1e-4, np.inf))
    assert np.isfinite(thompson.lost(array(500, 0), unknown, 0))


def test_a_bad_challenger_with_a_budget_loses_little_more_than_it() -> None:
    free, bound = (play(Setting("", (0.2, 0.05), budget=most), 100, 3) for most in (math.inf, 15.0))
    assert free.beside_champion.mean() > 50
    assert bound.beside_champion.mean() < 20


# Estimates


def test_with_shares_that_never_moved_the_estimate_is_near_the_plain_averages() -> None:
    seen = replace(periods([[0.5, 0.5]] * 4, [[500, 500]] * 4, [[100, 125]] * 4), before=0.2)
    found = adaptive.difference(seen, 1, 0).interval(0.05)
    assert float(found.estimate) == pytest.approx(0.05, abs=1e-12)
    usual = 1.96 * math.sqrt((0.2 * 0.8 + 0.25 * 0.75) / 2000)
    assert float(found.upper - found.estimate) == pytest.approx(usual, rel=0.02)


def test_sums_of_periods_give_what_scores_row_by_row_give() -> None:
    rng = np.random.default_rng(4)
    shares, arm = [0.5, 0.2], [rng.random(300) < 0.5, rng.random(300) < 0.2]
    reward = [rng.normal(size=300) for _ in shares]
    moments = []
    scores, weights, before = [], [], 0.0
    for share, drawn, values in zip(shares, arm, reward, strict=True):
        scores.append(before + drawn / share * (values - before))
        weights.append(np.full(300, math.sqrt(share)))
        before = float(values[drawn].mean())
        sides = [values[~drawn], values[drawn]]
        sums = [[(side - side.mean()) ** power for side in sides] for power in (2, 3)]
        moments.append(
            Moments(
                array(*(side.size for side in sides)),
                array(*(side.mean() for side in sides)),
                *(array(*(each.sum() for each in of)) for of in sums),
            )
        )
    found = adaptive.mean(adaptive.stacked([array(1 - s, s) for s in shares], moments), 1)
    gamma, h = np.concatenate(scores), np.concatenate(weights)
    estimate = (h * gamma).sum() / h.sum()
    assert float(found.estimate) == pytest.approx(estimate, abs=1e-12)
    assert float(found.variance) == pytest.approx((h**2 * (gamma - estimate) ** 2).sum(), rel=1e-12)


def test_a_base_rate_that_drifts_while_shares_move_is_no_difference() -> None:
    seen = periods([[0.9, 0.1], [0.1, 0.9]], [[9000, 1000], [1000, 9000]], [[900, 100], [400, 3600]])
    assert float(adaptive.difference(seen, 1, 0).estimate) == pytest.approx(0.0, abs=1e-12)
    assert adaptive.beliefs(seen).mean == pytest.approx([0.25, 0.25])


def test_an_arm_that_was_never_drawn_is_refused_and_believed_nothing_of() -> None:
    seen = periods([[1.0, 0.0], [0.5, 0.5]], [[100, 0], [50, 0]], [[20, 0], [10, 0]])
    for estimate in (lambda: adaptive.mean(seen, 1), lambda: adaptive.difference(seen, 1, 0)):
        with pytest.raises(InvalidInput, match="without units"):
            estimate()
    assert np.isinf(adaptive.beliefs(seen).variance[1])


def test_before_ten_events_an_interval_says_nothing() -> None:
    few = periods([[0.5, 0.5]], [[100, 100]], [[20, 5]])
    assert np.isinf(adaptive.difference(few, 1, 0).interval(0.05).upper)
    assert np.isfinite(adaptive.mean(few, 0).interval(0.05).upper)


# Simulated


def test_a_bandit_loses_less_than_half_of_an_even_split_and_its_intervals_are_right() -> None:
    done = play(Setting("", (0.20, 0.25)), 400, 5)
    assert bandits.regret_beside_even(done)[1] <= 0.4
    assert min(bandits.coverage(done)) >= 0.92  # 95 % less three standard errors of 400 runs, nearly


def test_where_the_base_rate_drifts_plain_averages_are_wrong_and_the_estimates_are_not() -> None:
    done = play(Setting("", (0.20, 0.25), bandits.rise, adaptive.beliefs), 300, 6)
    assert bandits.usual(done) < 0.8
    assert bandits.coverage(done)[2] >= 0.9


def test_outcomes_that_come_late_make_a_bandit_slower_and_not_wrong() -> None:
    late = play(Setting("", (0.20, 0.25), late=500), 300, 7)
    assert 0.25 <= bandits.regret_beside_even(late)[1] <= 0.5
    assert min(bandits.coverage(late)) >= 0.9
