"""Trees as edges, level by level: what a row must be to take each, and the share of rows that do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from flyball.domain.errors import ArtifactCorrupt
from flyball.inference.compiled.arrays import unpacked
from flyball.inference.compiled.estimators import trees


@dataclass(frozen=True, slots=True)
class Level:
    """Edges ``start`` to ``end``, each below its ``parent`` (of roots: -1).

    Those that others follow come first: ``left`` and ``right`` are the two below each of them.
    """

    start: int
    end: int
    parent: np.ndarray
    left: np.ndarray
    right: np.ndarray


@dataclass(frozen=True, slots=True)
class Edges:
    """The edges of some trees, from the roots down; all arrays are (edges,), but for ``values``.

    What lies on a path above counts too, as far as it asks for the same ``column``: a row that takes the
    edge has a number there above ``low`` (NaN: any) and at most ``high``, or none where ``missing``.
    ``share`` is how many of the rows that are otherwise on the path do. ``earlier`` is the nearest edge
    above that asks for the same column, ``len(column)`` where there is none. ``leaf`` says which edges end
    in leaves, with ``values`` (of those, outputs). ``deepest`` is the most columns on one path.
    """

    column: np.ndarray
    low: np.ndarray
    high: np.ndarray
    missing: np.ndarray
    share: np.ndarray
    earlier: np.ndarray
    parent: np.ndarray
    leaf: np.ndarray
    values: np.ndarray
    levels: tuple[Level, ...]
    deepest: int

    def taken(self, row: np.ndarray) -> np.ndarray:
        """Which edges rows (…, columns) take, as far as their own columns say, (…, edges)."""
        numbers = row[..., self.column]
        within: np.ndarray = (numbers <= self.high) & ~(numbers <= self.low)
        gone = np.isnan(numbers)
        if gone.any():
            within |= gone & self.missing
        return within


@dataclass(frozen=True, slots=True)
class Forest:
    """All splits of an estimator: the arrays of ``Trees``, and the share of rows on each side."""

    roots: np.ndarray
    children: np.ndarray
    column: np.ndarray
    threshold: np.ndarray
    missing_left: np.ndarray
    values: np.ndarray
    shares: np.ndarray

    def edges(self, roots: np.ndarray) -> Edges:
        """The edges of the trees that begin at these roots."""
        return _Growing(self).grown(roots)


def forest(estimator: trees.Trees, covers: np.ndarray) -> Forest:
    """The splits of an opened estimator with what they cover, (splits, 2). Raises ``ArtifactCorrupt``."""
    children = np.stack([unpacked(estimator.left), unpacked(estimator.right)], axis=1)
    if covers.shape != children.shape or covers.min() <= 0:
        raise ArtifactCorrupt("The artifact's covers do not fit the splits of the version.")
    return Forest(
        roots=unpacked(estimator.roots),
        children=children,
        column=unpacked(estimator.column),
        threshold=unpacked(estimator.threshold),
        missing_left=unpacked(estimator.missing_left) == 1,
        values=unpacked(estimator.values),
        shares=covers / covers.sum(axis=1, keepdims=True),
    )


class _Growing:
    """Edges while they are made, level after level."""

    def __init__(self, forest: Forest) -> None:
        self._forest = forest
        self._made: dict[str, list[np.ndarray]] = {
            name: [] for name in ("column", "low", "high", "missing", "share", "parent", "child")
        }
        self._earlier: list[np.ndarray] = []

    def grown(self, roots: np.ndarray) -> Edges:
        """All edges below these splits."""
        splits, above, count = roots, np.full(len(roots), -1), 0
        orders: list[np.ndarray] = []
        while len(splits):
            # An edge that others follow before one that ends in a leaf.
            order = np.argsort(self._forest.children[splits].ravel() < 0, kind="stable")
            self._grow(splits, above, order)
            orders.append(order)
            child = self._made["child"][-1]
            inner = np.flatnonzero(child >= 0)
            splits, above = child[inner], inner + count
            count += len(child)
        whole = {name: np.concatenate(parts) for name, parts in self._made.items()}
        earlier = np.concatenate(self._earlier)
        earlier[earlier < 0] = count
        child, parent = whole.pop("child"), whole["parent"]
        return Edges(
            **whole,
            earlier=earlier,
            leaf=np.flatnonzero(child < 0),
            values=self._forest.values[-1 - child[child < 0]],
            levels=tuple(_levels(orders, parent)),
            deepest=int(_columns_on_path(parent, earlier == count, orders).max()),
        )

    def _grow(self, splits: np.ndarray, above: np.ndarray, order: np.ndarray) -> None:
        forest = self._forest
        column, parent = np.repeat(forest.column[splits], 2)[order], np.repeat(above, 2)[order]
        earlier = self._same_column(parent, column)
        is_left = np.tile([True, False], len(splits))[order]
        threshold = np.repeat(forest.threshold[splits], 2)[order]
        missing_left = np.repeat(forest.missing_left[splits], 2)[order]
        before = self._of(earlier)
        self._made["column"].append(column)
        self._made["low"].append(np.where(is_left, before["low"], np.fmax(before["low"], threshold)))
        self._made["high"].append(np.where(is_left, np.minimum(before["high"], threshold), before["high"]))
        self._made["missing"].append(before["missing"] & (missing_left == is_left))
        self._made["share"].append(before["share"] * forest.shares[splits].ravel()[order])
        self._made["parent"].append(parent)
        self._made["child"].append(forest.children[splits].ravel()[order])
        self._earlier.append(earlier)

    def _same_column(self, parent: np.ndarray, column: np.ndarray) -> np.ndarray:
        """The nearest edge above that asks for the same column, or -1."""
        found = parent.copy()
        if not self._earlier:
            return found
        columns = np.concatenate(self._made["column"])
        parents = np.concatenate(self._made["parent"])
        while True:
            other = np.flatnonzero((found >= 0) & (columns[found] != column))
            if not len(other):
                return found
            found[other] = parents[found[other]]

    def _of(self, edges: np.ndarray) -> dict[str, np.ndarray]:
        """What those edges ask for and share; -1 asks for nothing, and all rows take it."""
        nothing = {"low": np.nan, "high": np.inf, "missing": True, "share": 1.0}
        made = {name: np.concatenate([*self._made[name], [blank]]) for name, blank in nothing.items()}
        return {name: values[edges] for name, values in made.items()}


def _levels(orders: Sequence[np.ndarray], parent: np.ndarray) -> Iterator[Level]:
    ends = np.cumsum([len(order) for order in orders])
    for place, order in enumerate(orders):
        end = int(ends[place])
        # The edges of a level were made in pairs, and then put in order.
        below = np.argsort(orders[place + 1]).reshape(-1, 2) + end if place + 1 < len(orders) else _NO_PAIRS
        start = end - len(order)
        yield Level(start, end, parent[start:end], below[:, 0].copy(), below[:, 1].copy())


_NO_PAIRS = np.empty((0, 2), dtype=np.int64)


def _columns_on_path(parent: np.ndarray, is_first: np.ndarray, orders: Sequence[np.ndarray]) -> np.ndarray:
    """How many columns the path down to each edge asks for."""
    counts = is_first.astype(np.int64)
    start = len(orders[0])
    for order in orders[1:]:
        own = slice(start, start + len(order))
        counts[own] += counts[parent[own]]
        start += len(order)
    return counts
