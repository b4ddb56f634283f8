"""Intervals that hold at every look: boundaries, strata, bets, against other figures."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, special

from flyball.domain.abtests.betting import Betting
from flyball.domain.abtests.evidence import between, combined
from flyball.domain.abtests.gamma import lgamma
from flyball.domain.abtests.moments import Moments, of_counts, of_sums
from flyball.domain.abtests.sequences import Mixture, one_sided, rho, skewed, two_sided
from flyball.domain.abtests.sums import of_rows


def counts(units: int, events: int) -> Moments:
    return of_counts(np.asarray(float(units)), np.asarray(float(events)))


def test_the_boundary_is_where_the_mixture_of_likelihood_ratios_is_one_over_the_level() -> None:
    v, r, level = 40.0, 7.0, 0.01
    bound = float(two_sided(np.asarray(v), r, level))
    mixed, _ = integrate.quad(
        lambda t: math.exp(t * bound - t * t * v / 2 - t * t * r / 2) * math.sqrt(r / (2 * math.pi)), -9, 9
    )
    assert mixed == pytest.approx(1 / level, rel=1e-6)


def test_boundaries_are_those_of_the_authors_own_library() -> None:
    """confseq, for v = 100 at the level 0.05, tuned to the same: 30.35209; one-sided, exactly, 27.66071."""
    assert float(two_sided(np.asarray(100.0), 12.60056, 0.05)) == pytest.approx(30.35209, abs=1e-5)
    assert 27.66071 < float(one_sided(np.asarray(100.0), rho(0.1, 100.0), 0.05)) < 27.9


def test_the_one_sided_boundary_lies_beyond_the_exact_one_and_below_the_two_sided() -> None:
    v, r, level = 40.0, 7.0, 0.01
    bound = float(one_sided(np.asarray(v), r, level))
    mixed, _ = integrate.quad(
        lambda t: 2 * math.exp(t * bound - t * t * v / 2 - t * t * r / 2) * math.sqrt(r / (2 * math.pi)), 0, 9
    )
    assert mixed >= 1 / level
    assert bound < float(two_sided(np.asarray(v), r, level))


def test_the_mixture_is_tuned_to_where_the_boundary_is_lowest() -> None:
    best = rho(0.05, 100.0)
    at = [float(two_sided(np.asarray(100.0), r, 0.05)) for r in (0.9 * best, best, 1.1 * best)]
    assert at[1] == min(at)


def test_a_boundary_is_wider_on_the_side_of_the_skew_and_narrower_on_the_other() -> None:
    bound, variance = np.asarray(30.0), np.asarray(80.0)
    wider, narrower = (skewed(bound, variance, np.asarray(skew)) for skew in (50.0, -50.0))
    assert wider == pytest.approx(30.0 + 50.0 * 30.0**2 / (3 * 80.0**2))
    assert wider * narrower == pytest.approx(bound**2)
    assert skewed(bound, variance, np.asarray(-1e9)) > 0


def test_the_score_of_shuffled_arms_has_the_variance_and_the_skew_that_evidence_says() -> None:
    rng = np.random.default_rng(4)
    values = np.exp(rng.standard_normal(400))
    arm = rng.random((20_000, 400)) < 0.1
    scores = ((arm - arm.mean(1, keepdims=True)) * values).sum(1)
    first = arm[0]
    found = between(of_rows(values[first]).moments(), of_rows(values[~first]).moments())
    typical = [
        between(of_rows(values[each]).moments(), of_rows(values[~each]).moments()) for each in arm[:200]
    ]
    assert found.score == pytest.approx(scores[0])
    for variance in ("shuffled", "variance"):
        means = np.mean([getattr(each, variance) for each in typical])
        assert means == pytest.approx(scores.var(), rel=0.1)
    assert np.mean([each.skew for each in typical]) == pytest.approx(
        ((scores - scores.mean()) ** 3).mean(), rel=0.2
    )


def test_strata_are_combined_and_not_pooled_over() -> None:
    """With weights that change while the base rate does, totals differ although nothing does (Simpson)."""
    strata = [between(counts(1000, 100), counts(9000, 900)), between(counts(9000, 4500), counts(1000, 500))]
    assert combined(strata).estimate == 0
    assert 4600 / 10_000 - 1400 / 10_000 > 0.3


def test_an_arm_without_units_says_nothing() -> None:
    sequence = Mixture(0.05, 1.0)
    interval = sequence.interval(between(counts(0, 0), counts(500, 50)))
    assert (float(interval.lower), float(interval.upper)) == (-math.inf, math.inf)


def test_an_interval_has_no_bounds_before_twenty_events_of_the_smaller_arm() -> None:
    sequence = Mixture(0.05, 1.0)
    few, enough = between(counts(400, 5), counts(9000, 400)), between(counts(450, 5), counts(9000, 400))
    assert few.events < 20 < enough.events
    assert np.isinf(sequence.interval(few).lower)
    assert np.isfinite(sequence.interval(enough).lower)


def test_which_arm_is_ahead_is_said_before_by_how_much() -> None:
    one = counts(100, 25), counts(100, 1)
    for pair, ahead in ((one, 1), (one[::-1], -1), ((counts(100, 9), counts(100, 7)), 0)):
        interval = Mixture(0.01, 5.0).interval(between(*pair))
        assert np.isinf([interval.lower, interval.upper]).all()
        assert interval.ahead == ahead


def test_fewer_than_three_events_say_nothing() -> None:
    found = between(counts(20, 2), counts(180, 0))
    assert found.events < 3
    assert Mixture(0.5, 1.0).interval(found).ahead == 0


def test_where_there_are_bounds_the_arm_that_they_show_is_ahead() -> None:
    rng = np.random.default_rng(9)
    events = rng.binomial(2000, 0.1, (2, 500)).astype(float)
    units = np.full(500, 2000.0)
    interval = Mixture(0.3, 50.0).interval(between(of_counts(units, events[0]), of_counts(units, events[1])))
    np.testing.assert_array_equal(interval.ahead > 0, interval.lower > 0)
    np.testing.assert_array_equal(interval.ahead < 0, interval.upper < 0)
    assert 0 < np.abs(interval.ahead).sum() < 500


def test_shuffles_of_a_heavy_tail_in_an_uneven_split_are_rarely_said_to_differ() -> None:
    """The same few large values, looked at after every unit: at the 5 % level, of 1,500 shuffles."""
    rng = np.random.default_rng(8)
    values = np.exp(1.0 * rng.standard_normal(600))
    arm = rng.random((1500, 600)) < 0.2

    def moments(side: np.ndarray) -> Moments:
        return of_sums(*(np.cumsum(side * values**power, 1) for power in range(4)))

    found = between(moments(arm), moments(~arm))
    ahead = Mixture(0.05, rho(0.05, 0.3 * float(found.shuffled[:, -1].mean()))).interval(found).ahead
    assert 0 < (ahead != 0).any(1).sum() <= 75


def test_an_arm_in_which_nothing_happens_any_more_is_seen() -> None:
    interval = Mixture(0.01, 10.0).interval(between(counts(2000, 0), counts(2000, 200)))
    assert interval.upper < 0


def test_moments_of_both_arms_are_those_of_all_their_rows() -> None:
    rng = np.random.default_rng(6)
    one, other = rng.exponential(size=70), 3.0 + 2.0 * rng.standard_normal(300)
    added, whole = of_rows(one).moments() + of_rows(other).moments(), of_rows([*one, *other]).moments()
    for name in ("units", "mean", "squares", "cubes"):
        assert getattr(added, name) == pytest.approx(float(getattr(whole, name)))


def test_intervals_of_arrays_are_those_of_their_numbers() -> None:
    units, events = np.array([100.0, 200.0, 300.0]), np.array([20.0, 45.0, 61.0])
    many = Mixture(0.05, 3.0).interval(between(of_counts(units, events), of_counts(units, events + 9)))
    for at, (n, x) in enumerate(zip(units, events, strict=True)):
        one = Mixture(0.05, 3.0).interval(between(counts(int(n), int(x)), counts(int(n), int(x) + 9)))
        assert (many.lower[at], many.upper[at]) == (one.lower, one.upper)


def test_lgamma_is_that_of_scipy() -> None:
    numbers = np.concatenate([np.linspace(0.01, 20, 500), np.geomspace(20, 1e9, 100)])
    np.testing.assert_allclose(lgamma(numbers), special.gammaln(numbers), rtol=1e-13, atol=1e-12)


# Bets


def capital(outcomes: list[int], rate: float) -> float:
    """What a gambler has who bets on every single unit, one after the other, by what was seen before it."""
    money, events = 1.0, 0
    for seen, outcome in enumerate(outcomes):
        expected = (events + 0.5) / (seen + 1.0)
        bet = (expected - rate) / (rate * (1 - rate))
        money *= 1 + bet * (outcome - rate)
        events += outcome
    return money


def naive(one: list[int], other: list[int], difference: float) -> float:
    """The least that is won against any two rates that differ so."""
    rates = np.linspace(max(0, -difference), min(1, 1 - difference), 4001)[1:-1]
    return min(capital(one, rate + difference) * capital(other, rate) for rate in rates)


def test_what_is_won_from_counts_is_what_bets_on_every_unit_win() -> None:
    one, other = [1, 1, 0, 1, 1, 0, 1, 1], [0, 0, 1, 0, 0, 0]
    won = Betting(0.05).logarithm([(counts(8, 6), counts(6, 1))])
    for difference in (-0.3, 0.0, 0.4):
        assert math.exp(won(np.asarray(difference))) == pytest.approx(naive(one, other, difference), rel=1e-4)


def test_the_ends_of_a_betting_interval_are_where_one_over_the_level_is_won() -> None:
    pair = (counts(60, 41), counts(50, 15))
    betting = Betting(0.05)
    interval = betting.interval([pair])
    assert interval.lower < interval.estimate < interval.upper
    for end in (interval.lower, interval.upper):
        assert float(betting.logarithm([pair])(end)) == pytest.approx(math.log(20), abs=1e-6)


def test_a_betting_interval_covers_the_difference_at_every_unit() -> None:
    rng = np.random.default_rng(5)
    arm = rng.random((300, 200)) < 0.5
    event = rng.random((300, 200)) < np.where(arm, 0.15, 0.05)

    def counted(side: np.ndarray) -> Moments:
        return of_counts(np.cumsum(side, 1).astype(float), np.cumsum(side & event, 1).astype(float))

    won = Betting(0.05).logarithm([(counted(arm), counted(~arm))])(np.asarray(0.1))
    assert (won >= math.log(20)).any(1).mean() <= 0.05
