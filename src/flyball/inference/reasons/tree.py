"""Reasons of trees: of one class or the value, summed over all its trees."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from flyball.domain.errors import ArtifactCorrupt
from flyball.inference.compiled.arrays import Array, unpacked
from flyball.inference.compiled.estimators import trees
from flyball.inference.compiled.estimators.fitting import finite
from flyball.inference.reasons import document
from flyball.inference.reasons.additive import Sum, Summing
from flyball.inference.reasons.edges import Edges, forest
from flyball.inference.reasons.interventional import Interventional
from flyball.inference.reasons.shapley import PathDependent

AT_ONCE = 2**16
"""Edges that are looked at together; only where these are all, what can be known before is kept (600 bytes
an edge)."""
QUICK_EDGES = 2**13
"""Edges of one class's trees up to which a row takes less than a millisecond."""

Part = tuple[Callable[[], PathDependent | Interventional], Edges]
"""Some trees: what explains them, and their edges."""


def of_trees(estimator: trees.Trees, basis: document.Trees, columns: int) -> Summing:
    """Trees, by the rows of training or against those of a background. Raises ``ArtifactCorrupt``."""
    splits = len(estimator.threshold.data) // 8
    whole = forest(estimator, finite(basis.covers, (splits, 2), "covers"))
    background = None
    if basis.background is not None:
        background = _background(estimator, basis.background, columns)
    start = unpacked(estimator.start)
    outputs = len(start)
    takes_turns = whole.values.shape[1] == 1 and outputs > 1
    trees_of: dict[int, list[Part]] = {}
    for turn in range(outputs if takes_turns else 1):
        roots = whole.roots[turn::outputs] if takes_turns else whole.roots
        groups = _few(roots, len(roots) * 2 * splits // len(whole.roots))
        trees_of[turn] = [_part(whole.edges(each), background, keep=len(groups) == 1) for each in groups]
    bases: dict[int, float] = {}

    def of_class(place: int) -> tuple[list[Part], int, float]:
        """The class's trees, the place of its leaves' values, and the sign of its number."""
        if estimator.link == "logistic":
            return trees_of[0], 0, 1.0 if place else -1.0
        return (trees_of[place], 0, 1.0) if takes_turns else (trees_of[0], place, 1.0)

    def explain(row: np.ndarray, place: int) -> Sum:
        own, at, sign = of_class(place)
        row = row.astype(np.float32).astype(np.float64) if estimator.single else row
        if place not in bases:
            mean = sum(made().base(edges.values[:, at]) for made, edges in own)
            bases[place] = sign * float(start[place if takes_turns else at] + mean) / estimator.divisor
        parts = np.zeros(columns)
        for made, edges in own:
            found = made().explain(row, edges.values[:, at])
            parts += np.bincount(edges.column, found, minlength=columns)
        parts *= sign / estimator.divisor
        return Sum(bases[place], bases[place] + float(parts.sum()), parts)

    sizes = {turn: sum(len(edges.column) for _, edges in own) for turn, own in trees_of.items()}
    is_quick = background is None and max(sizes.values()) <= QUICK_EDGES
    return Summing(explain, is_quick, sum(_bytes(size, background) for size in sizes.values()))


def _bytes(edges: int, background: np.ndarray | None) -> int:
    """Measured: 75 of an edge, 100 more with a background, 600 more where what is known before is kept."""
    if background is not None:
        return 175 * edges
    return (675 if edges <= AT_ONCE else 75) * edges


def _few(roots: np.ndarray, edges: int) -> list[np.ndarray]:
    """The trees, with so many edges together, in groups of about ``AT_ONCE``."""
    return [each for each in np.array_split(roots, -(-edges // AT_ONCE)) if len(each)]


def _part(edges: Edges, background: np.ndarray | None, *, keep: bool) -> Part:
    if background is not None:
        against = Interventional(edges, background)
        return lambda: against, edges
    if keep:
        kept = PathDependent(edges)
        return lambda: kept, edges
    return lambda: PathDependent(edges), edges


def _background(estimator: trees.Trees, rows: Array, columns: int) -> np.ndarray:
    numbers = unpacked(rows)
    if rows.dtype != "<f8" or numbers.ndim != 2 or numbers.shape[1] != columns or not len(numbers):
        raise ArtifactCorrupt("The artifact holds a background of other columns than the version has.")
    return numbers.astype(np.float32).astype(np.float64) if estimator.single else numbers
