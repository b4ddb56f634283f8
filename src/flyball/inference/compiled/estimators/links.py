"""From what an estimator adds up to what it answers."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from flyball.inference.compiled.estimators.fitting import corrupt

Link = Literal["value", "exponential", "shares", "logistic", "softmax"]
"""A value, its exponential; probabilities as they are, of the second of two classes, of all classes."""

SINGLE = frozenset({"value", "exponential", "logistic"})


def checked(link: Link, outputs: int) -> None:
    """Raises ``ArtifactCorrupt`` where that link takes another number of outputs."""
    if link in SINGLE and outputs != 1:
        raise corrupt("outputs and link")


def answered(link: Link, raw: np.ndarray) -> np.ndarray:
    """The answers to sums of shape (rows, outputs)."""
    if link == "value":
        return raw[:, 0]
    if link == "exponential":
        values: np.ndarray = np.exp(raw[:, 0])
        return values
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
