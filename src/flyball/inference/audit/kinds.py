"""The words of the table: what a parameter or an attribute may be."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from flyball.inference.audit.nodes import LONGEST, At, is_scalar, items, loader, name_of, pairs, scalar

LARGE = 2**63 - 1
MOST_COLUMNS = 100_000
"""Columns of one frame: more would make gigabytes of a request's rows."""


class Kind(Protocol):
    """What may stand in one place."""

    def read(self, node: object, at: At) -> Any:
        """The value that a node describes. Raises ``ArtifactUntrusted`` where it may not stand here."""


@dataclass(frozen=True, slots=True, init=False)
class OneOf:
    """One of some plain values, of the same type too."""

    values: tuple[Any, ...]

    def __init__(self, *values: Any) -> None:
        object.__setattr__(self, "values", values)

    def read(self, node: object, at: At) -> Any:
        value = scalar(node, at)
        if not any(type(value) is type(known) and value == known for known in self.values):
            raise at.refused("has a value that it may not have")
        return value


FLAG = OneOf(True, False)
NONE = OneOf(None)


@dataclass(frozen=True, slots=True)
class Number:
    """A number from ``low`` to ``high``; without bounds, infinity and NaN too."""

    low: float = -math.inf
    high: float = math.inf

    def read(self, node: object, at: At) -> Any:
        value = scalar(node, at)
        is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        is_bounded = self.low > -math.inf or self.high < math.inf
        if not is_number or (is_bounded and not self.low <= value <= self.high):
            raise at.refused("has a number that it may not have")
        return value


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from ``low`` to ``high``; ``size`` names it for shapes beside it."""

    size: str = ""
    low: int = 0
    high: int = LARGE

    def read(self, node: object, at: At) -> Any:
        value = scalar(node, at)
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise at.refused("has no whole number")
        if not self.low <= value <= self.high:
            raise at.refused("has a number that it may not have")
        if self.size:
            hold(at, self.size, int(value))
        return value


@dataclass(frozen=True, slots=True)
class Text:
    """Any text of at most so many characters."""

    most: int = 200

    def read(self, node: object, at: At) -> Any:
        value = scalar(node, at)
        if not isinstance(value, str) or len(value) > self.most:
            raise at.refused("has no text, or a long one")
        return value


@dataclass(frozen=True, slots=True)
class Plain:
    """Plain values, and lists, tuples and dictionaries of them: what no prediction reads."""

    def read(self, node: object, at: At) -> Any:
        kind = loader(node)
        if kind == "DictNode":
            return {key: self.read(value, at.inside(key)) for key, value in pairs(node, at).items()}
        if kind in {"ListNode", "TupleNode"}:
            inner = [
                self.read(value, at.inside(str(place))) for place, value in enumerate(items(node, at, kind))
            ]
            return inner if kind == "ListNode" else tuple(inner)
        return scalar(node, at)


@dataclass(frozen=True, slots=True)
class Seed:
    """What a fit drew its numbers from: a whole number, or a generator, of which nothing is kept."""

    def read(self, node: object, at: At) -> Any:
        if loader(node) in {"RandomStateNode", "RandomGeneratorNode"}:
            return None
        return Maybe(Whole()).read(node, at)


@dataclass(frozen=True, slots=True)
class Reset:
    """A plain value that is set anew: how many processors to take is for this server to say."""

    value: Any

    def read(self, node: object, at: At) -> Any:
        scalar(node, at)
        return self.value


@dataclass(frozen=True, slots=True)
class Unread:
    """A parameter that only a fit reads and that may be large or an object: none is put in its place."""

    def read(self, node: object, at: At) -> Any:
        return None


@dataclass(frozen=True, slots=True)
class Maybe:
    """None, or this."""

    kind: Kind

    def read(self, node: object, at: At) -> Any:
        if loader(node) == "JsonNode" and scalar(node, at) is None:
            return None
        return self.kind.read(node, at)


@dataclass(frozen=True, slots=True, init=False)
class Either:
    """A plain value that fits the first kind, or else anything that fits the second."""

    plain: Kind
    other: Kind

    def __init__(self, plain: Kind, other: Kind) -> None:
        object.__setattr__(self, "plain", plain)
        object.__setattr__(self, "other", other)

    def read(self, node: object, at: At) -> Any:
        return (self.plain if is_scalar(node) else self.other).read(node, at)


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of this; ``size`` names how many."""

    kind: Kind
    size: str | int = ""
    most: int = MOST_COLUMNS

    def read(self, node: object, at: At) -> Any:
        found = items(node, at, "ListNode")
        if len(found) > self.most:
            raise at.refused("has too many values")
        if self.size != "":
            hold(at, self.size, len(found))
        return [self.kind.read(value, at.inside(str(place))) for place, value in enumerate(found)]


@dataclass(frozen=True, slots=True, init=False)
class Pair:
    """A tuple of exactly these."""

    kinds: tuple[Kind, ...]

    def __init__(self, *kinds: Kind) -> None:
        object.__setattr__(self, "kinds", kinds)

    def read(self, node: object, at: At) -> Any:
        found = items(node, at, "TupleNode")
        if len(found) != len(self.kinds):
            raise at.refused("has more or fewer values than it may")
        both = zip(self.kinds, found, strict=True)
        return tuple(kind.read(value, at.inside(str(place))) for place, (kind, value) in enumerate(both))


@dataclass(frozen=True, slots=True)
class MapOf:
    """A dictionary from texts (or whole numbers) to this; ``size`` names how many."""

    kind: Kind
    keys: type = str
    size: str = ""

    def read(self, node: object, at: At) -> Any:
        found = pairs(node, at)
        if not all(type(key) is self.keys for key in found):
            raise at.refused("has keys of another kind")
        if self.size:
            hold(at, self.size, len(found))
        return {key: self.kind.read(value, at.inside(str(key))) for key, value in found.items()}


@dataclass(frozen=True, slots=True)
class Span:
    """A slice of columns."""

    def read(self, node: object, at: At) -> Any:
        content = node.get("content") if isinstance(node, dict) and loader(node) == "SliceNode" else None
        places = (
            [content.get(name) for name in ("start", "stop", "step")] if isinstance(content, dict) else []
        )
        if len(places) != 3 or not all(place is None or _is_place(place) for place in places):
            raise at.refused("has no slice of columns")
        return slice(*places)


def _is_place(value: object) -> bool:
    return isinstance(value, int | str) and not isinstance(value, bool) and len(str(value)) <= LONGEST


@dataclass(frozen=True, slots=True, init=False)
class Named:
    """One of some types or functions, by name; nothing else of their modules is loaded."""

    names: Mapping[str, str]

    def __init__(self, *names: str) -> None:
        object.__setattr__(self, "names", dict.fromkeys(names))

    def read(self, node: object, at: At) -> Any:
        name = (
            name_of(node) if isinstance(node, dict) and loader(node) in {"TypeNode", "FunctionNode"} else ""
        )
        if name not in self.names and name not in at.trusted:
            raise at.refused("names a type or a function that is not allowed: " + (name or "none")[:100])
        return Reference(name)


@dataclass(frozen=True, slots=True)
class Reference:
    """A type or a function that the finished model holds, by its name."""

    name: str


NUMBER_TYPES = Named(*(f"numpy.{name}" for name in ("float64", "float32", "int64", "int32")))


@dataclass(frozen=True, slots=True)
class Type:
    """One of the types of numbers and texts that frames have: NumPy's class, or its description."""

    def read(self, node: object, at: At) -> Any:
        if loader(node) == "TypeNode":
            return NUMBER_TYPES.read(node, at)
        inner = node.get("content") if isinstance(node, dict) and loader(node) == "DTypeNode" else None
        if not isinstance(inner, dict):
            raise at.refused("has no type of numbers")
        if inner.get("type") == "json" and inner.get("content") == []:
            return np.dtype(object)
        found = at.archive.array(inner.get("file")).dtype
        if found.names:
            raise at.refused("has no type of numbers")
        return found


def hold(at: At, size: str | int, found: int) -> None:
    """Name a size, or compare it with the one that has this name. Raises ``ArtifactCorrupt``."""
    known = size if isinstance(size, int) else at.sizes.setdefault(size, found)
    if known != found:
        raise at.broken()


def each(names: str, kind: Kind) -> dict[str, Kind]:
    """Several places of one kind, by their names in one text."""
    return dict.fromkeys(names.split(), kind)


RESETS: Mapping[str, Kind] = {
    "n_jobs": Reset(None),
    "verbose": Reset(0),
    "warm_start": Reset(False),
    "memory": NONE,
    "random_state": Seed(),
}
"""Parameters that many types have, and that say nothing of what was learned."""


def inert(names: str) -> dict[str, Kind]:
    """Parameters that only a fit reads: plain values, kept so that the model can be printed."""
    return {name: RESETS.get(name, Plain()) for name in names.split()}


def joined(*tables: Mapping[str, Kind]) -> dict[str, Kind]:
    """Several tables as one."""
    return {name: kind for table in tables for name, kind in table.items()}
