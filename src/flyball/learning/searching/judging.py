"""Which candidates are worth their folds on all rows, once all have been searched on draws of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from flyball.learning.searching.search import Drawn, mean

SURE = 2.0
"""Standard errors that what is left of a difference has to be above nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a candidate stands after the draws.

    ``cost`` is what its folds on all rows and its last fit are expected to take (seconds).
    """

    name: str
    drawn: Drawn
    cost: float

    @property
    def score(self) -> float:
        """That of its best point, on the highest rung that it was tried on."""
        return mean(self.drawn.points[0].scores)


@dataclass(frozen=True, slots=True)
class Ended:
    """Why a candidate has no folds on all rows, and whether that was for want of time."""

    sentence: str
    by_time: bool = False


def hopeless(standings: Sequence[Standing], rung: int, rows: int) -> dict[str, Ended]:
    """Those that lie behind the best one on a rung of so many rows by more than they can make up.

    A candidate can make up as much again as it did from the rung before to this one, where rows grew by as
    much or more than they will: what more rows bring is less each time. All were scored on the same folds, so
    it is what would be left of the difference in each fold that counts: its mean, and its standard error.
    """
    compared = [each for each in standings if each.drawn.points[0].rung == rung]
    if not compared:
        return {}
    best = max(compared, key=lambda each: each.score)  # of equal ones the first
    said = "{:.4g} on {:,} rows, too far behind {} ({:.4g}) to make it up on all."
    return {
        each.name: Ended(said.format(each.score, rows, best.name, best.score))
        for each in compared
        if each is not best and _is_behind(each, best)
    }


def too_long(standings: Sequence[Standing], seconds: float, total: float) -> dict[str, Ended]:
    """Those for which no time is left of so many seconds. Better ones go first; the best one always goes.

    ``total`` is what the whole build was given.
    """
    ended = {}
    for place, each in enumerate(sorted(standings, key=lambda each: -each.score)):
        if place and each.cost > seconds:
            ended[each.name] = late(each.cost, seconds, total)
        else:
            seconds -= each.cost
    return ended


def late(cost: float, left: float, total: float) -> Ended:
    """For want of time: what is needed, what is left, and what the whole build was given (seconds)."""
    said = f"Its fits on all rows take about {cost:.0f} s: {max(left, 0.0):.0f} s are left of {total:g} s."
    return Ended(said, by_time=True)


def _is_behind(each: Standing, best: Standing) -> bool:
    one, other = each.drawn.points[0], best.drawn.points[0]
    if len(one.before) != len(other.before):
        return False
    now, before = np.subtract(other.scores, one.scores), np.subtract(other.before, one.before)
    left = now - np.maximum(before - now, 0.0)
    left = left[np.isfinite(left)]
    if len(left) < 2:
        return False
    return bool(left.mean() > SURE * left.std(ddof=1) / math.sqrt(len(left)))
