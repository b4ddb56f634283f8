"""The fast check of one row: what is in order passes in one typed step, all else goes to the slow check."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from flyball.domain.schema import MOST, Checked, Field, Kind, Schema, check, left_out
from flyball.domain.values import Scalar, parse_timestamp, timestamp_text
from flyball.typed import known

_TYPES: dict[Kind, Any] = {
    Kind.BOOLEAN: bool,
    Kind.CATEGORY: bool | int | str,
    Kind.TEXT: str,
    Kind.TIMESTAMP: str,
}
LARGEST = sys.float_info.max
"""Between it and its negative are all finite numbers: no bound lets NaN pass."""


class Checker:
    """Checks rows against one schema; gives what ``domain.schema.check`` gives, sooner.

    ``known`` names fields that are left out with a warning. May be shared by threads.
    """

    def __init__(self, schema: Schema, known: frozenset[str] = frozenset()) -> None:
        self.schema = schema
        self.known = known
        self._names = schema.names
        self._others = known - set(schema.names)
        self._shape = _shape(schema, self._others)
        self._tests = [
            (place, _Test(field))
            for place, field in enumerate(schema.fields)
            if field.kind in {Kind.TEXT, Kind.TIMESTAMP}
            or (field.kind is Kind.CATEGORY and _type(field) is _TYPES[Kind.CATEGORY])
        ]

    def check(self, values: Mapping[str, object], pointer: str = "") -> Checked:
        """The values as they are stored, or every problem; ``pointer`` is the row's place."""
        normal = self.fast(values)
        if normal is None:
            return check(self.schema, values, pointer=pointer, known=self.known)
        return Checked(normal, left_out(self._others, values, pointer) if self._others else [], [])

    def fast(self, values: Mapping[str, object]) -> dict[str, Scalar] | None:
        """The values as they are stored, where there is nothing to say about them; else ``None``."""
        if self._shape is None:
            return None
        try:
            plain = msgspec.structs.astuple(msgspec.convert(values, self._shape))
            normal = self._tested(list(plain)) if self._tests else plain
        except (ValueError, OverflowError):  # msgspec's and Unicode's errors are such
            return None
        return dict(zip(self._names, normal, strict=False))  # what is left out comes last

    def _tested(self, normal: list[Any]) -> list[Any]:
        for place, test in self._tests:
            value = normal[place]
            if value is not None:
                normal[place] = test(value)
        return normal


class _Test:
    """What a type cannot say of a field: categories that are not text, characters, moments.

    Gives the value as it is stored; raises ``ValueError`` where the slow check has something to say.
    """

    __slots__ = ("_seen", "_take")

    def __init__(self, field: Field) -> None:
        # The type is part of it: true and 1 are equal in Python and two categories in JSON.
        self._seen = frozenset((type(value), value) for value in _in_order(field))
        self._take = {Kind.CATEGORY: self._category, Kind.TEXT: self._text}.get(field.kind, self._timestamp)

    def __call__(self, value: Any) -> Scalar:
        return self._take(value)

    def _category(self, value: Scalar) -> Scalar:
        if (type(value), value) in self._seen:
            return value
        raise ValueError

    def _text(self, value: str) -> Scalar:
        if "\x00" in value:
            raise ValueError
        value.encode()  # raises a ValueError for half a surrogate pair, which may come in-process
        return value

    def _timestamp(self, value: str) -> Scalar:
        return timestamp_text(parse_timestamp(value))


def _in_order(field: Field) -> list[Scalar]:
    """The categories about which there is nothing to say."""
    checks = [(value, check(Schema((field,)), {field.name: value})) for value in field.categories]
    return [value for value, one in checks if not (one.problems or one.warnings)]


def _type(field: Field) -> Any:
    """The type of a field's values, with all that a type can say: finite numbers in a range, categories."""
    low = -math.inf if field.low is None else field.low
    high = math.inf if field.high is None else field.high
    if field.kind is Kind.NUMBER:
        return Annotated[float, msgspec.Meta(ge=max(low, -LARGEST), le=min(high, LARGEST))]
    if field.kind is Kind.INTEGER:
        whole = msgspec.Meta(ge=math.ceil(max(low, -MOST - 1)), le=math.floor(min(high, MOST)))
        return Annotated[int, whole]
    seen = _in_order(field) if field.kind is Kind.CATEGORY else []
    if seen and all(isinstance(value, str) for value in seen):
        return Literal[tuple(seen)]
    return _TYPES[field.kind]


def _shape(schema: Schema, others: frozenset[str]) -> type[msgspec.Struct] | None:
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    rename = {f"f{position}": field.name for position, field in enumerate(schema.fields)}
    rename |= {f"k{position}": name for position, name in enumerate(sorted(others))}
    try:
        for position, field in enumerate(schema.fields):
            name, wanted = f"f{position}", _type(field)
            fields.append((name, wanted | None, None) if field.nullable else (name, wanted))
        fields += [(f"k{position}", Any, None) for position in range(len(others))]
        shape = msgspec.defstruct(
            "Input", fields, rename=rename, forbid_unknown_fields=True, kw_only=True, gc=False
        )
        known(shape)
    except (ValueError, OverflowError):
        # A name with a quotation mark, or a range without a number in it: the slow check does the work.
        return None
    return shape
