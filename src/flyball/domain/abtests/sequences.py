"""Confidence sequences: intervals that hold at every look at once, from the evidence so far."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from flyball.domain.abtests.evidence import Evidence
from flyball.domain.abtests.moments import Numbers

BURN_IN = 20.0
"""Events of the smaller arm before an interval has bounds: those of a difference rest on each arm's own tail,
of which fewer show too little."""
SIGNED = 3.0
"""Events before it says which arm is ahead. Arms that do not differ would need none."""

ONE_LOOK = 10.0
"""Events before an interval has bounds that are meant for one look."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate of the difference and its bounds; infinite ones say nothing.

    ``ahead`` is 1 where the difference is shown to be above 0, -1 where below: wherever bounds leave out 0,
    and where there are no bounds yet.
    """

    estimate: Numbers
    lower: Numbers
    upper: Numbers
    ahead: Numbers = field(default_factory=lambda: np.asarray(0.0))


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


def two_sided(variance: Numbers, mixture: float | Numbers, level: float) -> Numbers:
    """The boundary |score - expectation| stays below forever with chance 1 - level.

    Normal mixture (Robbins 1970; Howard et al. 2021, equation 14): sqrt((v + r) log((v + r) / (r level²))).
    With an estimated variance it is asymptotic (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2021).
    """
    wide = variance + mixture
    return np.sqrt(wide * np.log(wide / (mixture * level**2)))


def one_sided(variance: Numbers, mixture: float | Numbers, level: float) -> Numbers:
    """The same for one side, in their closed form: sqrt(2 (v + r) log(sqrt((v + r) / r) / (2 level) + 1))."""
    wide = variance + mixture
    return np.sqrt(2.0 * wide * np.log(np.sqrt(wide / mixture) / (2.0 * level) + 1.0))


def skewed(boundary: Numbers, variance: Numbers, skew: Numbers) -> Numbers:
    """A boundary around steps whose variance is their own: wider with a positive ``skew``, else narrower.

    Bets on every step, Π(1 + l x), win l s - l² v/2 + l³ k/3 (in logarithms, up to the third order), which
    are martingales; so the boundary u of l s - l² v/2 moves by -k u²/3v² (for one look: Johnson 1978; Hall
    1992, section 2.6). Where large steps are still to come, those that came show too small a variance: the
    side that they lean away from is the dangerous one. Narrower as 1/(1 + x), which is never 0.
    """
    share = skew * boundary / (3.0 * np.where(variance > 0, variance, np.inf) ** 2)
    return np.where(share > 0, boundary * (1.0 + share), boundary / (1.0 + np.abs(share)))


@dataclass(frozen=True, slots=True)
class Mixture:
    """A normal mixture at an error level; ``mixture`` from ``rho`` of the planned variance of the score."""

    level: float
    mixture: float | Numbers
    burn_in: float = BURN_IN

    def interval(self, evidence: Evidence, *, sided: int = 2) -> Interval:
        """The interval of the difference; both bounds hold together, or with ``sided=1`` each alone.

        Each boundary is the wider of that for arms that do not differ and that for arms that do.
        """
        around = two_sided if sided == 2 else one_sided
        same = around(evidence.shuffled, self.mixture, self.level)
        apart = around(evidence.variance, self.mixture, self.level)
        below = np.maximum(same, skewed(apart, evidence.variance, -evidence.skew))
        above = np.maximum(same, skewed(apart, evidence.variance, evidence.skew))
        varied = np.maximum(evidence.shuffled, evidence.variance) > 0
        signed = varied & (evidence.events >= min(SIGNED, self.burn_in))
        beyond = (evidence.score > below).astype(np.float64) - (evidence.score < -above)
        scale = np.where(varied & (evidence.events >= self.burn_in), evidence.information, 0.0)
        with np.errstate(divide="ignore"):
            lower, upper = evidence.estimate - below / scale, evidence.estimate + above / scale
        return Interval(evidence.estimate, lower, upper, np.where(signed, beyond, 0.0))
