"""Nearest neighbours, compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.neighbors import KDTree

from flyball.inference.compiled.arrays import packed
from flyball.inference.compiled.estimators.neighbours import MOST_CLASSES, MOST_NUMBERS, Neighbours
from flyball.learning.compiling import reasons


def neighbours(fitted: Any, columns: int) -> Neighbours:
    """Neighbours found by a KD-tree. Raises ``NotCompiled`` for another search, distance or weights."""
    if type(fitted._tree) is not KDTree or fitted.effective_metric_ != "euclidean":
        raise reasons.of(fitted, "only a KD-tree of Euclidean distances is compiled")
    if fitted.weights != "uniform":
        raise reasons.of(fitted, "only neighbours of equal weight are compiled")
    if fitted._y.ndim != 1:
        raise reasons.of(fitted, "it predicts several outcomes")
    classes = len(fitted.classes_) if hasattr(fitted, "classes_") else 0
    rows, order, nodes, _ = fitted._tree.get_arrays()
    if rows.size > MOST_NUMBERS:
        raise reasons.of(fitted, f"its rows hold more than {MOST_NUMBERS:,} numbers")
    if classes > MOST_CLASSES:
        raise reasons.of(fitted, f"it tells more than {MOST_CLASSES:,} classes")
    order = np.asarray(order)
    outcomes = np.asarray(fitted._y, dtype=np.int64 if classes else np.float64)
    return Neighbours(
        rows=packed(np.asarray(rows, dtype=np.float64)[order]),
        outcomes=packed(outcomes[order]),
        levels=len(nodes).bit_length(),
        count=int(fitted.n_neighbors),
        classes=classes,
    )
