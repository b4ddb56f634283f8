"""Ways to change an artifact, each chosen by numbers: a file is forged anew from its case alone."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from tests.inference.forging import Artifact, function, plain

Place = tuple[Any, Any]
"""A node's container, and its key or place in it."""
NASTY: Sequence[Any] = (
    *(None, True, False, 0, -1, 1, 2, 255, 10**6, 2**31, 2**63 - 1, 2**64 - 1, -(2**63), 2**70),
    *(0.0, 0.5, -1.5, 1e308, -1e308, float("nan"), float("inf"), float("-inf")),
    *("", "filename", "file", "precomputed", "callable", "/etc/passwd", "x" * 20_000, "\x00", "\ud800"),
    *("char", "passthrough", "drop", "brute", "cosine", "constant", "softmax", r"(\w+\s?)+!$", "log_loss"),
)
NUMBERS = (0, -1, 1, 7, 10**6, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63))
FLOATS = (np.nan, np.inf, -np.inf, 1e308, -1e308, 0.0, -1.0)
TYPES = ("<f4", "<i4", "<i8", "<u8", "|u1", "|b1", "<U3", ">f8", "<c16", "<f8", "<M8[s]", "|S4")
FUNCTIONS = (
    *(("os", "system"), ("builtins", "eval"), ("numpy", "fromfile"), ("numpy", "load"), ("numpy", "log1p")),
    *(("subprocess", "Popen"), ("numpy", "float64"), ("sklearn.utils", "resample"), ("builtins", "open")),
)
NAMES = (
    *("predict", "transform", "n_jobs", "_tree", "tree_", "__class__", "__dict__", "_sparse", "classes_"),
    *("_loss", "estimators_", "n_features_in_", "_sklearn_output_config", "vocabulary_", "func"),
)
LOADERS = (
    *("JsonNode", "ObjectNode", "TreeNode", "ListNode", "TupleNode", "DictNode", "NdArrayNode", "TypeNode"),
    *("SparseMatrixNode", "MethodNode", "PartialNode", "ConstructorFromReduceNode", "OperatorFuncNode"),
    *("CachedNode", "RandomStateNode", "RandomGeneratorNode", "LossNode", "BytesNode", "SliceNode"),
    *("DTypeNode", "SetNode", "DefaultDictNode", "BytearrayNode", "FunctionNode"),
)


def places(artifact: Artifact) -> list[Place]:
    """Where each node stands."""
    found: list[Place] = []
    waiting: list[Any] = [artifact.root]
    while waiting:
        node = waiting.pop(0)
        keys: Any = node.items() if isinstance(node, dict) else enumerate(node)
        for key, value in keys:
            if isinstance(value, dict) and "__loader__" in value:
                found.append((node, key))
            if isinstance(value, dict | list):
                waiting.append(value)
    return found


def arrays(artifact: Artifact) -> list[Any]:
    """The nodes that are arrays of numbers."""
    nodes = [container[key] for container, key in places(artifact)]
    return [node for node in nodes if node.get("type") == "numpy" and node.get("file") in artifact.files]


def _array(artifact: Artifact, choice: int) -> tuple[Any, np.ndarray] | None:
    nodes = arrays(artifact)
    if not nodes:
        return None
    node = nodes[choice % len(nodes)]
    try:
        return node, np.load(artifact.stream(node["file"]), allow_pickle=False)
    except Exception:  # noqa: BLE001 - an earlier change has broken it
        return None


def value(artifact: Artifact, container: Any, key: Any, choice: int) -> None:
    """Another plain value."""
    container[key] = plain(NASTY[choice % len(NASTY)])


def removal(artifact: Artifact, container: Any, key: Any, choice: int) -> None:
    """One thing less."""
    del container[key]


def swap(artifact: Artifact, container: Any, key: Any, choice: int) -> None:
    """Another of its own nodes."""
    every = places(artifact)
    other, name = every[choice % len(every)]
    container[key] = copy.deepcopy(other[name])


def callables(artifact: Artifact, container: Any, key: Any, choice: int) -> None:
    """A function, or a type."""
    node = function(*FUNCTIONS[choice % len(FUNCTIONS)])
    container[key] = {**node, "__loader__": "TypeNode"} if choice % 3 == 0 else node


def elements(artifact: Artifact, container: Any, key: Any, choice: int) -> None:
    """Other numbers in an array, or in one field of a record."""
    found = _array(artifact, choice)
    if found is None or not found[1].size:
        return
    node, array = found[0], found[1].copy()
    field = array[array.dtype.names[choice % len(array.dtype.names)]] if array.dtype.names else array
    flat = field.reshape(-1) if field.ndim else field.reshape(1)
    nasty = FLOATS if flat.dtype.kind == "f" else NUMBERS
    number = nasty[choice // 7 % len(nasty)]
    if flat.dtype.kind not in "fiu":
        return
    if flat.dtype.kind in "iu":
        limits = np.iinfo(flat.dtype)
        number = min(max(int(number), int(limits.min)), int(limits.max))
    flat[:: 1 if choice % 2 else max(1, len(flat) // 2)] = number
    array.reshape(-1)[:] = array.reshape(-1)
    if array.dtype.names:
        array[array.dtype.names[choice % len(array.dtype.names)]] = field
    else:
        array = flat.reshape(array.shape)
    node.update(artifact.as_array(array))


def shape(artifact: Artifact, container: Any, key: Any, choice: int) -> None:
    """Another shape."""
    found = _array(artifact, choice)
    if found is None:
        return
    node, array = found
    ways: list[Callable[[np.ndarray], np.ndarray]] = [
        lambda one: one[:0] if one.ndim else one.reshape(1),
        lambda one: one[:-1] if one.ndim else one.reshape(1, 1),
        lambda one: np.concatenate([one, one]) if one.ndim else one,
        lambda one: one[None],
        lambda one: one.T,
        lambda one: one.reshape(-1),
        lambda one: one[..., :1] if one.ndim else one,
        lambda one: np.repeat(one, 50, axis=0) if one.ndim else one,
        lambda one: np.asfortranarray(one),
    ]
    node.update(artifact.as_array(ways[choice % len(ways)](array)))


def types(artifact: Artifact, container: Any, key: Any, choice: int) -> None:
    """Another type of numbers."""
    found = _array(artifact, choice)
    if found is None or found[1].dtype.names:
        return
    try:
        array = found[1].astype(TYPES[choice % len(TYPES)])
    except (TypeError, ValueError):
        return
    found[0].update(artifact.as_array(array))


def length(artifact: Artifact, container: Any, key: Any, choice: int) -> None:
    """More, fewer or turned-round things in a list."""
    content = container[key].get("content")
    if not isinstance(content, list):
        return
    ways = [lambda: content * 2, lambda: content[:-1], lambda: content[::-1], list, lambda: content * 300]
    container[key]["content"] = ways[choice % len(ways)]()


def names(artifact: Artifact, container: Any, key: Any, choice: int) -> None:
    """Another type's name on an object."""
    from flyball.inference.audit.families import TABLE

    every = list(artifact.objects())
    known = [
        *TABLE,
        "os.system",
        "builtins.object",
        "sklearn.svm._classes.NuSVC",
    ]
    module, _, name = known[choice % len(known)].rpartition(".")
    every[choice // 3 % len(every)].update(__module__=module, __class__=name)


def loaders(artifact: Artifact, container: Any, key: Any, choice: int) -> None:
    """Another way to be read."""
    container[key]["__loader__"] = LOADERS[choice % len(LOADERS)]


def additions(artifact: Artifact, container: Any, key: Any, choice: int) -> None:
    """One attribute more."""
    every = [node for node in artifact.objects() if isinstance(node.get("content"), dict)]
    node = every[choice % len(every)]["content"]
    content = node.get("content")
    if isinstance(content, dict):
        content[NAMES[choice % len(NAMES)]] = copy.deepcopy(container[key])
        node.get("key_types", {}).get("content", []).append(
            {"__class__": "str", "__module__": "builtins", "__loader__": "TypeNode"}
        )


def sharing(artifact: Artifact, container: Any, key: Any, choice: int) -> None:
    """One name for two nodes, or a node that is inside itself."""
    every = places(artifact)
    other, name = every[choice % len(every)]
    container[key]["__id__"] = other[name].get("__id__", 1)
    if choice % 2:
        container[key] = {"__loader__": "CachedNode", "__id__": other[name].get("__id__", 1)}


def damage(artifact: Artifact, container: Any, key: Any, choice: int) -> None:
    """Other bytes in an array's file."""
    names = sorted(artifact.files)
    if names:
        name = names[choice % len(names)]
        data = bytearray(artifact.files[name])
        if data:
            data[choice // 5 % len(data)] ^= 1 + choice % 255
        artifact.files[name] = bytes(data)


def oversize(artifact: Artifact, container: Any, key: Any, choice: int) -> None:
    """A million zeros, or a thousand things inside each other."""
    if choice % 2:
        container[key] = artifact.as_array(np.zeros((10**6,) if choice % 3 else (1000, 1000)))
        return
    node, a_list = plain(0), {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode"}
    for _ in range(200):
        node = {**a_list, "content": [node] * 2}
        if len(json.dumps(node)) > 100_000:
            break
    container[key] = node


CHANGES: dict[str, Callable[[Artifact, Any, Any, int], None]] = {
    one.__name__: one
    for one in (
        *(value, removal, swap, callables, elements, shape, types, length, names, loaders),
        *(additions, sharing, damage, oversize),
    )
}


def forge(data: bytes, changes: Sequence[tuple[str, int, int]]) -> bytes:
    """An artifact with changes, each a family, a place and a choice."""
    artifact = Artifact(data)
    for family, place, choice in changes:
        every = places(artifact)
        if every:
            container, key = every[place % len(every)]
            # What an earlier change has broken cannot always be changed once more.
            with suppress(AttributeError, IndexError, KeyError, TypeError):
                CHANGES[family](artifact, container, key, choice)
    return artifact.packed()
