"""Which units a verdict may stand on: those whose time for an outcome is over, and whether outcomes lack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from flyball.domain.abtests.evidence import between, combined
from flyball.domain.abtests.moments import Moments, Numbers
from flyball.domain.abtests.sequences import Interval, Mixture, rho

MISSING_LEVEL = 0.001
"""The chance that outcomes that lack in all arms alike are ever said to differ."""
MISSING_INFORMATION = 2500.0
"""The test of missing outcomes is tuned to 5,000 units a pair of arms, and to a tenth that lacks."""


@dataclass(frozen=True, slots=True)
class Cohort:
    """For each unit: whether its time is over, and whether its outcome came within it.

    A unit is looked at as it was when its time ended, not as it is now. Outcomes that come sooner for one
    label than for another (a default early, a repayment late) are then neither counted too often nor too
    seldom, and early units have no longer to answer than late ones.
    """

    mature: npt.NDArray[np.bool_]
    known: npt.NDArray[np.bool_]


def cohort(exposed: Numbers, outcome: Numbers, now: Numbers | float, within: float) -> Cohort:
    """The cohort at ``now``; times in seconds, first exposures and outcomes (infinite: none has come)."""
    mature = exposed + within <= now
    return Cohort(mature, mature & (outcome <= exposed + within))


def missing(strata: Sequence[tuple[Moments, Moments]]) -> Interval:
    """The difference in the rate of outcomes that lack among mature units, challenger less champion.

    Where it is not 0, units with an outcome are no longer those that chance had put into the arms, and no
    metric of outcomes may be compared.
    """
    mixture = Mixture(MISSING_LEVEL, rho(MISSING_LEVEL, MISSING_INFORMATION * 0.09))
    return mixture.interval(combined([between(*pair) for pair in strata]))
