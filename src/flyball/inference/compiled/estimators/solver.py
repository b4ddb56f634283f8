"""A compiled estimator at work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from flyball.domain.errors import ModelFailed

Takes = Literal["finite", "missing", "anything"]
"""Numbers an estimator answers: finite ones; missing ones (NaN) too; infinite ones too."""


class Solver:
    """What answers: a matrix of float64, one row each and the encoder's columns, in; one answer a row out.

    Classification gives probabilities (rows, classes), regression values (rows,), both float64;
    clustering gives whole numbers (rows,).
    """

    def __init__(self, answer: Callable[[np.ndarray], np.ndarray], takes: Takes = "finite") -> None:
        self._answer = answer
        self._takes = takes

    def __call__(self, matrix: np.ndarray) -> np.ndarray:
        """The answers. Raises ``ModelFailed`` for a number that the estimator would refuse."""
        if self._takes == "finite" and not np.isfinite(matrix).all():
            raise ModelFailed("The model takes no number that is missing or infinite.")
        if self._takes == "missing" and np.isinf(matrix).any():
            raise ModelFailed("The model takes no infinite number.")
        with np.errstate(all="ignore"):  # what is not finite is refused as an answer, by the runtime
            return self._answer(matrix)

    def labels(self, matrix: np.ndarray) -> np.ndarray | None:
        """The labels' places among the classes, where they are not the likeliest ones; else nothing."""
        return None
