"""Moments of one arm in one stratum: one observation a unit, as numbers or as arrays over looks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
"""An array of any shape, mostly (tests, looks); every field of one object has the same or one that fits."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Units, their mean, and the sums of the squares and of the cubes of their distances from it."""

    units: Numbers
    mean: Numbers
    squares: Numbers
    cubes: Numbers

    def __add__(self, other: Moments) -> Moments:
        """The moments of both arms' values together."""
        units = self.units + other.units
        share = self.units / np.maximum(units, 1.0)
        apart = self.mean - other.mean
        between = self.units * (1.0 - share) * apart
        leaning = 3.0 * apart * ((1.0 - share) * self.squares - share * other.squares)
        return Moments(
            units,
            other.mean + share * apart,
            self.squares + other.squares + between * apart,
            self.cubes + other.cubes + leaning + between * apart**2 * (1.0 - 2.0 * share),
        )

    @property
    def variance(self) -> Numbers:
        """The variance of a value; 0 of fewer than two."""
        return self.squares / np.maximum(self.units - 1.0, 1.0)

    @property
    def events(self) -> Numbers:
        """How many units an average rests on: units / (1 + skewness²), which is 0 where all are alike.

        Of a rare event's rate it is the number of events, of its opposite's the number of failures, of values
        without skew the number of units. How far an average is from normal goes with its square root (the
        first term of Edgeworth's series: Hall 1992, section 2.3).
        """
        varied = self.squares > 0
        leaning = self.cubes / np.where(varied, self.squares * np.sqrt(self.squares), np.inf)
        return np.where(varied, self.units / (1.0 + self.units * leaning**2), 0.0)


@dataclass(frozen=True, slots=True)
class PairMoments:
    """Moments of two values of a unit, and sums of products of their distances from their means.

    The second is a covariate from before the test (CUPED), or the denominator of a ratio. ``first_twice``
    sums first² · second, ``second_twice`` first · second².
    """

    first: Moments
    second: Moments
    products: Numbers
    first_twice: Numbers
    second_twice: Numbers

    def combined(self, slope: Numbers, scale: Numbers, mean: Numbers) -> Moments:
        """The moments of (first - slope · second) / scale, its mean set to ``mean``."""
        one, other = self.first, self.second
        squares = one.squares - 2.0 * slope * self.products + slope**2 * other.squares
        cubes = (
            one.cubes
            - 3.0 * slope * self.first_twice
            + 3.0 * slope**2 * self.second_twice
            - slope**3 * other.cubes
        )
        return Moments(one.units, mean, np.maximum(squares, 0.0) / scale**2, cubes / scale**3)


def of_sums(units: Numbers, total: Numbers, squares: Numbers, cubes: Numbers) -> Moments:
    """Moments from the sums of values, of their squares and of their cubes, in floating point.

    Meant for values about as large as their spread; ``sums.Sums`` has the exact way.
    """
    mean = total / np.maximum(units, 1.0)
    centred = np.maximum(squares - total * mean, 0.0)
    return Moments(units, mean, centred, cubes - mean * (3.0 * squares - 2.0 * total * mean))


def of_counts(units: Numbers, events: Numbers) -> Moments:
    """Moments of a rate: so many units, of which so many have the event."""
    mean = events / np.maximum(units, 1.0)
    squares = events * (1.0 - mean)
    return Moments(units, mean, squares, squares * (1.0 - 2.0 * mean))
