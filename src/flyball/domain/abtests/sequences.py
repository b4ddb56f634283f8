"""Confidence sequences: intervals that hold at every look at once, from the evidence so far."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from flyball.domain.abtests.evidence import Evidence
from flyball.domain.abtests.moments import Numbers

BURN_IN = 10.0
"""Events of the smaller arm before an interval says anything."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate of the difference and its bounds; infinite ones say nothing."""

    estimate: Numbers
    lower: Numbers
    upper: Numbers


def rho(level: float, variance: float) -> float:
    """The mixture's variance that makes the two-sided boundary lowest where the score has ``variance``.

    The boundary at v is lowest for rho = v / (x - 1) with x - log x = 1 + 2 log(1/level) (Howard, Ramdas,
    McAuliffe and Sekhon 2021, equation 21 nearly so).
    """
    goal = 1.0 - 2.0 * math.log(level)
    x = goal
    for _ in range(60):
        x = goal + math.log(x)
    return variance / (x - 1.0)


def two_sided(variance: Numbers, mixture: float, level: float) -> Numbers:
    """The boundary |score - expectation| stays below forever with chance 1 - level.

    Normal mixture (Robbins 1970; Howard et al. 2021, equation 14): sqrt((v + r) log((v + r) / (r level²))).
    With an estimated variance it is asymptotic (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2021).
    """
    wide = variance + mixture
    return np.sqrt(wide * np.log(wide / (mixture * level**2)))


def one_sided(variance: Numbers, mixture: float, level: float) -> Numbers:
    """The same for one side, in their closed form: sqrt(2 (v + r) log(sqrt((v + r) / r) / (2 level) + 1))."""
    wide = variance + mixture
    return np.sqrt(2.0 * wide * np.log(np.sqrt(wide / mixture) / (2.0 * level) + 1.0))


def skewed(boundary: Numbers, variance: Numbers, skew: Numbers) -> Numbers:
    """A boundary for steps with a third cumulant: wider on the side to which they lean, never narrower.

    A boundary u of normal steps spends x = u²/2v. Steps with the cumulants of sub-gamma ones with scale
    c = skew / 3v need sqrt(2vx) + cx (Boucheron, Lugosi and Massart 2013, section 2.4), which is
    u + skew u²/6v²: a term that falls with the square root of the events.
    """
    scale = np.maximum(skew, 0.0) / (6.0 * np.where(variance > 0, variance, np.inf) ** 2)
    return boundary + scale * boundary**2


@dataclass(frozen=True, slots=True)
class Mixture:
    """A normal mixture at an error level; ``mixture`` from ``rho`` of the planned variance of the score."""

    level: float
    mixture: float
    burn_in: float = BURN_IN

    def interval(self, evidence: Evidence, *, sided: int = 2) -> Interval:
        """The interval of the difference; both bounds hold together, or with ``sided=1`` each alone."""
        boundary = (two_sided if sided == 2 else one_sided)(evidence.variance, self.mixture, self.level)
        ready = (evidence.events >= self.burn_in) & (evidence.variance > 0)
        scale = np.where(ready, evidence.information, 0.0)
        with np.errstate(divide="ignore"):
            below = skewed(boundary, evidence.variance, evidence.skew) / scale
            above = skewed(boundary, evidence.variance, -evidence.skew) / scale
        return Interval(evidence.estimate, evidence.estimate - below, evidence.estimate + above)
