"""The words of the table for arrays: of which numbers, and of which shape beside the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from flyball.inference.audit.kinds import MOST_COLUMNS, Kind, Plain, Whole, hold
from flyball.inference.audit.nodes import At, Node, items, loader, name_of, scalar

MOST_CLASSES = 10_000


@dataclass(frozen=True, slots=True, init=False)
class Array:
    """An array of one of some types (``"f8"``; ``"f8 f4"``; a record), its sizes named or given.

    ``"*"`` is any size. ``low`` and ``below`` bound whole numbers: ``below`` may name a size.
    """

    types: frozenset[np.dtype]
    shape: tuple[str | int, ...]
    low: int | None
    below: str | int | None

    def __init__(
        self, types: str | np.dtype, *shape: str | int, low: int | None = None, below: str | int | None = None
    ) -> None:
        known = map(np.dtype, types.split()) if isinstance(types, str) else [types]
        object.__setattr__(self, "types", frozenset(known))
        object.__setattr__(self, "shape", shape)
        object.__setattr__(self, "low", low)
        object.__setattr__(self, "below", below)

    def read(self, node: object, at: At) -> Any:
        array = numbers(node, at)
        if array.dtype not in self.types or array.ndim != len(self.shape):
            raise at.refused("has an array of another type or shape")
        for size, found in zip(self.shape, array.shape, strict=True):
            if size != "*":
                hold(at, size, found)
        below = at.sizes.get(self.below) if isinstance(self.below, str) else self.below
        if self.low is not None and array.size and int(array.min()) < self.low:
            raise at.broken()
        if self.below is not None and (below is None or (array.size and int(array.max()) >= below)):
            raise at.broken()
        return array


@dataclass(frozen=True, slots=True)
class Floats:
    """An array of float64 of any shape: a rule beside it says which."""

    def read(self, node: object, at: At) -> Any:
        array = numbers(node, at)
        if array.dtype != np.dtype("f8"):
            raise at.refused("has an array of another type or shape")
        return array


@dataclass(frozen=True, slots=True)
class Values:
    """A row of values in order: numbers, truths, texts; ``size`` names how many."""

    size: str = ""
    most: int = MOST_COLUMNS

    def read(self, node: object, at: At) -> Any:
        array = objects(node, at, Plain()) if is_objects(node) else numbers(node, at)
        if array.ndim != 1 or array.dtype.names or len(array) > self.most:
            raise at.refused("has no row of values, or a long one")
        if self.size:
            hold(at, self.size, len(array))
        return array


def labels(size: str = "classes") -> Values:
    """The labels of the classes."""
    return Values(size, MOST_CLASSES)


@dataclass(frozen=True, slots=True)
class Objects:
    """An array of other things, of one dimension; ``size`` names how many."""

    kind: Kind
    size: str = ""

    def read(self, node: object, at: At) -> Any:
        array = objects(node, at, self.kind)
        if array.ndim != 1 or len(array) > MOST_COLUMNS:
            raise at.refused("has no row of values, or a long one")
        if self.size:
            hold(at, self.size, len(array))
        return array


@dataclass(frozen=True, slots=True)
class Table:
    """An array of other things, of two dimensions, each named."""

    kind: Kind
    rows: str
    columns: str

    def read(self, node: object, at: At) -> Any:
        array = objects(node, at, self.kind)
        if array.ndim != 2:
            raise at.refused("has no table")
        hold(at, self.rows, array.shape[0])
        hold(at, self.columns, array.shape[1])
        return array


COLUMNS = Whole("columns", 1, MOST_COLUMNS)
"""How many columns a model takes: it looks at its input only where it says so."""
NAMES = Objects(Plain(), "columns")


def numbers(node: object, at: At) -> np.ndarray:
    """An array of numbers, truths or texts."""
    is_array = isinstance(node, dict) and loader(node) == "NdArrayNode" and name_of(node) == "numpy.ndarray"
    if is_array and isinstance(node, dict) and node.get("type") == "numpy":
        return at.archive.array(node.get("file"))
    raise at.refused("has no array")


def is_objects(node: object) -> bool:
    """Whether a node is an array of other things than numbers."""
    return isinstance(node, dict) and loader(node) == "NdArrayNode" and node.get("type") == "json"


def objects(node: object, at: At, kind: Kind) -> np.ndarray:
    """An array of other things, which are written out as a list, or as lists in a list."""
    if not is_objects(node) or not isinstance(node, dict) or name_of(node) != "numpy.ndarray":
        raise at.refused("has no array of values")
    shape = tuple(scalar(size, at) for size in items(node.get("shape"), at, "TupleNode"))
    content = node.get("content")
    if not isinstance(content, list) or not 1 <= len(shape) <= 2 or shape[0] != len(content):
        raise at.refused("has an array of another shape")
    rows = [_row(row, at) for row in content] if len(shape) == 2 else [[value] for value in content]
    width = shape[1] if len(shape) == 2 else 1
    if type(width) is not int or any(len(row) != width for row in rows):
        raise at.refused("has an array of another shape")
    array = np.empty((len(rows), width), dtype=object)
    for place, row in enumerate(rows):
        for column, value in enumerate(row):
            array[place, column] = kind.read(value, at.inside(str(place)))
    return array.reshape(shape)


def _row(node: Node, at: At) -> list[Any]:
    return items(node, at, "ListNode")
