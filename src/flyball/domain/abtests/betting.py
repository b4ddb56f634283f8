"""Rates where samples are small: intervals without any approximation, from bets on every single unit."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from flyball.domain.abtests.gamma import lgamma
from flyball.domain.abtests.moments import Moments, Numbers
from flyball.domain.abtests.sequences import Interval

_HALVINGS = 40


@dataclass(frozen=True, slots=True)
class Betting:
    """Bets against every difference of two rates; ``prior``: events and non-events they begin with.

    A gambler who expects (x + a) / (n + 2a) of the next unit bets against a rate m that the unit's outcome is
    1 at odds 1/m: capital (Waudby-Smith and Ramdas 2024, section 4; for rates Robbins' beta-binomial mixture
    of 1970, which depends on the counts alone). Against a difference, one gambler an arm bets against the
    pair of rates that loses least to them; their capitals multiply, over arms and over strata. A difference
    is left out once 1 / level is won, which for the true one has a chance of at most ``level`` (Ville 1939).
    """

    level: float
    prior: float = 0.5

    def interval(self, strata: list[tuple[Moments, Moments]]) -> Interval:
        """The differences that are left, from each stratum's challenger and champion."""
        estimate, information = np.asarray(0.0), np.asarray(0.0)
        for one, other in strata:
            part = one.units * other.units / np.maximum(one.units + other.units, 1.0)
            estimate = estimate + part * (one.mean - other.mean)
            information = information + part
        middle = np.asarray(estimate / np.where(information > 0, information, np.inf))
        wealth = self.logarithm(strata)
        lower = _edge(wealth, middle, np.full_like(middle, -1.0), -math.log(self.level))
        upper = _edge(wealth, middle, np.full_like(middle, 1.0), -math.log(self.level))
        return Interval(middle, lower, upper)

    def logarithm(self, strata: list[tuple[Moments, Moments]]) -> Callable[[Numbers], Numbers]:
        """The logarithm of what was won against a difference, challenger less champion."""
        counts = [[(arm.units, arm.units * arm.mean) for arm in pair] for pair in strata]
        won = sum((self._mixture(n, x) for pair in counts for n, x in pair), np.float64(0.0))

        def wealth(difference: Numbers) -> Numbers:
            lost = sum((_likeliest(*pair[0], *pair[1], difference) for pair in counts), np.float64(0.0))
            return np.asarray(won - lost)

        return wealth

    def _mixture(self, units: Numbers, events: Numbers) -> Numbers:
        """log of B(x + a, n - x + a) / B(a, a)."""
        a = self.prior
        start = 2.0 * math.lgamma(a) - math.lgamma(2.0 * a)
        return lgamma(events + a) + lgamma(units - events + a) - lgamma(units + 2.0 * a) - start


def _likeliest(n1: Numbers, x1: Numbers, n0: Numbers, x0: Numbers, difference: Numbers) -> Numbers:
    """The greatest log-likelihood of two rates that differ by so much: it is concave, so halving finds it."""
    low = np.maximum(0.0, -difference) + np.zeros_like(n1 + n0)
    high = np.minimum(1.0, 1.0 - difference) + np.zeros_like(low)
    for _ in range(_HALVINGS):
        rate = 0.5 * (low + high)
        slope = _slope(n1, x1, rate + difference) + _slope(n0, x0, rate)
        low, high = np.where(slope > 0, rate, low), np.where(slope > 0, high, rate)
    rate = 0.5 * (low + high)
    return _likelihood(n1, x1, rate + difference) + _likelihood(n0, x0, rate)


def _slope(units: Numbers, events: Numbers, rate: Numbers) -> Numbers:
    inside = np.clip(rate, 1e-15, 1.0 - 1e-15)
    return np.asarray(events / inside - (units - events) / (1.0 - inside))


def _likelihood(units: Numbers, events: Numbers, rate: Numbers) -> Numbers:
    inside = np.clip(rate, 1e-15, 1.0 - 1e-15)
    return np.asarray(events * np.log(inside) + (units - events) * np.log1p(-inside))


def _edge(wealth: Callable[[Numbers], Numbers], inner: Numbers, outer: Numbers, goal: float) -> Numbers:
    """Between a difference that is left and one beyond all that are: where what was won reaches the goal."""
    for _ in range(_HALVINGS):
        middle = 0.5 * (inner + outer)
        left = wealth(middle) < goal
        inner, outer = np.where(left, middle, inner), np.where(left, outer, middle)
    return outer
