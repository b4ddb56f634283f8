"""The evidence of a challenger against the champion: one stratum's, and added over strata."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import numpy as np

from flyball.domain.abtests.moments import Moments, Numbers


@dataclass(frozen=True, slots=True)
class Evidence:
    """What adds up over strata.

    ``information`` is n₁n₀/(n₁+n₀) of each stratum, ``score`` the difference of means times it: so strata are
    weighted as Cochran (1954) and Mantel and Haenszel (1959) weight them, and values are never compared
    across strata. ``variance`` and ``skew`` are the score's second and third cumulant. Events are those of
    ``Moments.events`` of both arms, to each by its units: an arm in which nothing happens has them too.
    """

    score: Numbers
    information: Numbers
    variance: Numbers
    skew: Numbers
    challenger_events: Numbers
    champion_events: Numbers

    def __add__(self, other: Evidence) -> Evidence:
        return Evidence(
            self.score + other.score,
            self.information + other.information,
            self.variance + other.variance,
            self.skew + other.skew,
            self.challenger_events + other.challenger_events,
            self.champion_events + other.champion_events,
        )

    @property
    def estimate(self) -> Numbers:
        """The difference, challenger less champion; 0 where there is nothing to compare."""
        return self.score / np.where(self.information > 0, self.information, np.inf)

    @property
    def events(self) -> Numbers:
        """Those of the smaller arm."""
        return np.minimum(self.challenger_events, self.champion_events)


def between(challenger: Moments, champion: Moments) -> Evidence:
    """The evidence of one stratum.

    The variance is the larger of that of two arms apart, and of that about the mean of both arms together:
    with few events the arms' own variances are small just where their difference is large. The second is
    also, for arms that do not differ, the exact variance of the score over random assignments of the same
    values (Neyman 1923; Pitman 1937), however heavy their tail. ``skew`` is its third cumulant: a unit of
    value c (from the common mean) moves the score by (1-p)c with chance p, the challenger's share, and by -pc
    otherwise, whose third moment is p(1-p)(1-2p)c³. Equal shares have none.
    """
    both = challenger + champion
    units = np.maximum(both.units, 1.0)
    information = challenger.units * champion.units / units
    apart = challenger.variance / np.maximum(challenger.units, 1.0)
    apart = information**2 * (apart + champion.variance / np.maximum(champion.units, 1.0))
    return Evidence(
        information * (challenger.mean - champion.mean),
        information,
        np.maximum(information * both.variance, apart),
        information / units * (1.0 - 2.0 * challenger.units / units) * both.cubes,
        challenger.units * both.events / units,
        champion.units * both.events / units,
    )


def paired(differences: Moments, apart: Numbers) -> Evidence:
    """The evidence of differences row by row: each is of one unit that both have answered.

    ``apart`` are the units whose difference is not 0: an average of rare ones rests on those alone.
    """
    units = differences.units
    events = np.minimum(differences.events, apart)
    return Evidence(
        units * differences.mean, units, units * differences.variance, differences.cubes, events, events
    )


def combined(strata: list[Evidence]) -> Evidence:
    """The evidence of all strata. There is at least one."""
    return reduce(Evidence.__add__, strata)
