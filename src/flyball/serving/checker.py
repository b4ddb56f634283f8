"""The fast check of one row: what is in order passes in one typed step, all else goes to the slow check."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from flyball.domain.schema import MOST, Checked, Field, Kind, Schema, check, left_out
from flyball.domain.values import Scalar, parse_timestamp, timestamp_text

_WHOLE = Annotated[int, msgspec.Meta(ge=-MOST - 1, le=MOST)]
_TYPES: dict[Kind, Any] = {
    Kind.NUMBER: float,
    Kind.INTEGER: _WHOLE,
    Kind.BOOLEAN: bool,
    Kind.CATEGORY: bool | int | str,
    Kind.TEXT: str,
    Kind.TIMESTAMP: str,
}


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
            if field.kind is not Kind.BOOLEAN
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
            normal = list(msgspec.structs.astuple(msgspec.convert(values, self._shape)))
            for place, test in self._tests:
                value = normal[place]
                if value is not None:
                    normal[place] = test(value)
        except (ValueError, OverflowError):  # msgspec's and Unicode's errors are such
            return None
        return dict(zip(self._names, normal, strict=False))  # what is left out comes last


class _Test:
    """What a type cannot say of a field: its range, its categories, its characters.

    Gives the value as it is stored; raises ``ValueError`` where the slow check has something to say.
    """

    __slots__ = ("_high", "_low", "_seen", "_take")

    def __init__(self, field: Field) -> None:
        self._low = -math.inf if field.low is None else field.low
        self._high = math.inf if field.high is None else field.high
        # The type is part of it: true and 1 are equal in Python and two categories in JSON.
        self._seen = frozenset(
            (type(value), value) for value in field.categories if _is_in_order(field, value)
        )
        self._take = {
            Kind.CATEGORY: self._category,
            Kind.TEXT: self._text,
            Kind.TIMESTAMP: self._timestamp,
        }.get(field.kind, self._number)

    def __call__(self, value: Any) -> Scalar:
        return self._take(value)

    def _number(self, value: float) -> Scalar:
        if self._low <= value <= self._high and math.isfinite(value):
            return value
        raise ValueError

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


def _is_in_order(field: Field, category: Scalar) -> bool:
    checked = check(Schema((field,)), {field.name: category})
    return not (checked.problems or checked.warnings)


def _shape(schema: Schema, others: frozenset[str]) -> type[msgspec.Struct] | None:
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    rename: dict[str, str] = {}
    for position, field in enumerate(schema.fields):
        rename[f"f{position}"] = field.name
        wanted = _TYPES[field.kind]
        fields.append((f"f{position}", wanted | None, None) if field.nullable else (f"f{position}", wanted))
    for position, name in enumerate(sorted(others)):
        rename[f"k{position}"] = name
        fields.append((f"k{position}", Any, None))
    try:
        return msgspec.defstruct(
            "Input", fields, rename=rename, forbid_unknown_fields=True, kw_only=True, gc=False
        )
    except ValueError:
        return None  # a name with a quotation mark: msgspec takes none, so the slow check does the work
