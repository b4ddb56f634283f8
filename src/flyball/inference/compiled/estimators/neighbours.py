"""Nearest neighbours: what those rows were that are most like this one."""

from __future__ import annotations

import msgspec
import numpy as np

from flyball.inference.compiled.arrays import Array
from flyball.inference.compiled.estimators.fitting import corrupt, finite, places
from flyball.inference.compiled.estimators.kd_tree import KdTree
from flyball.inference.compiled.estimators.solver import Solver

MOST_ROWS = 100_000
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
    if len(rows) > MOST_ROWS or not 1 <= estimator.count <= len(rows):
        raise corrupt("rows and count")
    if not 1 <= estimator.levels <= MOST_ROWS.bit_length() or 2 ** (estimator.levels - 1) > len(rows):
        raise corrupt("rows and levels")
    outcomes = _outcomes(estimator, len(rows))
    tree = KdTree(rows, estimator.levels)

    def answer(matrix: np.ndarray) -> np.ndarray:
        found = [outcomes[tree.nearest(row, estimator.count)].mean(axis=0) for row in matrix]
        return np.array(found).reshape(len(matrix), *outcomes.shape[1:])

    return Solver(answer)


def _outcomes(estimator: Neighbours, rows: int) -> np.ndarray:
    """Values (rows,), or a 1 for each row's class, (rows, classes)."""
    if estimator.classes == 0:
        return finite(estimator.outcomes, (rows,), "outcomes")
    if not 1 <= estimator.classes <= MOST_CLASSES:
        raise corrupt("classes")
    classes = places(estimator.outcomes, (rows,), 0, estimator.classes, "outcomes")
    return np.arange(estimator.classes) == classes[:, np.newaxis]
