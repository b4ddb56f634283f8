"""Allowed types: an object is read attribute by attribute, and held together by its type's rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flyball.domain.errors import ArtifactUntrusted
from flyball.inference.audit.kinds import Kind, MapOf, Named, OneOf, Plain, Seed, Span, Type, hold, joined
from flyball.inference.audit.nodes import (
    At,
    Node,
    described,
    is_scalar,
    items,
    loader,
    name_of,
    pairs,
    scalar,
)
from flyball.inference.audit.shapes import COLUMNS, NAMES, is_objects, numbers, objects

State = dict[str, Any]
Rule = Callable[[State, Mapping[str, int]], bool]
EVERY: Mapping[str, Kind] = {
    "feature_names_in_": NAMES,
    "n_features_in_": COLUMNS,
    "_n_features_out": Plain(),
    "_sklearn_output_config": MapOf(OneOf("default", "pandas")),
}
"""What every estimator may bring."""
NOT_KEPT = frozenset({"_sklearn_version"})


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """One type of the table: the parameters and attributes that it may bring. Anything else is refused.

    An object has all its ``parameters``. It is a pattern for others with them alone; fitted with all of
    ``fitted``, and perhaps with some of ``optional``. ``left_out`` is what a fit leaves behind and no
    prediction reads: it is not even looked at. ``holds`` says whether the parts fit each other; ``is_whole``
    whether an object without attributes of its own is fitted. ``make`` builds it, where that is more than
    setting attributes; ``finish`` computes what was left out.
    """

    name: str
    roles: frozenset[str]
    parameters: Mapping[str, Kind] = field(default_factory=dict)
    fitted: Mapping[str, Kind] = field(default_factory=dict)
    optional: Mapping[str, Kind] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()
    holds: Rule | None = None
    is_whole: Callable[[State], bool] | None = None
    make: Callable[[State], Any] | None = None
    finish: Callable[[Any], None] | None = None

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """All that it may bring."""
        return joined(EVERY, self.optional, self.parameters, self.fitted)


@dataclass(frozen=True, slots=True)
class Thing:
    """An object that has passed the audit, and is not built yet."""

    allowed: Allowed
    state: State
    sizes: Mapping[str, int]
    is_fitted: bool = True


def allowed(name: str, roles: str, *, left_out: str = "", **parts: Any) -> Allowed:
    """An entry of the table; roles and names that are left out as words of one text."""
    return Allowed(
        name=name, roles=frozenset(roles.split()), left_out=NOT_KEPT | set(left_out.split()), **parts
    )


@dataclass(frozen=True, slots=True, init=False)
class Fitted:
    """A fitted object of one of some roles; ``same`` are sizes that it must have in common with its owner."""

    roles: frozenset[str]
    same: tuple[str, ...]

    def __init__(self, roles: str, *same: str) -> None:
        object.__setattr__(self, "roles", frozenset(roles.split()))
        object.__setattr__(self, "same", same)

    def read(self, node: object, at: At) -> Any:
        thing = read_thing(node, at)
        if isinstance(thing, Thing):
            if not thing.is_fitted or not thing.allowed.roles & self.roles:
                raise at.refused("holds an object that is not fitted, or of another kind")
            for size in self.same:
                hold(at, size, thing.sizes.get(size, -1))
        return thing


ESTIMATORS = frozenset({"transformer", "classifier", "regressor", "clusterer", "detector"})


@dataclass(frozen=True, slots=True)
class Estimator:
    """An estimator, fitted or not: one that others were made of."""

    def read(self, node: object, at: At) -> Any:
        thing = read_thing(node, at)
        if isinstance(thing, Thing) and not thing.allowed.roles & ESTIMATORS:
            raise at.refused("holds an object that is no estimator")
        return thing


@dataclass(frozen=True, slots=True)
class Own:
    """An object of a type that is trusted here beyond the table."""

    name: str
    state: Any


def read_thing(node: object, at: At) -> Thing | Own:
    """An object of the table, or of a trusted type. Raises ``ArtifactUntrusted`` or ``ArtifactCorrupt``."""
    name = name_of(node) if isinstance(node, dict) else "?"
    entry: Allowed | None = at.table.get(name)
    if entry is None and isinstance(node, dict) and name in at.trusted:
        return _read_own(node, at)
    if entry is None or not isinstance(node, dict) or loader(node) not in {"ObjectNode", "TreeNode"}:
        raise ArtifactUntrusted(f"The artifact holds types that are not trusted: {described(node)}.")
    if (loader(node) == "TreeNode") != (entry.make is not None):
        raise at.refused()
    return _read(node, entry, at)


def _read(node: Node, entry: Allowed, at: At) -> Thing:
    short = entry.name.rpartition(".")[2]
    inside = at.within(short)
    content = {**_arguments(node, inside), **pairs(node.get("content"), inside)}
    brought = {name: value for name, value in content.items() if name not in entry.left_out}
    strange = sorted(str(name) for name in brought.keys() - entry.kinds.keys())
    if strange:
        raise inside.inside(strange[0]).refused("is not among what it may bring")
    is_fitted = not entry.fitted or bool(brought.keys() & entry.fitted.keys())
    needed = entry.parameters.keys() | (entry.fitted.keys() if is_fitted else set())
    if needed - brought.keys():
        raise inside.refused(f"lacks {', '.join(sorted(needed - brought.keys())[:3])}")
    # In the table's order: what names a size comes before what is compared with it.
    order = [name for name in entry.kinds if name in brought]
    state = {name: entry.kinds[name].read(brought[name], inside.inside(name)) for name in order}
    if is_fitted and entry.is_whole is not None:
        is_fitted = entry.is_whole(state)
    if is_fitted and entry.holds is not None and not entry.holds(state, inside.sizes):
        raise inside.broken()
    return Thing(entry, state, inside.sizes, is_fitted)


def _arguments(node: Node, at: At) -> dict[str, Any]:
    """What a tree is made with, under names: its columns, the classes of each output, and its outputs."""
    if loader(node) != "TreeNode":
        return {}
    reduced = node.get("__reduce__")
    found = items(reduced.get("args") if isinstance(reduced, dict) else None, at, "TupleNode")
    if len(found) != 3:
        raise at.refused("is made with other arguments than it may be")
    return dict(zip(("n_features", "n_classes", "n_outputs"), found, strict=True))


def _read_own(node: Node, at: At) -> Own:
    """An object of a trusted type, with whatever attributes it has."""
    inside = at.within(name_of(node).rpartition(".")[2])
    if loader(node) != "ObjectNode":
        raise inside.refused("is described as something else than an object")
    content = node.get("content")
    return Own(name_of(node), None if content is None else Anything().read(content, inside))


class Anything:
    """Whatever an attribute of a trusted type may be."""

    def read(self, node: object, at: At) -> Any:
        if is_scalar(node):
            return scalar(node, at)
        reader = READERS.get(loader(node))
        if reader is None:
            return read_thing(node, at)
        return reader(node, at)


def _several(node: Any, at: At) -> Any:
    kind = loader(node)
    found = items(node, at, kind)
    made = [Anything().read(value, at.inside(str(place))) for place, value in enumerate(found)]
    return {"ListNode": list, "TupleNode": tuple, "SetNode": set}[kind](made)


def _pairs(node: Any, at: At) -> Any:
    return {key: Anything().read(value, at.inside(key)) for key, value in pairs(node, at).items()}


def _defaults(node: Any, at: At) -> Any:
    content = node.get("content")
    return _pairs(content.get("main") if isinstance(content, dict) else None, at)


def _array(node: Any, at: At) -> Any:
    return objects(node, at, Anything()) if is_objects(node) else numbers(node, at)


def _name(node: Any, at: At) -> Any:
    return Named(*PLAIN_TYPES).read(node, at)


PLAIN_TYPES = (
    *("builtins.int", "builtins.float", "builtins.str", "builtins.bool", "builtins.list", "builtins.dict"),
    *("numpy.float64", "numpy.float32", "numpy.int64", "numpy.int32"),
)
READERS: Mapping[str, Callable[[Any, At], Any]] = {
    "ListNode": _several,
    "TupleNode": _several,
    "SetNode": _several,
    "DictNode": _pairs,
    "DefaultDictNode": _defaults,
    "NdArrayNode": _array,
    "TypeNode": _name,
    "FunctionNode": _name,
    "SliceNode": Span().read,
    "DTypeNode": Type().read,
    "RandomStateNode": Seed().read,
    "RandomGeneratorNode": Seed().read,
}
