"""Shapley values of trees: exact, for all trees of an estimator at once, by numpy alone."""

from __future__ import annotations

import threading

import numpy as np

from flyball.inference.reasons.edges import Edges

Numbers = np.ndarray


class PathDependent:
    """Shapley values where a column that is left out follows the rows of training, split by split.

    They are those of ``tree_path_dependent`` in Lundberg et al. 2020 (Nature Machine Intelligence 2, 56-67).
    For a leaf with the columns D on its path, the weight of a subset in a Shapley value is an integral,
    k! (d-1-k)! / d! = ∫ t^k (1-t)^(d-1-k) dt from 0 to 1; summed over all subsets, a column's value is
    v ∫ (o - z) ∏ (z (1-t) + o t) dt, the product over the other columns: z is the share of the rows that go
    down its edges, o is 1 where the row itself does. That is a polynomial of degree d-1, which Gauss-Legendre
    quadrature with d/2 points integrates exactly. The products are shared by leaves below the same edge, as
    in Linear TreeShap (Yu et al. 2022, NeurIPS).
    """

    def __init__(self, edges: Edges) -> None:
        points, weights = np.polynomial.legendre.leggauss((edges.deepest + 1) // 2)
        ahead = (points + 1.0) / 2.0
        self._edges = edges
        self._first = edges.earlier == len(edges.column)
        # Of each edge, where the row takes it and where it does not; the last is of none. (edges, points)
        share = np.append(edges.share, 1.0)[:, np.newaxis]
        away = share * (1.0 - ahead)
        along = away + ahead
        gain_away = np.broadcast_to(-weights / (2.0 * (1.0 - ahead)), away.shape).copy()
        gain_along = weights / 2.0 * (1.0 - share) / along
        away[-1], along[-1], gain_away[-1], gain_along[-1] = 1.0, 1.0, 0.0, 0.0
        # By whether the row takes the edge, and the earlier one of its column: who left that is not back.
        before = edges.earlier
        self._factors = np.concatenate(
            [along[:-1] / along[before], away[:-1] / along[before], away[:-1] / away[before]]
        )
        self._gains = np.concatenate(
            [
                gain_along[:-1] - gain_along[before],
                gain_away[:-1] - gain_along[before],
                gain_away[:-1] - gain_away[before],
            ]
        )
        self._places = np.arange(3 * len(before)).reshape(3, -1)
        # Room that is asked for anew at each call is given back to the system at its end: half of the time.
        self._room = np.empty((2, len(before), len(points)))
        self._using = threading.Lock()

    def base(self, values: Numbers) -> float:
        """The mean of the trees' sum over the rows of training; ``values`` is of the leaves, (leaves,)."""
        edges = self._edges
        own = np.where(self._first, edges.share, edges.share / np.append(edges.share, 1.0)[edges.earlier])
        reached = own[:, np.newaxis]
        _down(edges, reached, np.empty_like(reached))
        return float(reached[edges.leaf, 0] @ values)

    def explain(self, row: Numbers, values: Numbers) -> Numbers:
        """Each edge's part in the trees' sum for one row, (edges,): it belongs to the edge's column."""
        edges, (both, one, neither) = self._edges, self._places
        taken = np.append(edges.taken(row), True)
        which = np.where(taken[:-1], both, np.where(taken[edges.earlier], one, neither))
        ending = np.zeros(len(which))
        ending[edges.leaf] = values
        with self._using:
            sums, aside = self._room
            _take(self._factors, which, sums)
            _down(edges, sums, aside)
            sums *= ending[:, np.newaxis]
            _up(edges, sums, aside)
            _take(self._gains, which, aside)
            parts: Numbers = np.einsum("eq,eq->e", sums, aside)
        return parts


def _take(rows: Numbers, places: Numbers, into: Numbers) -> Numbers:
    """Some of the rows. No place is out of bounds: "clip" alone writes without a buffer between."""
    return rows.take(places, axis=0, out=into[: len(places)], mode="clip")


def _down(edges: Edges, factors: Numbers, aside: Numbers) -> None:
    """Each edge's factors times those above, in place."""
    for level in edges.levels[1:]:
        factors[level.start : level.end] *= _take(factors, level.parent, aside)


def _up(edges: Edges, sums: Numbers, aside: Numbers) -> None:
    """Each edge's sums of the leaves below, in place."""
    for level in edges.levels[-2::-1]:
        below = sums[level.start : level.start + len(level.left)]
        _take(sums, level.left, below)
        below += _take(sums, level.right, aside)
