"""The evidence of a challenger against the champion: one stratum's, and added over strata."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce

import numpy as np

from flyball.domain.abtests.moments import Moments, Numbers


@dataclass(frozen=True, slots=True)
class Evidence:
    """What adds up over strata.

    ``information`` is n₁n₀/(n₁+n₀) of each stratum, ``score`` the difference of means times it: so strata are
    weighted as Cochran (1954) and Mantel and Haenszel (1959) weight them, and values are never compared
    across strata. ``variance`` and ``skew`` are the score's second and third cumulant, from each arm's own
    values; ``shuffled`` is its variance where arms do not differ. Events are those of ``Moments.events`` of
    both arms, to each by its units: an arm in which nothing happens has them too.
    """

    score: Numbers
    information: Numbers
    variance: Numbers
    skew: Numbers
    challenger_events: Numbers
    champion_events: Numbers
    shuffled: Numbers = field(default_factory=lambda: np.asarray(0.0))

    def __add__(self, other: Evidence) -> Evidence:
        return Evidence(
            self.score + other.score,
            self.information + other.information,
            self.variance + other.variance,
            self.skew + other.skew,
            self.challenger_events + other.challenger_events,
            self.champion_events + other.champion_events,
            self.shuffled + other.shuffled,
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

    A unit of value c (from its arm's mean) moves the score by qc in the challenger, by -pc in the champion,
    with p and q the shares of the two: the sums of squares and of cubes of these steps are the score's
    variance and third cumulant.

    Of arms that do not differ more is known: values are what they are, and chance alone says which arm has
    them. c, now from the common mean, moves the score by qc with chance p and by -pc otherwise, whose
    variance pqc² is known before it falls (over all units: Neyman 1923; Pitman 1937). Two thirds of that and
    a third of the squares of the steps that were taken bound the score as a variance does whose steps are
    normal, however heavy the tail: exp(x - x²/6) <= 1 + x + x²/3 (Delyon 2009; Howard, Ramdas, McAuliffe and
    Sekhon 2020, table 3). The third is larger on the side to which steps lean, by as much as skew asks for.
    """
    both = challenger + champion
    units = np.maximum(both.units, 1.0)
    p, q = challenger.units / units, champion.units / units
    information = q * challenger.units
    difference = challenger.mean - champion.mean
    apart = challenger.variance / np.maximum(challenger.units, 1.0)
    apart = information**2 * (apart + champion.variance / np.maximum(champion.units, 1.0))
    taken = q**2 * _about(challenger, q * difference) + p**2 * _about(champion, p * difference)
    return Evidence(
        information * difference,
        information,
        apart,
        q**3 * challenger.cubes - p**3 * champion.cubes,
        p * both.events,
        q * both.events,
        (2.0 * information * both.variance + taken) / 3.0,
    )


def _about(arm: Moments, away: Numbers) -> Numbers:
    """The sum of squares of an arm's values about a point so far from their mean."""
    return arm.squares + arm.units * away**2


def paired(differences: Moments, apart: Numbers) -> Evidence:
    """The evidence of differences row by row: each is of one unit that both have answered.

    ``apart`` are the units whose difference is not 0: an average of rare ones rests on those alone. Of two
    that do not differ chance alone says which loses what, and the sum's variance is that of squares about 0.
    """
    units, mean = differences.units, differences.mean
    events = np.minimum(differences.events, apart)
    around = differences.squares + units * mean**2
    return Evidence(
        units * mean, units, units * differences.variance, differences.cubes, events, events, around
    )


def combined(strata: list[Evidence]) -> Evidence:
    """The evidence of all strata. There is at least one."""
    return reduce(Evidence.__add__, strata)
