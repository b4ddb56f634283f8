"""One node of an artifact's description: what it is called, and the plain values in it."""

from __future__ import annotations

import json
import math
from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from flyball.domain.errors import ArtifactCorrupt, ArtifactUntrusted
from flyball.inference.audit.archive import Archive

Node = dict[str, Any]
DEEPEST = 100
"""How many nodes may lie inside each other."""
LONGEST = 10_000
"""Characters of a text."""
MOST_NODES = 2_000_000
LARGEST = 2**63
SCALARS = frozenset({"float64", "float32", "int64", "int32", "uint64", "bool"})
"""NumPy's own numbers, by the names of their classes."""


@dataclass(slots=True)
class Budget:
    """How many nodes have been read. The description is a tree: shared nodes are written out each time."""

    nodes: int = 0


@dataclass(frozen=True, slots=True)
class At:
    """Where the audit stands: the file, the table, the types trusted beyond it, and the way from the root.

    ``sizes`` are the numbers of columns, classes and the like of the object whose attributes are read.
    """

    archive: Archive
    table: Mapping[str, Any]
    trusted: Container[str]
    path: tuple[str, ...] = ()
    sizes: dict[str, int] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)

    def inside(self, name: object) -> At:
        """One step further. Raises ``ArtifactUntrusted`` where that is too deep or too much."""
        self.budget.nodes += 1
        if len(self.path) > DEEPEST or self.budget.nodes > MOST_NODES:
            raise ArtifactUntrusted("The artifact nests too deep, or holds too many values.")
        return replace(self, path=(*self.path, shown(name)))

    def within(self, name: str) -> At:
        """As ``inside``, for an object with sizes of its own."""
        return replace(self.inside(name), sizes={})

    def refused(self, what: str = "holds something else than it may") -> ArtifactUntrusted:
        """The refusal of what is here."""
        return ArtifactUntrusted(f"The artifact's {' / '.join(self.path[-6:]) or 'model'} {what}.")

    def broken(self) -> ArtifactCorrupt:
        """The refusal of what does not hold together."""
        where = " / ".join(self.path[-6:])
        return ArtifactCorrupt(f"The artifact holds a model that points outside itself ({where}).")


def shown(name: object) -> str:
    """A name from a file, fit for a sentence and a terminal."""
    text = name if isinstance(name, str) else "?"
    return "".join(letter if letter.isprintable() and letter.isascii() else "?" for letter in text[:100])


def loader(node: object) -> str:
    """Which kind of node this is; empty for what is none."""
    found = node.get("__loader__") if isinstance(node, dict) else None
    return found if isinstance(found, str) else ""


def name_of(node: Node) -> str:
    """The type that a node names, as ``module.Class``."""
    module, name = node.get("__module__"), node.get("__class__")
    return f"{module}.{name}" if isinstance(module, str) and isinstance(name, str) else "?"


def is_scalar(node: object) -> bool:
    """Whether a node is a plain value, or one of NumPy's numbers."""
    kind = loader(node)
    return kind == "JsonNode" or (kind == "NdArrayNode" and isinstance(node, dict) and _is_number(node))


def scalar(node: object, at: At) -> Any:
    """A plain value: none, truth, number or text; or one of NumPy's numbers."""
    if loader(node) == "JsonNode":
        return _plain(node["content"] if isinstance(node, dict) else None, at)
    if isinstance(node, dict) and is_scalar(node):
        array = at.archive.array(node.get("file"))
        if array.shape == () and array.dtype.name == node["__class__"]:
            return array[()]
    raise at.refused(f"holds {described(node)} where a plain value may be")


def items(node: object, at: At, kind: str) -> list[Any]:
    """The nodes inside a list or a tuple."""
    content = node.get("content") if isinstance(node, dict) and loader(node) == kind else None
    if not isinstance(content, list) or name_of(node) != NAMES[kind]:  # type: ignore[arg-type] # as looked at
        raise at.refused(f"holds {described(node)} where a {kind[:-4].lower()} may be")
    return content


NAMES = {"ListNode": "builtins.list", "TupleNode": "builtins.tuple", "SetNode": "builtins.set"}
KEYS = {"builtins.str": str, "builtins.int": int, "numpy.int64": int}
MAPS = frozenset({"builtins.dict", "collections.OrderedDict"})


def pairs(node: object, at: At) -> dict[Any, Any]:
    """The nodes inside a dictionary, by their keys: texts or whole numbers."""
    content = node.get("content") if isinstance(node, dict) and loader(node) == "DictNode" else None
    if not isinstance(content, dict) or name_of(node) not in MAPS:  # type: ignore[arg-type] # as looked at
        raise at.refused(f"holds {described(node)} where a dictionary may be")
    types = items(
        node["key_types"] if isinstance(node, dict) and "key_types" in node else None, at, "ListNode"
    )
    if len(types) != len(content):
        raise at.refused()
    return {_key(key, kind, at): value for (key, value), kind in zip(content.items(), types, strict=True)}


def described(node: object) -> str:
    """What a node says it is, for a refusal."""
    return shown(name_of(node)) if isinstance(node, dict) else "nothing"


def _key(key: str, kind: object, at: At) -> Any:
    name = name_of(kind) if isinstance(kind, dict) and loader(kind) == "TypeNode" else ""
    if name not in KEYS or len(key) > LONGEST or not is_text(key):
        raise at.refused("has a key that is neither a text nor a whole number")
    if name == "builtins.str":
        return key
    if not key.lstrip("-").isdecimal() or len(key) > 19:
        raise at.refused("has a key that is neither a text nor a whole number")
    return int(key)


def _plain(content: object, at: At) -> Any:
    if not isinstance(content, str) or len(content) > LONGEST * 6:
        raise at.refused("holds a text that is too long")
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        raise at.refused("holds a value that cannot be read") from None
    if isinstance(value, str) and (len(value) > LONGEST or not is_text(value)):
        raise at.refused("holds a text that is none")
    is_large = isinstance(value, int) and not -LARGEST <= value < 2 * LARGEST
    if is_large or not (value is None or isinstance(value, bool | int | float | str)):
        raise at.refused("holds a value that is not plain")
    return value


def is_text(value: str) -> bool:
    """Whether a text is one that a request may send: no NUL, no half of a surrogate pair."""
    return "\x00" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)


def _is_number(node: Node) -> bool:
    return node.get("type") == "numpy" and node["__module__"] == "numpy" and node["__class__"] in SCALARS


def is_finite(value: object) -> bool:
    """Whether a value is a number, and no truth, that is finite."""
    return isinstance(value, int | float | np.number) and not isinstance(value, bool) and math.isfinite(value)
