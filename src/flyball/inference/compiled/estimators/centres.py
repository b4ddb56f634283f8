"""Clusters by the nearest centre: k-means, and k-means by halves."""

from __future__ import annotations

import msgspec
import numpy as np

from flyball.inference.compiled.arrays import Array
from flyball.inference.compiled.estimators.fitting import corrupt, finite, places
from flyball.inference.compiled.estimators.solver import Solver, is_quick

QUICK_SPLITS = 200
"""With more, walking through the splits takes a row longer than 0.3 ms."""


class Centres(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="centres"):
    """``centres`` (clusters, columns): a row's cluster is the nearest one."""

    centres: Array


class Halves(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="halves"):
    """Splits, each before its children: a row goes to the nearer of two ``centres`` (splits, 2, columns).

    ``children`` (splits, 2): from 0 a split, below 0 the cluster ``-1 - child``.
    """

    centres: Array
    children: Array


def opened(estimator: Centres, columns: int) -> Solver:
    """K-means at work. Raises ``ArtifactCorrupt``."""
    centres = finite(estimator.centres, (None, columns), "centres")
    squares = _squares(centres)
    quick = is_quick(estimator.centres)
    return Solver(lambda matrix: _nearest(matrix, centres, squares), is_quick=quick)


def opened_halves(estimator: Halves, columns: int) -> Solver:
    """K-means by halves at work. Raises ``ArtifactCorrupt``."""
    centres = finite(estimator.centres, (None, 2, columns), "centres")
    splits = len(centres)
    children = places(estimator.children, (splits, 2), -splits - 1, splits, "children")
    # Each split but the first, and each cluster, is the child of one split that comes before it.
    if not np.array_equal(np.sort(children, axis=None), [*range(-splits - 1, 0), *range(1, splits)]):
        raise corrupt("children")
    if (np.where(children < 0, splits, children) <= np.arange(splits)[:, np.newaxis]).any():
        raise corrupt("children")
    squares = _squares(centres)

    def answer(matrix: np.ndarray) -> np.ndarray:
        place = np.zeros(len(matrix), dtype=np.int64)
        for split in range(splits):
            here = np.flatnonzero(place == split)
            if len(here):
                place[here] = children[split][_nearest(matrix[here], centres[split], squares[split])]
        return -1 - place

    return Solver(answer, is_quick=splits <= QUICK_SPLITS and is_quick(estimator.centres))


def _squares(centres: np.ndarray) -> np.ndarray:
    squares: np.ndarray = np.einsum("...j,...j->...", centres, centres)
    return squares


def _nearest(matrix: np.ndarray, centres: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """The square of the row itself is left out, as the library does: it is the same for every centre."""
    nearest: np.ndarray = (squares - 2.0 * (matrix @ centres.T)).argmin(axis=1)
    return nearest
