"""Sums of one arm in one stratum: exact, so that neither the order nor the merging of rows changes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from flyball.domain.abtests.moments import Moments, Numbers, PairMoments

LARGEST = 1e60
"""Of a larger value neither the cube nor what intervals make of it would be a number."""
_NONE = Fraction(0)
_BITS = 53
_HALF = 27
_MOST = 1 << 25
"""Halves of mantissas that float64 adds without rounding: 2^25 of at most 2^27 each."""


def exact(terms: npt.ArrayLike) -> Fraction:
    """The sum of float64 numbers without any rounding.

    Mantissas are whole numbers; they are added by exponent in two halves that float64 holds exactly.
    Raises ``ValueError`` for a number that is not finite.
    """
    numbers = np.asarray(terms, dtype=np.float64).ravel()
    if not np.isfinite(numbers).all():
        raise ValueError("A value that is added up is missing or infinite.")
    total = _NONE
    for start in range(0, len(numbers), _MOST):
        mantissas, exponents = np.frexp(numbers[start : start + _MOST])
        whole = (mantissas * 2.0**_BITS).astype(np.int64)
        lowest = int(exponents.min())
        places = exponents - lowest
        high = np.bincount(places, weights=whole >> _HALF)
        low = np.bincount(places, weights=whole & ((1 << _HALF) - 1))
        sums = sum(
            ((int(h) << _HALF) + int(w)) << at for at, (h, w) in enumerate(zip(high, low, strict=True))
        )
        total += Fraction(sums) * Fraction(2) ** (lowest - _BITS)
    return total


def products(x: Numbers, y: Numbers) -> Fraction:
    """The sum of x · y without any rounding: each product is a float64 and what its rounding left.

    Else the variance of values far from 0 would be lost (Dekker 1971; halves by Veltkamp's splitting).
    """
    rounded = x * y
    (a, b), (c, d) = _halves(x), _halves(y)
    left = ((a * c - rounded) + a * d + b * c) + b * d
    return exact(rounded) + exact(left)


def _halves(numbers: Numbers) -> tuple[Numbers, Numbers]:
    shifted = (2.0**_HALF + 1.0) * numbers
    high = shifted - (shifted - numbers)
    return high, numbers - high


@dataclass(frozen=True, slots=True)
class Sums:
    """Units, and the sums of the products of their two values up to the third degree.

    The second value is a covariate or a denominator; without one it is 0 of every unit. Sums of two factors
    are exact; those of three, which only correct for skew, add products that are rounded unit by unit.
    """

    units: int = 0
    first: Fraction = _NONE
    first_squares: Fraction = _NONE
    first_cubes: Fraction = _NONE
    second: Fraction = _NONE
    second_squares: Fraction = _NONE
    second_cubes: Fraction = _NONE
    products: Fraction = _NONE
    first_twice: Fraction = _NONE
    second_twice: Fraction = _NONE

    def __add__(self, other: Sums) -> Sums:
        return Sums(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(Sums)))

    def __sub__(self, other: Sums) -> Sums:
        """Without units that were counted before: exact, as if they had never been."""
        return Sums(*(getattr(self, field.name) - getattr(other, field.name) for field in fields(Sums)))

    def moments(self) -> Moments:
        """The moments of the first value, centred before they are rounded."""
        return self._moments(self.first, self.first_squares, self.first_cubes)

    def pair(self) -> PairMoments:
        """The moments of both values, centred before they are rounded."""
        n = max(self.units, 1)
        x, y = self.first / n, self.second / n
        products = self.products - n * x * y
        first_twice = self.first_twice - y * self.first_squares - 2 * x * products
        second_twice = self.second_twice - x * self.second_squares - 2 * y * products
        second = self._moments(self.second, self.second_squares, self.second_cubes)
        return PairMoments(self.moments(), second, *map(_number, (products, first_twice, second_twice)))

    def _moments(self, total: Fraction, squares: Fraction, cubes: Fraction) -> Moments:
        n = max(self.units, 1)
        mean = total / n
        centred = max(squares - total * mean, _NONE)
        third = cubes - mean * (3 * squares - 2 * total * mean)
        return Moments(_number(self.units), _number(mean), _number(centred), _number(third))

    def document(self) -> dict[str, str]:
        """As JSON: exact numbers as text (``-7/4``)."""
        return {field.name: str(getattr(self, field.name)) for field in fields(self)}


def of_document(document: Mapping[str, str]) -> Sums:
    """Sums from what ``Sums.document`` wrote."""
    exactly = {field.name: Fraction(document[field.name]) for field in fields(Sums)}
    return Sums(**{**exactly, "units": int(document["units"])})  # type: ignore[arg-type]  # fields by name


def of_rows(first: npt.ArrayLike, second: npt.ArrayLike | None = None) -> Sums:
    """The sums of some units' values, one of each a unit. Raises ``ValueError`` where one is not finite."""
    x = np.asarray(first, dtype=np.float64)
    y = np.zeros_like(x) if second is None else np.asarray(second, dtype=np.float64)
    if x.shape != y.shape:
        raise ValueError("There are not as many second values as first ones.")
    return Sums(
        x.size,
        exact(x),
        products(x, x),
        exact(x * x * x),
        exact(y),
        products(y, y),
        exact(y * y * y),
        products(x, y),
        exact(x * x * y),
        exact(x * y * y),
    )


def winsorised(values: npt.ArrayLike, low: float = -np.inf, high: float = np.inf) -> Numbers:
    """Values drawn in to declared bounds, which are fixed before the test: a bound that follows the data
    would follow an arm."""
    return np.clip(np.asarray(values, dtype=np.float64), low, high)


def _number(exactly: Fraction | int) -> Numbers:
    return np.asarray(float(exactly))
