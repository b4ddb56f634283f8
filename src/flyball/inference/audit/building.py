"""From what passed the audit to objects: the first step that imports a type or makes anything of one."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from flyball.inference.audit.kinds import Reference
from flyball.inference.audit.things import Own, Thing


def build(value: Any) -> Any:
    """The finished object of what was audited: types are imported here, and not before."""
    if isinstance(value, Thing):
        return _built(value)
    if isinstance(value, Own):
        return _own(value)
    if isinstance(value, Reference):
        return imported(value.name)
    if isinstance(value, dict):
        return {key: build(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return type(value)(build(inner) for inner in value)
    if isinstance(value, np.ndarray) and value.dtype == object:
        for place in np.ndindex(value.shape):
            value[place] = build(value[place])
    return value


def _built(thing: Thing) -> Any:
    state = {name: build(value) for name, value in thing.state.items()}
    if thing.allowed.make is not None:
        return thing.allowed.make(state)
    kind = imported(thing.allowed.name)
    made = kind.__new__(kind)
    made.__dict__.update(state)
    if thing.allowed.finish is not None and thing.is_fitted:
        thing.allowed.finish(made)
    return made


def _own(thing: Own) -> Any:
    kind = imported(thing.name)
    made = kind.__new__(kind)
    state = build(thing.state)
    if hasattr(made, "__setstate__"):
        made.__setstate__(state)
    else:
        made.__dict__.update(state or {})
    return made


def imported(name: str) -> Any:
    """A type or a function by its full name."""
    module, _, short = name.rpartition(".")
    return getattr(importlib.import_module(module), short)
