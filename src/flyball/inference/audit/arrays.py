"""NumPy's arrays as models hold them: a few types of numbers and texts, read from their bytes alone."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Literal

import numpy as np

from flyball.domain.errors import ArtifactUntrusted

TREE_NODE = np.dtype(
    {
        "names": [
            *("left_child", "right_child", "feature", "threshold", "impurity"),
            *("n_node_samples", "weighted_n_node_samples", "missing_go_to_left"),
        ],
        "formats": ["<i8", "<i8", "<i8", "<f8", "<f8", "<i8", "<f8", "u1"],
        "offsets": [0, 8, 16, 24, 32, 40, 48, 56],
        "itemsize": 64,
    }
)
"""A node of a tree, as scikit-learn lays it out."""
BOOSTED_NODE = np.dtype(
    [
        *(("value", "<f8"), ("count", "<u4"), ("feature_idx", "<i8"), ("num_threshold", "<f8")),
        *(("missing_go_to_left", "u1"), ("left", "<u4"), ("right", "<u4"), ("gain", "<f8"), ("depth", "<u4")),
        *(("is_leaf", "u1"), ("bin_threshold", "u1"), ("is_categorical", "u1"), ("bitset_idx", "<u4")),
    ]
)
"""A node of a boosted tree."""
NUMBERS = ("<f8", "<f4", "<i8", "<i4", "<u8", "<u4", "|u1", "|b1")
LONGEST_TEXT = 10_000
MOST_DIMENSIONS = 4

_KNOWN: Mapping[str, np.dtype] = {
    **{repr(name): np.dtype(name) for name in NUMBERS},
    **{str(np.lib.format.dtype_to_descr(record)): record for record in (TREE_NODE, BOOSTED_NODE)},
}
_TEXT = re.compile(r"'<U(\d{1,5})'")
# As NumPy writes it, letter by letter. Its own reader evaluates the header as Python.
_HEADER = re.compile(
    r"\{'descr': (?P<type>.{1,500}), 'fortran_order': (?P<order>True|False), "
    r"'shape': \((?P<shape>[\d, ]{0,80})\), \} *\n",
    re.ASCII,
)


def read_array(content: bytearray) -> np.ndarray:
    """The array of a ``.npy`` file's bytes, which it goes on using.

    Raises ``ArtifactUntrusted`` for anything but the types above, in this machine's own byte order, with as
    many bytes as its shape says.
    """
    start, header = _header(content)
    dtype = _dtype(header["type"])
    shape = tuple(int(size) for size in header["shape"].replace(" ", "").split(",") if size)
    if len(shape) > MOST_DIMENSIONS or len(content) - start != math.prod(shape) * dtype.itemsize:
        raise _refused()
    order: Literal["C", "F"] = "F" if header["order"] == "True" else "C"
    array: np.ndarray = np.ndarray(shape, dtype, buffer=content, offset=start, order=order)
    if dtype.kind == "U":
        _check_texts(array)
    return array


def _header(content: bytearray) -> tuple[int, re.Match[str]]:
    major = content[6] if content[:6] == b"\x93NUMPY" and len(content) > 12 else 0
    wide = {1: 2, 2: 4}.get(major)
    if wide is None:
        raise _refused()
    start = 8 + wide
    end = start + int.from_bytes(content[8:start], "little")
    found = _HEADER.fullmatch(content[start : min(end, start + 1000)].decode("latin-1"))
    if found is None:
        raise _refused()
    return end, found


def _dtype(described: str) -> np.dtype:
    text = _TEXT.fullmatch(described)
    if text is not None and 0 < int(text[1]) <= LONGEST_TEXT:
        return np.dtype(f"<U{text[1]}")
    if described not in _KNOWN:
        raise _refused()
    return _KNOWN[described]


def _check_texts(array: np.ndarray) -> None:
    """No half of a surrogate pair and nothing beyond Unicode: making a text of that fails, or worse."""
    letters = np.ascontiguousarray(array).reshape(-1).view(np.uint32)
    if ((letters > 0x10FFFF) | ((letters >= 0xD800) & (letters <= 0xDFFF))).any():
        raise ArtifactUntrusted("The artifact holds a text that is none.")


def _refused() -> ArtifactUntrusted:
    return ArtifactUntrusted("The artifact holds an array of a kind that no model has.")
