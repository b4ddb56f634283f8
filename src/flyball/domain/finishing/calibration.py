"""From the probabilities that a model gives to those that rows out of fold have borne out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from flyball.domain.numbers import expit, two_classes

Numbers = npt.NDArray[np.float64]
Method = Literal["sigmoid", "isotonic"]
EDGE = 1e-6
"""Probabilities nearer to 0 or 1 are taken as this far from them: their log-odds have no bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A curve each class, and one, of the second class, where there are two.

    A ``sigmoid`` is one pair: slope and offset of the log-odds (Platt 1999). An ``isotonic`` curve is its
    corners, a probability and what becomes of it, both ascending (Zadrozny and Elkan 2002).
    """

    method: Method
    curves: tuple[tuple[tuple[float, float], ...], ...]

    def fits(self, classes: int) -> bool:
        """Whether there are as many curves as so many classes need, and each is one."""
        is_curve = _is_line if self.method == "sigmoid" else _rises
        return len(self.curves) == (1 if classes == 2 else classes) and all(map(is_curve, self.curves))

    def calibrated(self, probabilities: Numbers) -> Numbers:
        """Probabilities, shape (rows, classes), calibrated; of several classes their sum is made 1 again."""
        if len(self.curves) == 1:
            return two_classes(self._along(self.curves[0], probabilities[:, 1]))
        columns = [self._along(curve, probabilities[:, at]) for at, curve in enumerate(self.curves)]
        raised = np.column_stack(columns)
        shares: Numbers = raised / raised.sum(axis=1, keepdims=True)
        return shares

    def _along(self, curve: tuple[tuple[float, float], ...], probability: Numbers) -> Numbers:
        if self.method == "isotonic":
            found: Numbers = np.interp(probability, *np.transpose(curve))
            return found
        ((slope, offset),) = curve
        return expit(slope * log_odds(probability) + offset)


def log_odds(probability: Numbers) -> Numbers:
    """The logarithm of p / (1 - p)."""
    inner = np.clip(probability, EDGE, 1 - EDGE)
    odds: Numbers = np.log(inner / (1 - inner))
    return odds


def _is_line(curve: tuple[tuple[float, float], ...]) -> bool:
    return len(curve) == 1 and all(map(math.isfinite, curve[0])) and curve[0][0] >= 0


def _rises(curve: tuple[tuple[float, float], ...]) -> bool:
    """From corner to corner; never to 0 or 1, so that probabilities have a sum and their logarithm an end."""
    corners = np.array(curve, dtype=np.float64).reshape(-1, 2)
    steps = np.diff(corners, axis=0)
    return bool(
        len(corners)
        and np.isfinite(corners).all()
        and (steps[:, 0] > 0).all()
        and (steps[:, 1] >= 0).all()
        and corners[0, 1] > 0
        and corners[-1, 1] < 1
    )
