"""Intervals that hold what happens as often as is wanted, whatever its errors are like."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from flyball.domain.finishing.applying import around
from flyball.domain.finishing.intervals import Interval
from flyball.learning.outoffold.answers import OutOfFold
from flyball.learning.weighing.rows import effective

Numbers = npt.NDArray[np.float64]
PARTS = 5
"""Parts that answers are divided into, at most: where errors grow with the answer, so do intervals."""
A_PART = 200
"""Entities in a part, at least, and as many as its bounds need beside."""


def interval(found: OutOfFold, level: float, weights: Numbers) -> Interval | None:
    """The interval of a level, from errors out of fold; ``None`` where they are too few for it.

    Bounds are quantiles of the errors, one each side, of answers in the same part: split conformal
    prediction (Vovk et al. 2005; Lei et al. 2018), with a Mondrian taxonomy by the answer. Fold by fold
    errors take the place of a part that is set aside (cross-conformal: Vovk 2015). What is counted is
    entities: rows of one say little more than one of them, and such of unlike weights say less.
    """
    errors, units = found.rows.labels - found.answers, found.rows.groups
    least = _needed(level)
    entities = _entities(units, weights)
    if entities < least:
        return None
    edges = _edges(found.answers, max(1, min(PARTS, int(entities // max(A_PART, least)))))
    part = np.searchsorted(edges, found.answers, side="right")
    chosen = [part == each for each in range(len(edges) + 1)]
    if min(_entities(units[own], weights[own]) for own in chosen) < least:
        edges, chosen = np.array([]), [np.full(len(errors), True)]
    bounds = [
        _bounds(errors[own], weights[own], _entities(units[own], weights[own]), level) for own in chosen
    ]
    made = Interval(
        level=level,
        edges=tuple(edges.tolist()),
        below=tuple(low for low, _ in bounds),
        above=tuple(high for _, high in bounds),
    )
    return made if made.is_sound else None


def covered(made: Interval, answers: Numbers, happened: Numbers, weights: Numbers) -> tuple[float, float]:
    """Which part of the rows lies inside, and how wide intervals are on average."""
    low, high = around(made, answers)
    inside = (low <= happened) & (happened <= high)
    return float(np.average(inside, weights=weights)), float(np.average(high - low, weights=weights))


def _entities(units: npt.NDArray[np.intp], weights: Numbers) -> float:
    return len(np.unique(units)) * effective(weights) / len(weights)


def _needed(level: float) -> int:
    """So many errors have one outside of the bounds on each side."""
    return math.ceil(2 / (1 - level) - 1e-9) - 1  # 1 - 0.9 is a little less than 0.1


def _edges(answers: Numbers, parts: int) -> Numbers:
    """Between answers, so that parts have as many rows each; fewer parts where answers repeat."""
    ordered = np.unique(answers)
    cuts = np.quantile(answers, np.arange(1, parts) / parts)
    after = np.unique(np.searchsorted(ordered, cuts, side="right"))
    after = after[(after > 0) & (after < len(ordered))]
    return np.asarray(np.unique((ordered[after - 1] + ordered[after]) / 2), dtype=np.float64)


def _bounds(errors: Numbers, weights: Numbers, entities: float, level: float) -> tuple[float, float]:
    """The quantiles of errors that one more entity's lies between with chance ``level``."""
    share = min(1.0, (1 - (1 - level) / 2) * (entities + 1) / entities)
    high = np.quantile(errors, share, method="inverted_cdf", weights=weights)
    low = -np.quantile(-errors, share, method="inverted_cdf", weights=weights)
    return float(low), float(high)
