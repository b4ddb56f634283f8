"""What rows weigh in a fit, and beside each other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.utils.class_weight import compute_class_weight

from flyball.learning.dataset import Dataset

Numbers = npt.NDArray[np.float64]


def in_fits(rows: Dataset, *, is_balanced: bool) -> Numbers | None:
    """The weight of each row that is learned from, shape (rows,); ``None`` where all weigh the same.

    With ``is_balanced`` declared weights are multiplied so that the labels of these very rows weigh the same
    in sum: by n / (k · n_c), as scikit-learn's "balanced", where n and n_c are sums of declared weights.
    """
    if not is_balanced:
        return rows.weights
    labels, place = np.unique(rows.labels, return_inverse=True)
    each = compute_class_weight("balanced", classes=labels, y=rows.labels, sample_weight=rows.weights)
    balanced: Numbers = each[place] if rows.weights is None else each[place] * rows.weights
    return balanced


def relative(rows: Dataset) -> Numbers:
    """The declared weight of each row, 1 on average: what a number of rows says is not told by its unit."""
    if rows.weights is None:
        return np.ones(len(rows))
    shares: Numbers = rows.weights / rows.weights.mean()
    return shares


def effective(weights: Numbers) -> float:
    """How many rows of one weight would say as much: all of them where they weigh the same.

    Source: Kish 1965, "Survey Sampling".
    """
    return float(weights.sum() ** 2 / (weights**2).sum())
