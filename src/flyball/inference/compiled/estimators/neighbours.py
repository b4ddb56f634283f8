"""Nearest neighbours: what those rows were that are most like this one."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np

from flyball.inference.compiled.arrays import Array
from flyball.inference.compiled.estimators.fitting import corrupt, finite, places
from flyball.inference.compiled.estimators.kd_tree import KdTree
from flyball.inference.compiled.estimators.solver import Solver

MOST_NUMBERS = 200_000
"""Rows x columns: with more, a row takes a millisecond and longer, and scikit-learn's own search less."""
MOST_CLASSES = 1_000


class Neighbours(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="neighbours"):
    """``rows`` (rows, columns) in the order of the leaves of a KD-tree of so many ``levels``.

    ``outcomes`` (rows,): values; or the classes' places, of so many ``classes`` (0 for values). The answer is
    the mean of the ``count`` nearest rows, or each class's share of them.
    """

    rows: Array
    outcomes: Array
    levels: int
    count: int
    classes: int


def opened(estimator: Neighbours, columns: int) -> Solver:
    """The neighbours at work. Raises ``ArtifactCorrupt``."""
    rows = finite(estimator.rows, (None, columns), "rows")
    if rows.size > MOST_NUMBERS or not 1 <= estimator.count <= len(rows):
        raise corrupt("rows and count")
    if not 1 <= estimator.levels <= MOST_NUMBERS.bit_length() or 2 ** (estimator.levels - 1) > len(rows):
        raise corrupt("rows and levels")
    of_places = _outcome(estimator, len(rows))
    tree = KdTree(rows, estimator.levels)

    def answer(matrix: np.ndarray) -> np.ndarray:
        return np.array([of_places(tree.nearest(row, estimator.count)) for row in matrix])

    return Solver(answer)


def _outcome(estimator: Neighbours, rows: int) -> Callable[[np.ndarray], np.ndarray]:
    """The answer from the places of the nearest rows: their mean, or each class's share."""
    if estimator.classes == 0:
        values = finite(estimator.outcomes, (rows,), "outcomes")
        return lambda nearest: values[nearest].mean()
    if not 1 <= estimator.classes <= MOST_CLASSES:
        raise corrupt("classes")
    classes = places(estimator.outcomes, (rows,), 0, estimator.classes, "outcomes")
    return lambda nearest: np.bincount(classes[nearest], minlength=estimator.classes) / estimator.count
