"""Thrift's compact protocol, in which a Parquet file's footer is written: structs read, and written again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

TRUE, FALSE, I8, I16, I32, I64, DOUBLE, BINARY, LIST, SET, _, STRUCT = range(1, 13)
"""Kinds of values; that of maps is in no footer."""
Value = tuple[int, Any]
"""A kind, and what is there: a number, bytes, the fields of a struct, or of a list the kind of its elements
and these."""
Struct = dict[int, Value]
"""Fields by their numbers."""


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def value(self, kind: int) -> Any:
        return READ[kind](self)

    def struct(self) -> Struct:
        fields: Struct = {}
        number = 0
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self.integer()
            fields[number] = (head & 15, self.value(head & 15))
        return fields

    def list(self) -> tuple[int, list[Any]]:
        head = self._byte()
        length = self._varint() if head >> 4 == 15 else head >> 4
        if head & 15 in (TRUE, FALSE):
            raise KeyError(head & 15)  # there they are bytes, and a footer has none
        return head & 15, [self.value(head & 15) for _ in range(length)]

    def integer(self) -> int:
        number = self._varint()
        return number >> 1 ^ -(number & 1)

    def binary(self) -> bytes:
        return self.some(self._varint())

    def some(self, length: int) -> bytes:
        found = self._data[self._at : self._at + length]
        if len(found) < length:
            raise IndexError(length)
        self._at += length
        return found

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _varint(self) -> int:
        number = shift = 0
        while (byte := self._byte()) & 0x80:
            number |= (byte & 0x7F) << shift
            shift += 7
        return number | byte << shift


READ: Mapping[int, Callable[[_Reader], Any]] = {
    TRUE: lambda _: None,
    FALSE: lambda _: None,
    I8: lambda reader: reader.some(1),
    **dict.fromkeys((I16, I32, I64), _Reader.integer),
    DOUBLE: lambda reader: reader.some(8),
    BINARY: _Reader.binary,
    **dict.fromkeys((LIST, SET), _Reader.list),
    STRUCT: _Reader.struct,
}


def read(data: bytes) -> Struct:
    """A struct. Raises ``ValueError`` for bytes that are none."""
    try:
        return _Reader(data).struct()
    except (IndexError, KeyError):
        raise ValueError("These bytes are no struct of the compact protocol.") from None


def written(fields: Struct) -> bytes:
    """A struct's bytes. Where one is wanted inside, its bytes may stand."""
    made = bytearray()
    before = 0
    for number, (kind, value) in sorted(fields.items()):
        apart = number - before
        made += bytes([apart << 4 | kind]) if 0 < apart < 16 else bytes([kind]) + _integer(number)
        made += _value(kind, value)
        before = number
    return bytes(made + b"\0")


def _value(kind: int, value: Any) -> bytes:
    if kind in (TRUE, FALSE):
        return b""
    if kind == BINARY:
        return _varint(len(value)) + bytes(value)
    if isinstance(value, bytes):
        return value
    if kind in (LIST, SET):
        return _list(*value)
    return written(value) if kind == STRUCT else _integer(value)


def _list(kind: int, values: list[Any]) -> bytes:
    length = len(values)
    head = bytes([length << 4 | kind]) if length < 15 else bytes([0xF0 | kind]) + _varint(length)
    return head + b"".join(_value(kind, each) for each in values)


def _integer(number: int) -> bytes:
    return _varint(number << 1 if number >= 0 else (-number << 1) - 1)


def _varint(number: int) -> bytes:
    groups = bytearray()
    while number > 0x7F:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(groups + bytes([number]))
