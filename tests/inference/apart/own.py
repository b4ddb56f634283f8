"""A model of a user's own that does, for some numbers, what no model should."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin

ABORTS, ENDS, HANGS, PRINTS, WAITS = 101.0, 102.0, 103.0, 104.0, 105.0
"""Numbers for which it crashes, ends its process, never answers, prints and reads, and takes a while."""
prepared: list[str] = []
"""What has been done before this module's type was used."""


def prepare() -> None:
    """What a project does before its own code is used."""
    prepared.append("a project")


class Doubling(RegressorMixin, BaseEstimator):
    """Answers twice each number; nothing is learned."""

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803 - scikit-learn's name for it
        """Values, shape (rows,)."""
        numbers = X["x"].to_numpy()
        for number in numbers:
            self._act(number)
        return numbers * 2

    def _act(self, number: float) -> None:
        if number == ABORTS:
            os.abort()
        if number == ENDS:
            os._exit(0)
        if number == HANGS:
            time.sleep(3600)
        if number == WAITS:
            time.sleep(1)
        if number == PRINTS:
            print("printed")  # noqa: T201 - as models do
            os.write(1, b"written\n")
            assert sys.stdin.read() == ""


class Prepared(Doubling):
    """Answers how often something was prepared before it was asked for."""

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803 - as above
        """Values, shape (rows,)."""
        return np.full(len(X), float(len(prepared)))
