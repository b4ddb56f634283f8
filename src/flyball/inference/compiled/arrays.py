"""A numpy array as data: what every compiled part is made of."""

from __future__ import annotations

import math
from typing import Literal

import msgspec
import numpy as np

from flyball.domain.errors import ArtifactCorrupt

MOST_DIMENSIONS = 3


class Array(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A numpy array as data: ``data`` holds its numbers row by row, little-endian."""

    dtype: Literal["<f8", "<f4", "<i8", "|u1"]
    shape: tuple[int, ...]
    data: bytes


def packed(array: np.ndarray) -> Array:
    """The array as data: floating-point numbers of 4 or 8 bytes, whole numbers of 8, bytes."""
    dtype = array.dtype.newbyteorder("<").str
    return Array(dtype, array.shape, np.ascontiguousarray(array, dtype=dtype).tobytes())  # type: ignore[arg-type] # any other is refused when it is read


def unpacked(array: Array) -> np.ndarray:
    """The array, read-only. Raises ``ArtifactCorrupt`` where its sizes do not fit its bytes."""
    if len(array.shape) > MOST_DIMENSIONS or any(size < 0 for size in array.shape):
        raise ArtifactCorrupt("The artifact holds an array of no shape that is known here.")
    dtype = np.dtype(array.dtype)
    if math.prod(array.shape) * dtype.itemsize != len(array.data):
        raise ArtifactCorrupt("The artifact holds an array whose shape does not fit its bytes.")
    try:
        return np.frombuffer(array.data, dtype=dtype).reshape(array.shape)
    except ValueError:  # no bytes, and a size beyond what can be counted
        raise ArtifactCorrupt("The artifact holds an array of no shape that is known here.") from None
