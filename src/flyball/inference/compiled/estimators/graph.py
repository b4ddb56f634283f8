"""Trees as a graph for ONNX Runtime: one TreeEnsemble node, written from checked arrays."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

# Nothing of a graph is ever read from an artifact. The wire format is protobuf's, the messages and their
# numbers those of onnx.proto; the operator is ai.onnx.ml.TreeEnsemble, version 5.
IR_VERSION = 10
OPERATORS = {"": 21, "ai.onnx.ml": 5}
DOUBLE, BYTES = 11, 2
"""``TensorProto.DataType``."""
INTEGER, TENSOR, INTEGERS = 2, 4, 7
"""``AttributeProto.AttributeType``."""


def written(attributes: Mapping[str, int | np.ndarray], columns: int, outputs: int) -> bytes:
    """A model with one TreeEnsemble node from "rows" (any, columns) to "sums" (any, outputs), float64.

    Arrays of whole numbers become lists, others tensors.
    """
    node = _text(1, "rows") + _text(2, "sums") + _text(4, "TreeEnsemble") + _text(7, "ai.onnx.ml")
    node += b"".join(_block(5, _attribute(name, value)) for name, value in attributes.items())
    graph = _block(1, node) + _text(2, "trees")
    graph += _block(11, _port("rows", columns)) + _block(12, _port("sums", outputs))
    imports = b"".join(_block(8, _text(1, name) + _whole(2, number)) for name, number in OPERATORS.items())
    return _whole(1, IR_VERSION) + imports + _block(7, graph)


def _attribute(name: str, value: int | np.ndarray) -> bytes:
    if isinstance(value, int):
        return _text(1, name) + _whole(3, value) + _whole(20, INTEGER)
    if value.dtype == np.int64:
        return _text(1, name) + _block(8, _numbers(value)) + _whole(20, INTEGERS)
    kind = DOUBLE if value.dtype == np.float64 else BYTES
    content: bytes = value.tobytes()
    tensor = _whole(1, len(value)) + _whole(2, kind) + _block(9, content)
    return _text(1, name) + _block(5, tensor) + _whole(20, TENSOR)


def _port(name: str, width: int) -> bytes:
    shape = _block(1, _text(2, "any")) + _block(1, _whole(1, width))
    tensor = _whole(1, DOUBLE) + _block(2, shape)
    return _text(1, name) + _block(2, _block(1, tensor))


def _numbers(values: np.ndarray) -> bytes:
    """Whole numbers below 2**35, five bytes each: the format allows leading zeros, and numpy no loop."""
    groups = (values[:, np.newaxis] >> np.array([0, 7, 14, 21, 28])) & 0x7F
    groups[:, :4] |= 0x80
    content: bytes = groups.astype(np.uint8).tobytes()
    return content


def _varint(number: int) -> bytes:
    groups = bytearray()
    while number > 0x7F:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    groups.append(number)
    return bytes(groups)


def _whole(field: int, number: int) -> bytes:
    return _varint(field << 3) + _varint(number)


def _block(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _text(field: int, content: str) -> bytes:
    return _block(field, content.encode())
