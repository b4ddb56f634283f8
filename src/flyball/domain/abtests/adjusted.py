"""Moments made of two values of a unit: a ratio, and a value less what its covariate foretold (CUPED)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from flyball.domain.abtests.moments import Moments, Numbers, PairMoments


def ratio(pair: PairMoments) -> Moments:
    """The moments of the ratio of two sums, such as clicks over views: by the delta method.

    Each unit's value is R + (first - R second) / mean of second, whose mean is R (Deng, Knoblich and Lu 2018,
    section 3).
    """
    bottom = np.where(pair.second.mean > 0, pair.second.mean, np.inf)
    value = pair.first.mean / bottom
    return pair.combined(value, bottom, value)


def theta(pairs: Sequence[PairMoments]) -> Numbers:
    """How much of the covariate is taken off: one slope for all arms and strata, within each of them.

    Deng, Xu, Kohavi and Walker 2013, equation 4. One slope for all: an arm's own would take off a part of
    what the arm changed.
    """
    products = sum((pair.products for pair in pairs), np.float64(0.0))
    squares = sum((pair.second.squares for pair in pairs), np.float64(0.0))
    return np.asarray(products / np.where(squares > 0, squares, np.inf))


def cuped(pair: PairMoments, slope: Numbers) -> Moments:
    """The moments of first - slope · second, the second a covariate from before the test.

    Its mean is not that of the metric; differences between arms are.
    """
    return pair.combined(slope, np.asarray(1.0), pair.first.mean - slope * pair.second.mean)
