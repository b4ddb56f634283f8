"""The curves that lead from the probabilities that a model gives to those that were borne out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

Method = Literal["sigmoid", "isotonic"]
Curve = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A curve each class, and one, of the second class, where there are two.

    A ``sigmoid`` is one pair: slope and offset of the log-odds (Platt 1999). An ``isotonic`` curve is its
    corners, a probability and what becomes of it, both ascending (Zadrozny and Elkan 2002).
    """

    method: Method
    curves: tuple[Curve, ...]

    def fits(self, classes: int) -> bool:
        """Whether there are as many curves as so many classes need, and each is one."""
        is_curve = _is_line if self.method == "sigmoid" else _rises
        return len(self.curves) == (1 if classes == 2 else classes) and all(map(is_curve, self.curves))


def _is_line(curve: Curve) -> bool:
    return len(curve) == 1 and all(map(math.isfinite, curve[0])) and curve[0][0] >= 0


def _rises(curve: Curve) -> bool:
    """From corner to corner; never to 0 or 1, so that probabilities have a sum and their logarithm an end."""
    return bool(
        curve
        and all(math.isfinite(number) for corner in curve for number in corner)
        and all(x < next_x and y <= next_y for (x, y), (next_x, next_y) in pairwise(curve))
        and curve[0][1] > 0
        and curve[-1][1] < 1
    )
