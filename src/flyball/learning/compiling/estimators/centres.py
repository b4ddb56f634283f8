"""K-means, compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

from flyball.inference.compiled.arrays import packed
from flyball.inference.compiled.estimators.centres import Centres, Halves


def centres(fitted: Any, columns: int) -> Centres:
    """The nearest centre of all."""
    return Centres(packed(np.asarray(fitted.cluster_centers_, dtype=np.float64)))


def halves(fitted: Any, columns: int) -> Centres | Halves:
    """The nearer centre of two, again and again."""
    if fitted._bisecting_tree.left is None:
        return centres(fitted, columns)
    pairs: list[np.ndarray] = []
    children: list[list[int]] = []
    waiting = [(fitted._bisecting_tree, -1, 0)]
    while waiting:
        node, parent, side = waiting.pop()
        if parent >= 0:
            children[parent][side] = len(children) if node.left is not None else -1 - int(node.label)
        if node.left is None:
            continue
        waiting += [(node.left, len(children), 0), (node.right, len(children), 1)]
        pairs.append(np.vstack([node.left.center, node.right.center]) + getattr(fitted, "_X_mean", 0.0))
        children.append([0, 0])
    return Halves(packed(np.array(pairs, dtype=np.float64)), packed(np.array(children, dtype=np.int64)))
