"""A bandit's shares: the chance of each arm to be the best, within floor and budget."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np

from flyball.control.abtests.spec import Bandit
from flyball.control.abtests.strata import CHAMPION, History
from flyball.domain.abtests.assignment import Allocation
from flyball.domain.abtests.bandits import adaptive
from flyball.domain.abtests.bandits.thompson import affordable, chances, floored, lost
from flyball.domain.abtests.moments import Moments, Numbers
from flyball.domain.errors import InvalidInput

NOTHING = Moments(*(np.asarray(0.0) for _ in range(4)))


def next_shares(
    bandit: Bandit,
    history: History,
    moments: Mapping[tuple[int, str], Moments],
    units: Mapping[str, int],
    moment: datetime,
    *,
    lower: bool,
) -> dict[str, float] | None:
    """The shares of all arms from now on; ``None`` while they stay, or while nothing is known.

    An arm that may lose nothing more has none, and is left out: once the budget is spent, any challenger.
    ``moments`` are those of the primary metric, by stratum and arm; ``units`` all that were exposed, by arm;
    ``lower`` says that lower values are better.
    """
    newest = history.strata[-1]
    every = timedelta(seconds=bandit.every)
    if moment - newest.since < every:
        return None
    arms = [CHAMPION, *(name for name in history.challengers if name in newest.shares)]
    sign = -1.0 if lower else 1.0
    known = [each for each in history.strata if any((each.number, name) in moments for name in arms)]
    if not known:
        return None
    periods = adaptive.stacked(
        [np.array([each.shares.get(name, 0.0) for name in arms]) for each in known],
        [_side_by_side([moments.get((each.number, name), NOTHING) for name in arms], sign) for each in known],
    )
    try:
        beliefs = adaptive.beliefs(periods)
    except InvalidInput:  # an arm that was never drawn
        return None
    wanted: Numbers = floored(chances(beliefs), bandit.floor)
    if bandit.budget is not None:
        exposed = np.array([float(units.get(name, 0)) for name in arms])
        ahead = exposed.sum() * (every / max(moment - history.strata[0].since, every))
        left = np.asarray(bandit.budget) - lost(exposed, beliefs, 0)
        wanted = affordable(wanted, beliefs, 0, float(ahead), left)
    if not all(map(math.isfinite, wanted.tolist())):
        return None
    return _changed(newest.allocation, dict(zip(arms[1:], wanted.tolist()[1:], strict=True)))


def _changed(now: Allocation, challengers: Mapping[str, float]) -> dict[str, float] | None:
    """The shares in whole slots, by which units are assigned; ``None`` where those are the same."""
    then = now.changed({CHAMPION: max(1.0 - math.fsum(challengers.values()), 0.0), **challengers})
    return None if then == now else then.shares()


def _side_by_side(arms: list[Moments], sign: float) -> Moments:
    return Moments(
        np.array([float(arm.units) for arm in arms]),
        np.array([sign * float(arm.mean) for arm in arms]),
        np.array([float(arm.squares) for arm in arms]),
        np.array([sign * float(arm.cubes) for arm in arms]),
    )
