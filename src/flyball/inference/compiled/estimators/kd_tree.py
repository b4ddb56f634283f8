"""The nearest rows, found as scikit-learn's KD-tree finds them: also which of those at equal distance."""

from __future__ import annotations

import numpy as np

from flyball.domain.errors import ModelFailed

FIRST = 4
"""Leaves looked into first, besides those that hold as many rows as are sought."""
MOST = 0.4
"""Share of all rows from which on it is quicker to take all than to pick them."""
SLACK = 1.0 - 1e-9
"""Distances to boxes round otherwise than those to rows: none is left out for its last digits."""


class KdTree:
    """A balanced tree over ``rows`` (rows, columns) in the order of its leaves, ``levels`` deep.

    A node's children share its rows, the first one the smaller half; all leaves are on the last level.
    """

    def __init__(self, rows: np.ndarray, levels: int) -> None:
        spans = [(0, len(rows))]
        for begin, end in (spans[node] for node in range(2 ** (levels - 1) - 1)):
            middle = begin + (end - begin) // 2
            spans += [(begin, middle), (middle, end)]
        self._spans = spans
        self._first_leaf = 2 ** (levels - 1) - 1
        leaves = np.array(spans[self._first_leaf :])
        self._sizes = leaves[:, 1] - leaves[:, 0]
        self._begins = leaves[:, 0]
        # By columns: numpy adds them up several times faster so.
        self._columns = np.ascontiguousarray(rows.T)
        self._low = _of_all_nodes(np.minimum, self._columns, self._begins)
        self._high = _of_all_nodes(np.maximum, self._columns, self._begins)
        self._leaf_low = np.ascontiguousarray(self._low[:, self._first_leaf :])
        self._leaf_high = np.ascontiguousarray(self._high[:, self._first_leaf :])

    def nearest(self, row: np.ndarray, count: int) -> np.ndarray:
        """The places of the ``count`` nearest rows; ``ModelFailed`` where they are too far."""
        point = row[:, np.newaxis]
        leaves = _to_boxes(self._leaf_low, self._leaf_high, point)
        looked = min(len(leaves), FIRST + count // int(self._sizes.min()))
        near = np.zeros(len(leaves), dtype=bool)
        near[np.argpartition(leaves, looked - 1)[:looked]] = True
        bound = _smallest(self._distances(self._places(near), point), count)
        if not bound < np.inf:
            raise ModelFailed("The row is further from what was learned than can be counted.")
        places = self._places(leaves * SLACK <= bound)
        distances = self._distances(places, point)
        inside = places[distances <= _smallest(distances, count)]
        if len(inside) == count:
            return inside
        boxes = _to_boxes(self._low, self._high, point)
        return self._walked(boxes.tolist(), _squared(self._columns - point), count)

    def _places(self, leaves: np.ndarray) -> np.ndarray:
        return np.flatnonzero(np.repeat(leaves, self._sizes))

    def _distances(self, places: np.ndarray, point: np.ndarray) -> np.ndarray:
        if len(places) > MOST * self._columns.shape[1]:
            every = _squared(self._columns - point)
            return np.take(every, places)
        return _squared(np.take(self._columns, places, axis=1) - point)

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


def _smallest(distances: np.ndarray, count: int) -> np.ndarray:
    """The ``count``-th smallest one."""
    smallest: np.ndarray = np.partition(distances, count - 1)[count - 1]
    return smallest


def _to_boxes(low: np.ndarray, high: np.ndarray, point: np.ndarray) -> np.ndarray:
    """The least squared distance to each box."""
    return _squared(np.maximum(np.maximum(low - point, point - high), 0.0))


def _squared(differences: np.ndarray) -> np.ndarray:
    """The sums of squares of (columns, any), column after column: the library's order, to the last bit."""
    differences *= differences
    sums: np.ndarray = np.add.reduce(differences, axis=0)
    return sums


def _of_all_nodes(extreme: np.ufunc, columns: np.ndarray, begins: np.ndarray) -> np.ndarray:
    """The least or greatest number of each column in each node, (columns, nodes), from the root on."""
    levels = [extreme.reduceat(columns, begins, axis=1)]
    while levels[0].shape[1] > 1:
        levels.insert(0, extreme(levels[0][:, 0::2], levels[0][:, 1::2]))
    return np.concatenate(levels, axis=1)
