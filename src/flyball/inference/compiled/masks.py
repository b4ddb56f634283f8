"""Trees for many rows at once: each field rules leaves out, and the first one that is left is the row's."""

# QuickScorer (Lucchese and others, 2015), with masks of each value that are known before, no scan of splits.
# Comparisons are those of ONNX Runtime, and so are the leaves and the order of their sum.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import NamedTuple

import msgspec
import numpy as np

from flyball.domain.errors import ModelFailed
from flyball.domain.numbers import answered
from flyball.domain.schema import Kind
from flyball.inference.compiled.arrays import unpacked
from flyball.inference.compiled.columns import Column, Encoder
from flyball.inference.compiled.encoder import Encoding, Lookup
from flyball.inference.compiled.estimators import trees
from flyball.inference.compiled.listed import ArrowColumn, arrow

ROWS = 65_536
"""Rows that are answered together."""
AT_ONCE, FEWEST = 2**17, 256
"""Masks that stay in a processor's cache, and of how many rows they are at least."""
MOST_LEAVES = 64
"""Of a tree: bits of a mask."""
MOST_PARTS = 48
"""Fields and columns beyond which ONNX Runtime is quicker."""
MOST_TREES, MOST_BYTES = 2000, 2**25
"""Beyond which the masks take too much memory."""


class _Splits(NamedTuple):
    """All splits; ``keep`` are the leaves of its tree that are left where a row goes right."""

    tree: np.ndarray
    column: np.ndarray
    threshold: np.ndarray
    missing_left: np.ndarray
    keep: np.ndarray


class _Ruled(NamedTuple):
    """What a column's numbers leave of each tree: ``masks`` (edges + 2, trees), the last of missing ones."""

    edges: np.ndarray
    masks: np.ndarray

    def codes(self, numbers: np.ndarray) -> np.ndarray:
        """Which mask each number has: as many edges are below it."""
        found: np.ndarray = np.searchsorted(self.edges, numbers)
        missing = np.isnan(numbers)  # these are sorted behind all edges
        return found + missing if missing.any() else found


class _Work(NamedTuple):
    """Where a few rows are worked on, (rows, trees): with arrays made anew it takes twice as long."""

    left: np.ndarray
    more: np.ndarray
    place: np.ndarray
    leaf: np.ndarray
    found: np.ndarray


def _work(bits: np.dtype, rows: int, number: int) -> _Work:
    kinds = (bits, bits, np.uint8, np.int64, np.float64)
    return _Work(*(np.empty((rows, number), dtype=kind) for kind in kinds))


class Masks:
    """Trees at work on whole columns. Safe to call from several threads."""

    def __init__(
        self,
        estimator: trees.Trees,
        plain: Encoding,
        ruled: Mapping[int, _Ruled],
        lookups: Sequence[tuple[Lookup, np.ndarray | None]],
        leaves: np.ndarray,
    ) -> None:
        """``plain`` makes the columns that are not looked up; ``ruled`` are those with splits, by place.

        ``lookups`` make the others, with what each known value leaves of each tree (``None``: no split asks).
        ``leaves``: the numbers of each tree's leaves, from the left.
        """
        self._estimator = estimator
        self._plain = plain
        self._ruled = ruled
        self._lookups = lookups
        self._leaves = leaves.ravel()
        self._firsts = np.arange(len(leaves)) * leaves.shape[1]
        self._start = unpacked(estimator.start)
        self._rows = max(FEWEST, AT_ONCE // len(leaves))

    def answer(self, columns: Mapping[str, ArrowColumn], length: int) -> np.ndarray:
        """The answers to so many rows, as the solver gives them. Raises ``ModelFailed``, as that way does."""
        with np.errstate(all="ignore"):
            parts = self._parts(columns, length)
            work = _work(parts[0][0].dtype, min(length, self._rows), len(self._firsts))
            sums = np.repeat(self._start[np.newaxis], length, axis=0)
            for begin in range(0, length, self._rows):
                some = slice(begin, begin + self._rows)
                self._add([(masks, codes[some]) for masks, codes in parts], work, sums[some])
            return answered(self._estimator.link, sums / self._estimator.divisor)

    def _parts(self, columns: Mapping[str, ArrowColumn], length: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """Masks, and which of them each row has."""
        numbers = trees.compared(self._estimator, self._plain.arrow_matrix(columns, length))
        parts = [(each.masks, each.codes(numbers[:, place])) for place, each in self._ruled.items()]
        for lookup, masks in self._lookups:
            codes = lookup.codes(arrow(columns, lookup.field, length))  # it may refuse a value
            if masks is not None:
                parts.append((masks, codes))
        return parts

    def _add(self, parts: Sequence[tuple[np.ndarray, np.ndarray]], work: _Work, sums: np.ndarray) -> None:
        """Add the leaves of a few rows to their ``sums``, (rows, outputs), in the order of the trees."""
        left, more, place, leaf, found = (each[: len(sums)] for each in work)
        (masks, codes), *others = parts
        np.take(masks, codes, axis=0, out=left, mode="clip")
        for masks, codes in others:
            np.take(masks, codes, axis=0, out=more, mode="clip")
            left &= more
        # So many bits are below the lowest one that is set.
        np.subtract(left, 1, out=more)
        more &= np.invert(left, out=left)
        np.add(np.bitwise_count(more, out=place), self._firsts, out=leaf)
        np.take(self._leaves, leaf, out=found, mode="clip")
        for numbers, output in zip(found.T, cycle(sums.T), strict=False):
            output += numbers


def masked(encoder: Encoder, kinds: Mapping[str, Kind], estimator: object) -> Masks | None:
    """An encoder and an estimator, opened before, for many rows; ``None`` where that is not quicker."""
    if not isinstance(estimator, trees.Trees) or estimator.values.shape[1] != 1:
        return None
    # A tree has one split less than leaves: of the trees of a large forest nothing more is looked at.
    number = estimator.roots.shape[0]
    if number > MOST_TREES or estimator.threshold.shape[0] >= number * MOST_LEAVES:
        return None
    if (found := _splits(estimator)) is None:
        return None
    splits, leaves = found
    plain, places = _plain(encoder)
    used = set(splits.column.tolist())
    own = {place: column for place, column in enumerate(places) if column in used}
    if len(own) + len(encoder.tables) > MOST_PARTS or _bytes(encoder, splits, len(leaves)) > MOST_BYTES:
        return None
    ruled = {column: _ruled(splits, column, len(leaves)) for column in used}
    try:
        lookups = [(each, _known(estimator, each, ruled)) for each in map(Lookup, encoder.tables)]
    except ModelFailed:  # some value leads to a number that the trees do not take
        return None
    plainly = {place: ruled[column] for place, column in own.items()}
    return Masks(estimator, Encoding(plain, kinds), plainly, lookups, leaves)


def _bytes(encoder: Encoder, splits: _Splits, number: int) -> int:
    """What all masks take together, of so many trees."""
    edges = len(np.unique(np.stack([splits.column, splits.threshold], axis=1), axis=0))
    known = sum(len(table.keys) + 1 for table in encoder.tables)
    return (edges + 2 * len(set(splits.column.tolist())) + known) * number * splits.keep.itemsize


def _splits(estimator: trees.Trees) -> tuple[_Splits, np.ndarray] | None:
    """All splits, and the numbers of each tree's leaves, from the left; ``None`` for too many."""
    roots = unpacked(estimator.roots)
    order, sides = roots.tolist(), (unpacked(estimator.left).tolist(), unpacked(estimator.right).tolist())
    for split in order:  # which grows: each split stands behind the one above it
        order += [side[split] for side in sides if side[split] >= 0]
    size = [1] * len(order)
    for split in reversed(order):
        size[split] = sum(size[side[split]] if side[split] >= 0 else 1 for side in sides)
    width = max(size[root] for root in roots.tolist())
    if width > MOST_LEAVES:
        return None
    gone, places = _ranges(order, sides, size)
    tree, bits = trees.tree_of(roots, len(order)), np.uint32 if width <= 32 else np.uint64
    splits = _Splits(
        tree,
        unpacked(estimator.column),
        unpacked(estimator.threshold),
        unpacked(estimator.missing_left),
        np.invert(np.array(gone, dtype=np.uint64).astype(bits)),
    )
    leaves = np.zeros((len(roots), width))
    for side in map(np.array, sides):
        ends = side < 0
        leaves[tree[ends], places[-1 - side[ends]]] = unpacked(estimator.values)[-1 - side[ends], 0]
    return splits, leaves


def _ranges(
    order: Sequence[int], sides: tuple[list[int], list[int]], size: Sequence[int]
) -> tuple[list[int], np.ndarray]:
    """The leaves to the left of each split, as bits; and each leaf's place in its tree, from the left."""
    left, right = sides
    first, gone = [0] * len(order), [0] * len(order)
    places = np.zeros(2 * len(order), dtype=np.int64)
    for split in order:
        begin = first[split]
        middle = begin + (size[left[split]] if left[split] >= 0 else 1)
        gone[split] = (1 << middle) - (1 << begin)
        for child, place in ((left[split], begin), (right[split], middle)):
            if child >= 0:
                first[child] = place
            else:
                places[-1 - child] = place
    return gone, places


def _plain(encoder: Encoder) -> tuple[Encoder, list[int]]:
    """The encoder without its tables, and where its columns were before."""
    places: list[int] = []

    def moved(column: Column) -> Column:
        places.append(column.place)
        return msgspec.structs.replace(column, place=len(places) - 1)

    numbers = tuple(
        msgspec.structs.replace(each, columns=tuple(map(moved, each.columns))) for each in encoder.numbers
    )
    moments = tuple(
        msgspec.structs.replace(each, columns=tuple((part, moved(column)) for part, column in each.columns))
        for each in encoder.moments
    )
    words = tuple(
        msgspec.structs.replace(each, columns=tuple((word, moved(column)) for word, column in each.columns))
        for each in encoder.words
    )
    return Encoder(len(places), numbers, moments, (), words), places


def _known(estimator: trees.Trees, lookup: Lookup, ruled: Mapping[int, _Ruled]) -> np.ndarray | None:
    """What each known value of a table leaves of each tree, (values, trees). Raises ``ModelFailed``."""
    values = trees.compared(estimator, lookup.values)
    found = None
    for place, column in enumerate(lookup.places):
        if column in ruled:
            own = ruled[column].masks[ruled[column].codes(values[:, place])]
            found = own if found is None else found & own
    return found


def _ruled(splits: _Splits, column: int, number: int) -> _Ruled:
    """The splits by one column, for so many trees."""
    own = _Splits(*(part[splits.column == column] for part in splits))
    edges, places = np.unique(own.threshold, return_inverse=True)
    masks = np.full((len(edges) + 2, number), ~own.keep.dtype.type(0))
    np.bitwise_and.at(masks, (places + 1, own.tree), own.keep)
    masks[:-1] = np.bitwise_and.accumulate(
        masks[:-1], axis=0
    )  # what is above an edge is above those before it
    right = own.missing_left == 0
    np.bitwise_and.at(masks, (np.full(int(right.sum()), len(edges) + 1), own.tree[right]), own.keep[right])
    return _Ruled(edges, masks)
