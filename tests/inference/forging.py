"""Hostile artifacts: a sound one's description is changed by hand, and its arrays with it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from flyball.inference import allowlist

Node = dict[str, Any]


class Artifact:
    """An artifact taken apart: ``root`` is its description, ``files`` its arrays."""

    def __init__(self, data: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            self.files = {name: archive.read(name) for name in archive.namelist()}
        self.root: Node = json.loads(self.files.pop("schema.json"))

    def packed(self) -> bytes:
        """The artifact as bytes again."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr("schema.json", json.dumps(self.root))
            for name, data in self.files.items():
                archive.writestr(name, data)
        return buffer.getvalue()

    def inside(self, path: str = "") -> Any:
        """What is inside the node at a path: attributes by name, values by key, or a list of values."""
        content = self.at(path)["content"]
        return content["content"] if isinstance(content, dict) and "__loader__" in content else content

    def at(self, path: str) -> Node:
        """The node at a path such as ``steps.1.1.coef_``: names of attributes, keys, places in a list."""
        if not path:
            return self.root
        where, _, last = path.rpartition(".")
        content = self.inside(where)
        found: Node = content[int(last)] if isinstance(content, list) else content[last]
        return found

    def replace(self, path: str, node: Node) -> None:
        """Another node at a path."""
        where, _, last = path.rpartition(".")
        content = self.inside(where)
        content[int(last) if isinstance(content, list) else last] = node

    def array(self, path: str) -> np.ndarray:
        """The array at a path, to be changed and put back."""
        found: np.ndarray = np.load(self.stream(self.at(path)["file"]), allow_pickle=False)
        return found

    def stream(self, name: str) -> io.BytesIO:
        """A file's bytes, to be read."""
        return io.BytesIO(self.files[name])

    def put(self, path: str, array: np.ndarray) -> None:
        """Another array at a path."""
        node = self.at(path)
        node.update(self.as_array(array))

    def as_array(self, array: np.ndarray) -> Node:
        """An array as a node, its bytes among the files."""
        buffer = io.BytesIO()
        np.save(buffer, array, allow_pickle=False)
        name = f"forged{len(self.files)}.npy"
        self.files[name] = buffer.getvalue()
        return {
            "__class__": "ndarray",
            "__module__": "numpy",
            "__loader__": "NdArrayNode",
            "type": "numpy",
            "file": name,
        }

    def objects(self) -> Iterator[Node]:
        """Every object in it, the outermost first."""
        waiting: list[Any] = [self.root]
        while waiting:
            node = waiting.pop(0)
            if isinstance(node, dict):
                if node.get("__loader__") in {"ObjectNode", "TreeNode"}:
                    yield node
                waiting.extend(node.values())
            elif isinstance(node, list):
                waiting.extend(node)


def plain(value: Any) -> Node:
    """A plain value as a node."""
    return {
        "__class__": "str",
        "__module__": "builtins",
        "__loader__": "JsonNode",
        "content": json.dumps(value),
        "is_json": True,
    }


def function(module: str, name: str) -> Node:
    """A function as a node."""
    return {"__class__": name, "__module__": module, "__loader__": "FunctionNode"}


def forged(model: Any, edit: Callable[[Artifact], None]) -> bytes:
    """A model's artifact, changed."""
    artifact = Artifact(allowlist.dump(model))
    edit(artifact)
    return artifact.packed()
