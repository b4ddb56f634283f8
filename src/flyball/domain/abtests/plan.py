"""Planning a test: the sample that finds an effect, the effect that a sample finds, and the days it takes."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from flyball.domain.abtests.evidence import Evidence
from flyball.domain.abtests.sequences import Mixture, rho

TUNED = 2.0
"""The mixture is tuned to so many planned samples at levels up to 1 %. Boundaries are flat there: at the
planned sample itself it costs half a percent, and early looks, with averages least normal, spend less."""
TUNED_ABOVE = 1.0
"""The same above 1 %: tuned to two, the mean sample at the stop is 4 % larger there, and no more is found."""
SEQUENTIAL = {0.01: 1.6, 0.05: 1.75}
"""In how many fixed-horizon samples a planned effect is found with a chance of 80 %, by level."""

FEW = 30.0
"""Planned events of the smaller arm below which a rate is judged by bets instead (``betting.Betting``)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One challenger, one metric.

    ``variance`` is that of one unit's value (``Moments.variance`` of past traffic); ``effect`` the smallest
    difference worth finding; shares are of all units, and may leave some to other arms.
    """

    level: float
    variance: float
    effect: float
    challenger_share: float
    champion_share: float
    power: float = 0.8

    def __post_init__(self) -> None:
        if not (self.variance > 0 and self.effect > 0):
            raise ValueError("A plan needs a variance and an effect above 0.")
        if min(self.challenger_share, self.champion_share) <= 0:
            raise ValueError("Both arms need a share above 0.")
        if self.challenger_share + self.champion_share > 1 + 1e-9:
            raise ValueError("The shares of two arms are at most 1 together.")

    @property
    def information(self) -> float:
        """n₁n₀/(n₁+n₀) of a test that is looked at once: (z₁₋ₐ/₂ + z_power)² variance / effect²."""
        return _quantiles(self.level, self.power) ** 2 * self.variance / self.effect**2

    @property
    def units(self) -> float:
        """Units of the whole endpoint until then, looked at once."""
        return self.information / informative(self.challenger_share, self.champion_share)

    @property
    def challengers(self) -> float:
        """The challenger's units among them."""
        return self.units * self.challenger_share

    def days(self, units_a_day: float, samples: float = 1.0) -> float:
        """Days until so many fixed-horizon samples, at an endpoint that sees so many new units a day."""
        if not units_a_day > 0:
            raise ValueError("The endpoint has no traffic to plan with.")
        return samples * self.units / units_a_day

    def few(self, rate: float) -> bool:
        """Whether a rate is to be judged by bets: few of its rarer outcome are planned in the smaller arm."""
        smaller = self.units * min(self.challenger_share, self.champion_share)
        return smaller * min(rate, 1.0 - rate) < FEW

    def mixture(self) -> Mixture:
        """The confidence sequence of the plan."""
        return Mixture(self.level, rho(self.level, _tuned(self.level) * self.information * self.variance))


def sequence(level: float, information: float, evidence: Evidence) -> Mixture:
    """The confidence sequence of a test that plans so much information, whatever its variance: tuned in units
    of that which was seen, which is a scale and no more."""
    seen = evidence.shuffled / np.where(evidence.information > 0, evidence.information, np.inf)
    return Mixture(level, rho(level, _tuned(level) * information) * np.where(seen > 0, seen, 1.0))


def _tuned(level: float) -> float:
    return TUNED if level <= 0.01 else TUNED_ABOVE


def informative(challenger_share: float, champion_share: float) -> float:
    """Information that one unit of the whole endpoint brings."""
    return challenger_share * champion_share / (challenger_share + champion_share)


def detectable(level: float, variance: float, information: float, power: float = 0.8) -> float:
    """The effect that a test of so much information finds with this power, looked at once."""
    if not information > 0:
        raise ValueError("Without units in both arms no effect can be found.")
    return _quantiles(level, power) * float((variance / information) ** 0.5)


def _quantiles(level: float, power: float) -> float:
    normal = NormalDist()
    return normal.inv_cdf(1.0 - level / 2.0) + normal.inv_cdf(power)
