"""The nearest rows, found as scikit-learn's KD-tree finds them: also which of those at equal distance."""

from __future__ import annotations

import numpy as np

FIRST = 4
"""Leaves looked into first, besides those that hold as many rows as are sought."""
SLACK = 1.0 - 1e-9
"""Distances to boxes round otherwise than those to rows: none is left out for its last digits."""


class KdTree:
    """A balanced tree over ``rows`` (rows, columns) in the order of its leaves, ``levels`` deep.

    A node's children share its rows, the first one the smaller half; all leaves are on the last level.
    """

    def __init__(self, rows: np.ndarray, levels: int) -> None:
        self._rows = rows
        spans = [(0, len(rows))]
        for begin, end in (spans[node] for node in range(2 ** (levels - 1) - 1)):
            middle = begin + (end - begin) // 2
            spans += [(begin, middle), (middle, end)]
        self._spans = spans
        self._first_leaf = 2 ** (levels - 1) - 1
        leaves = np.array(spans[self._first_leaf :])
        self._sizes = leaves[:, 1] - leaves[:, 0]
        self._begins = leaves[:, 0]
        self._low = _of_all_nodes(np.minimum, rows, self._begins)
        self._high = _of_all_nodes(np.maximum, rows, self._begins)

    def nearest(self, row: np.ndarray, count: int) -> np.ndarray:
        """The places of the ``count`` nearest rows, in no order."""
        boxes = _sums(np.maximum(np.maximum(self._low - row, row - self._high), 0.0))
        leaves = boxes[self._first_leaf :]
        looked = min(len(leaves), FIRST + count // int(self._sizes.min()))
        near = np.zeros(len(leaves), dtype=bool)
        near[np.argpartition(leaves, looked - 1)[:looked]] = True
        bound = np.partition(self._distances(self._places(near), row), count - 1)[count - 1]
        places = self._places(leaves * SLACK <= bound)
        distances = self._distances(places, row)
        inside = places[distances <= np.partition(distances, count - 1)[count - 1]]
        if len(inside) == count:
            return inside
        return self._walked(boxes.tolist(), self._distances(slice(None), row), count)

    def _places(self, leaves: np.ndarray) -> np.ndarray:
        return np.flatnonzero(np.repeat(leaves, self._sizes))

    def _distances(self, places: np.ndarray | slice, row: np.ndarray) -> np.ndarray:
        return _sums(self._rows[places] - row)

    def _walked(self, boxes: list[float], distances: np.ndarray, count: int) -> np.ndarray:
        """The library's own way: nearer child first, no node beyond what was found, a heap of the nearest."""
        nearest = [np.inf] * count
        places = [0] * count
        closest = np.minimum.reduceat(distances, self._begins).tolist()
        known = distances.tolist()
        waiting = [0]
        while waiting:
            node = waiting.pop()
            if boxes[node] > nearest[0]:
                continue
            if node < self._first_leaf:
                left, right = 2 * node + 1, 2 * node + 2
                waiting += [right, left] if boxes[left] <= boxes[right] else [left, right]
            elif closest[node - self._first_leaf] < nearest[0]:
                for place in range(*self._spans[node]):
                    if known[place] < nearest[0]:
                        _replace_farthest(nearest, places, known[place], place)
        return np.array(places)


def _replace_farthest(nearest: list[float], places: list[int], distance: float, place: int) -> None:
    """Put a nearer row in the heap for the farthest one. Of equal distances, the heap's form decides which
    goes next, so its every step is the library's (``sklearn.utils._heap.heap_push``).
    """
    here, size = 0, len(nearest)
    while (child := 2 * here + 1) < size:
        if child + 1 < size and nearest[child] < nearest[child + 1]:
            child += 1
        if nearest[child] <= distance:
            break
        nearest[here], places[here] = nearest[child], places[child]
        here = child
    nearest[here], places[here] = distance, place


def _sums(differences: np.ndarray) -> np.ndarray:
    """The sum of squares of each row, column by column: the order in which the library adds, to the last bit."""
    squares = np.zeros(len(differences))
    for column in differences.T:
        squares += column * column
    return squares


def _of_all_nodes(extreme: np.ufunc, rows: np.ndarray, begins: np.ndarray) -> np.ndarray:
    """The least or greatest number of each column in each node, (nodes, columns), from the root down."""
    levels = [extreme.reduceat(rows, begins, axis=0)]
    while len(levels[0]) > 1:
        levels.insert(0, extreme(levels[0][0::2], levels[0][1::2]))
    return np.concatenate(levels)
