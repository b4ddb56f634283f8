"""Arrays of numbers: which of them a model takes, and what becomes of what it adds up."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from flyball.domain.errors import ModelFailed

Takes = Literal["finite", "missing", "anything"]
"""Numbers a model answers: finite ones; missing ones (NaN) too; infinite ones too."""
Link = Literal["value", "exponential", "shares", "logistic", "softmax", "isolation"]
"""A value, its exponential; probabilities as they are, of the second of two classes, of all classes; 2 to the
value's power."""


def check_taken(matrix: np.ndarray, takes: Takes) -> None:
    """Raises ``ModelFailed`` for a number that the model would refuse."""
    if takes == "finite" and not np.isfinite(matrix).all():
        raise ModelFailed("The model takes no number that is missing or infinite.")
    if takes == "missing" and np.isinf(matrix).any():
        raise ModelFailed("The model takes no infinite number.")


def answered(link: Link, raw: np.ndarray) -> np.ndarray:
    """The answers to sums of shape (rows, outputs)."""
    if link == "value":
        return raw[:, 0]
    if link == "exponential":
        values: np.ndarray = np.exp(raw[:, 0])
        return values
    if link == "isolation":
        scores: np.ndarray = np.exp2(raw[:, 0])
        return scores
    if link == "logistic":
        return two_classes(expit(raw[:, 0]))
    return softmax(raw) if link == "softmax" else raw


def two_classes(second: np.ndarray) -> np.ndarray:
    """Probabilities (rows, 2) from those of the second class."""
    return np.stack([1.0 - second, second], axis=1)


def expit(numbers: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)) of each number.

    By the C library's exponential, as ``scipy.special.expit`` does: numpy's own differs in the last bit of
    one number in fifty. exp(x) overflows beyond 709.78.
    """
    values = [1.0 / (1.0 + math.exp(-x)) if not x < -709.0 else 0.0 for x in numbers.ravel().tolist()]
    return np.array(values, dtype=np.float64).reshape(numbers.shape)


def softmax(raw: np.ndarray) -> np.ndarray:
    """exp(x) / sum(exp(x)) of each row, the row's greatest number taken off first."""
    exponentials = np.exp(raw - raw.max(axis=1, keepdims=True))
    shares: np.ndarray = exponentials / exponentials.sum(axis=1, keepdims=True)
    return shares
