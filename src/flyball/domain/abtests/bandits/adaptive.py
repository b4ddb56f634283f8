"""Means of arms, and their differences, from traffic whose shares followed the outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import reduce
from statistics import NormalDist
from typing import Literal

import numpy as np

from flyball.domain.abtests.bandits.thompson import Beliefs
from flyball.domain.abtests.moments import Moments, Numbers
from flyball.domain.abtests.sequences import ONE_LOOK, Interval
from flyball.domain.errors import InvalidInput, Problem

Weights = Literal["stable", "even"]
"""Of periods: ``stable`` ones grow with the root of the arm's share, ``even`` ones count each unit once."""


@dataclass(frozen=True, slots=True)
class Periods:
    """The strata of a bandit, in the order of time: the last axis are arms, the one before it periods.

    ``shares`` are those in force: the propensities stored on the period's predictions. ``arms`` are the
    moments of the units that were first exposed in it and whose time is over. ``before`` is about what a mean
    was before the first period: the nearer, the narrower the intervals; none are wrong for it.
    """

    shares: Numbers
    arms: Moments
    before: float = 0.0


@dataclass(frozen=True, slots=True)
class Scores:
    """A weighted sum of doubly robust scores: the weights' sum, its variance, the smaller arm's events."""

    score: Numbers
    weight: Numbers
    variance: Numbers
    events: Numbers

    @property
    def estimate(self) -> Numbers:
        """The mean of the scores."""
        return self.score / np.where(self.weight > 0, self.weight, np.inf)

    def interval(self, level: float) -> Interval:
        """The usual interval, for one look: it leaves out the truth with chance ``level``.

        Infinite before the burn-in.
        """
        wide = NormalDist().inv_cdf(1.0 - level / 2.0) * np.sqrt(self.variance)
        ready = (self.events >= ONE_LOOK) & (self.variance > 0)
        half = np.where(ready, wide / np.where(ready, self.weight, 1.0), np.inf)
        return Interval(self.estimate, self.estimate - half, self.estimate + half)


def mean(periods: Periods, arm: int, weights: Weights = "stable") -> Scores:
    """The mean of one arm. Raises ``InvalidInput`` for one that was never drawn."""
    return _combined(_drawn(periods, [arm]), [arm], weights)


def difference(periods: Periods, challenger: int, champion: int, weights: Weights = "stable") -> Scores:
    """Challenger less champion, with the same weights for both in each period: a base rate that drifts moves
    both alike, and is no difference.

    Raises ``InvalidInput`` for two of which one was never drawn while the other could be.
    """
    arms = [challenger, champion]
    return _combined(_drawn(periods, arms), arms, weights)


def beliefs(periods: Periods) -> Beliefs:
    """What Thompson sampling believes where the base rate may drift: doubly robust means of the arms, each
    period with the weight of its units for every arm (Dimakopoulou, Ren and Zhou 2021).

    Of an arm without units nothing is known.
    """
    found = [_combined(periods, [arm], "even") for arm in range(periods.shares.shape[-1])]
    variance = np.stack([each.variance / np.maximum(each.weight, 1.0) ** 2 for each in found], -1)
    known = (variance > 0) & (periods.arms.units.sum(-2) > 0)
    return Beliefs(np.stack([each.estimate for each in found], -1), np.where(known, variance, np.inf))


def stacked(shares: Sequence[Numbers], arms: Sequence[Moments]) -> Periods:
    """Periods from each one's own."""
    moments = (np.stack([getattr(each, field.name) for each in arms], -2) for field in fields(Moments))
    return Periods(np.stack(shares, -2), Moments(*moments))


def _combined(periods: Periods, arms: list[int], weights: Weights) -> Scores:
    """Σ h Γ, with Γ = m + 1{arm}/e · (y - m) of each unit, and for two arms the one's less the other's.

    m is the arm's mean in the periods before (in the first: ``before``), so that each score given the past
    has the arm's mean as its expectation, whatever the shares followed: a martingale (Robins, Rotnitzky and
    Zhao 1994 for the score; Hadad, Hirshberg, Zhan, Wager and Athey 2021 for shares that move). Weights that
    stabilise its variance, h = (Σ 1/e)^-1/2, make the sum normal also where a share does not settle (theirs,
    with a constant allocation rate). The variance is Σ h² (Γ - estimate)².
    """
    with np.errstate(divide="ignore"):
        inverse = 1.0 / periods.shares[..., arms]
    drawn = np.isfinite(inverse).all(-1)
    h = np.where(drawn, 1.0 if weights == "even" else inverse.sum(-1) ** -0.5, 0.0)
    units = periods.arms.units.sum(-1)
    guess, one, two = np.zeros((3, *units.shape))
    for sign, arm in zip((1.0, -1.0), arms, strict=False):
        before, first, second = _residuals(periods, arm, np.where(drawn, inverse[..., arms.index(arm)], 0.0))
        guess, one, two = guess + sign * before, one + sign * first, two + second
    score, weight = (h * (units * guess + one)).sum(-1), (h * units).sum(-1)
    off = guess - np.asarray(score / np.where(weight > 0, weight, np.inf))[..., None]
    variance = (h**2 * (units * off**2 + 2.0 * off * one + two)).sum(-1)
    return Scores(score, weight, variance, _events(periods, arms))


def _drawn(periods: Periods, arms: list[int]) -> Periods:
    together = (periods.shares[..., arms] > 0).all(-1, keepdims=True)
    if (np.where(together, periods.arms.units[..., arms], 0.0).sum(-2) > 0).all():
        return periods
    reason = "No estimate follows of an arm without units: choose one that has some."
    problem = Problem("/arms", "never_drawn", reason)
    raise InvalidInput("An arm was never drawn.", problems=[problem])


def _events(periods: Periods, arms: list[int]) -> Numbers:
    """Those of ``Moments.events`` of each arm in all periods together; of the arm that has fewest."""
    every = (
        Moments(*(getattr(periods.arms, field.name)[..., at, :] for field in fields(Moments)))
        for at in range(periods.shares.shape[-2])
    )
    return np.asarray(reduce(Moments.__add__, every).events[..., arms].min(-1))


def _residuals(periods: Periods, arm: int, inverse: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """m of each period, and the sums of (y - m)/e and of its square over the arm's units."""
    units, average, squares = (
        of[..., arm] for of in (periods.arms.units, periods.arms.mean, periods.arms.squares)
    )
    seen, total = np.cumsum(units, -1), np.cumsum(units * average, -1)
    before = np.full(units.shape, periods.before)
    known = np.where(seen > 0, total / np.maximum(seen, 1.0), periods.before)
    before[..., 1:] = known[..., :-1]
    apart = average - before
    return before, units * apart * inverse, (squares + units * apart**2) * inverse**2
