"""A compiled estimator at work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from flyball.domain.numbers import Takes, check_taken
from flyball.inference.compiled.arrays import Array

QUICK = 2**20
"""Bytes of the numbers that each row meets, up to which an estimator is quick: in 0.2 ms."""


def is_quick(*met: Array) -> bool:
    """Whether a row that meets all of these numbers is answered quickly."""
    return sum(len(each.data) for each in met) <= QUICK


@dataclass(frozen=True, slots=True)
class Solver:
    """What answers: a matrix of float64, one row each and the encoder's columns, in; one answer a row out.

    Classification gives probabilities (rows, classes), regression values and anomaly detection scores
    (rows,), all float64; clustering gives whole numbers (rows,). ``answer`` asks without looking: who calls
    it has checked that the estimator ``takes`` the numbers, and looks whether those that come out are finite.
    ``is_quick``: a row takes less than a thread of its own would cost.
    """

    answer: Callable[[np.ndarray], np.ndarray]
    takes: Takes = "finite"
    is_quick: bool = True

    def __call__(self, matrix: np.ndarray) -> np.ndarray:
        """The answers. Raises ``ModelFailed`` for a number that the estimator would refuse."""
        check_taken(matrix, self.takes)
        with np.errstate(all="ignore"):
            return self.answer(matrix)
