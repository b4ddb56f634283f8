"""What a version keeps, applied to arrays of numbers. Apart: to read what is kept, numpy is not loaded."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from flyball.domain.finishing.calibration import Calibration, Curve, Method
from flyball.domain.finishing.intervals import Interval
from flyball.domain.numbers import expit, two_classes

Numbers = npt.NDArray[np.float64]
EDGE = 1e-6
"""Probabilities nearer to 0 or 1 are taken as this far from them: their log-odds have no bound."""


def calibrated(by: Calibration, probabilities: Numbers) -> Numbers:
    """Probabilities, shape (rows, classes), calibrated; of several classes their sum is made 1 again."""
    if len(by.curves) == 1:
        return two_classes(_along(by.method, by.curves[0], probabilities[:, 1]))
    columns = [_along(by.method, curve, probabilities[:, at]) for at, curve in enumerate(by.curves)]
    raised = np.column_stack(columns)
    shares: Numbers = raised / raised.sum(axis=1, keepdims=True)
    return shares


def around(interval: Interval, values: Numbers) -> tuple[Numbers, Numbers]:
    """Lower and upper bounds of values, each of shape (rows,)."""
    part = np.searchsorted(interval.edges, values, side="right")
    return values + np.array(interval.below)[part], values + np.array(interval.above)[part]


def log_odds(probability: Numbers) -> Numbers:
    """The logarithm of p / (1 - p)."""
    inner = np.clip(probability, EDGE, 1 - EDGE)
    odds: Numbers = np.log(inner / (1 - inner))
    return odds


def _along(method: Method, curve: Curve, probability: Numbers) -> Numbers:
    if method == "isotonic":
        found: Numbers = np.interp(probability, *np.transpose(curve))
        return found
    ((slope, offset),) = curve
    return expit(slope * log_odds(probability) + offset)
