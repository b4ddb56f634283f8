"""Shapley values of trees against rows of a background: a column that is left out is that of such a row."""

from __future__ import annotations

import math

import numpy as np

from flyball.inference.reasons.edges import Edges

Numbers = np.ndarray
AT_ONCE = 2**22
"""Pairs of a row of the background and a column of a leaf that are held in memory."""


class Interventional:
    """Shapley values as means over rows of a background, each compared with the row to be explained.

    They are those of ``tree_interventional`` in Lundberg et al. 2020 (Nature Machine Intelligence 2, 56-67):
    a leaf counts where each column on its path is as the row has it, or as the other one has it. With p
    columns that only the row has so, and q that only the other has, a column of the first kind gets
    (p-1)! q! / (p+q)! of the leaf's value, and one of the second p! (q-1)! / (p+q)! less.
    """

    def __init__(self, edges: Edges, background: Numbers) -> None:
        self._edges = edges
        self._background = background
        self._last, self._starts = _paths(edges)
        self._sizes = np.diff(np.append(self._starts, len(self._last)))
        self._rows = max(1, AT_ONCE // len(self._last))
        count = np.arange(edges.deepest + 1)
        factorial = np.array([math.factorial(each) for each in range(edges.deepest + 1)], dtype=np.float64)
        whole = np.array([float(math.factorial(each)) for each in range(2 * edges.deepest + 1)])
        both = whole[np.add.outer(count, count)]
        self._gain = np.outer(np.append(0.0, factorial[:-1]), factorial) / both
        self._loss = np.outer(factorial, np.append(0.0, factorial[:-1])) / both

    def base(self, values: Numbers) -> float:
        """The mean of the trees' sum over the background; ``values`` is of the leaves, (leaves,)."""
        total = 0.0
        for start in range(0, len(self._background), self._rows):
            taken = self._edges.taken(self._background[start : start + self._rows])[:, self._last]
            total += float((np.logical_and.reduceat(taken, self._starts, axis=1) @ values).sum())
        return total / len(self._background)

    def explain(self, row: Numbers, values: Numbers) -> Numbers:
        """Each edge's part in the trees' sum for one row, (edges,): it belongs to the edge's column."""
        own = self._edges.taken(row)[self._last]
        parts = np.zeros(len(self._edges.column))
        for start in range(0, len(self._background), self._rows):
            other = self._edges.taken(self._background[start : start + self._rows])[:, self._last]
            alive = np.logical_and.reduceat(other | own, self._starts, axis=1)
            # Most leaves are out of reach for most pairs: only the others are looked at.
            pair, leaf = np.nonzero(alive)
            parts += self._added(own, other, pair, leaf, values)
        return parts / len(self._background)

    def _added(self, own: Numbers, other: Numbers, pair: Numbers, leaf: Numbers, values: Numbers) -> Numbers:
        sizes = self._sizes[leaf]
        begins = np.cumsum(sizes) - sizes
        places = np.repeat(self._starts[leaf] - begins, sizes) + np.arange(sizes.sum())
        mine, theirs = own[places], other[np.repeat(pair, sizes), places]
        gains, losses = mine & ~theirs, ~mine & theirs
        first = np.add.reduceat(gains, begins, dtype=np.int64)
        second = np.add.reduceat(losses, begins, dtype=np.int64)
        gain, loss = values[leaf] * self._gain[first, second], values[leaf] * self._loss[first, second]
        each = gains * np.repeat(gain, sizes) - losses * np.repeat(loss, sizes)
        return np.bincount(self._last[places], each, minlength=len(self._edges.column))


def _paths(edges: Edges) -> tuple[Numbers, Numbers]:
    """Of each leaf's path the last edge of each column, leaf by leaf, and where each leaf's begin."""
    none, count = len(edges.column), len(edges.leaf)
    here, leaf = edges.leaf, np.arange(count)
    on, behind = [], []
    while len(here):
        on.append(leaf * (none + 1) + here)
        behind.append(leaf * (none + 1) + edges.earlier[here])
        up = edges.parent[here]
        here, leaf = up[up >= 0], leaf[up >= 0]
    last = np.setdiff1d(np.concatenate(on), np.concatenate(behind))  # in order
    return last % (none + 1), np.searchsorted(last // (none + 1), np.arange(count))
