"""Objects from outside, read field by field: each problem is noted with its place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flyball.domain.errors import MOST_PROBLEMS, Problem
from flyball.domain.records import LONGEST_ENTITY, fits
from flyball.domain.schema import Field, Kind, Schema, check, escape
from flyball.domain.values import Scalar, day_of, parse_timestamp
from flyball.serving.calls import Row

LONGEST_REFERENCE = 255
"""Characters of a reference: its column's width."""
MOST_FIELDS = 10_000
"""Fields of one row's input."""
ROW = frozenset({"entity", "input", "reference"})
"""The fields of a row."""


class Form:
    """One object of the body. ``null`` means that a field is left out.

    ``names`` are the fields it may have; ``problems`` is the list that every form of a request shares.
    """

    def __init__(self, value: object, pointer: str, problems: list[Problem], names: frozenset[str]) -> None:
        self.pointer = pointer
        self.problems = problems
        self.values: Mapping[str, Any] = value if isinstance(value, dict) else {}
        if not isinstance(value, dict):
            self.note("", "wrong_type", "Expected an object.")
        for name in self.values:
            if name not in names:
                self.note(name, "unknown_field", "There is no such field here.")

    def __contains__(self, name: str) -> bool:
        return self.values.get(name) is not None

    def place(self, name: str) -> str:
        """The JSON pointer of a field; of the object itself for an empty name."""
        return f"{self.pointer}/{escape(name)}" if name else self.pointer

    def note(self, name: str, code: str, message: str) -> None:
        """Note a problem with a field, or with the object itself for an empty name.

        None after the first beyond ``MOST_PROBLEMS``: nobody reads more, and a hostile body would fill the
        memory.
        """
        if len(self.problems) <= MOST_PROBLEMS:
            self.problems.append(Problem(self.place(name), code, message))

    def scalar(self, name: str, kind: Kind) -> Any:
        """A field of a kind, by the schema's own rules; ``None`` where it is left out or wrong."""
        if name not in self:
            return None
        checked = check(_one(name, kind), {name: self.values[name]})
        for problem in checked.problems:
            self.note(name, problem.code, problem.message)
        return None if checked.problems else checked.values[name]

    def reference(self) -> str | None:
        """The caller's own id: 1 to 255 characters."""
        text: str | None = self.scalar("reference", Kind.TEXT)
        if text is not None and not 1 <= len(text) <= LONGEST_REFERENCE:
            self.note("reference", "wrong_length", f"Expected 1 to {LONGEST_REFERENCE} characters.")
        return text

    def identity(self, name: str) -> UUID | None:
        """A field that holds an id."""
        text = self.scalar(name, Kind.TEXT)
        identity = None if text is None else read_id(text)
        if text is not None and identity is None:
            self.note(name, "wrong_type", "Expected an id.")
        return identity

    def moment_or_day(self, name: str) -> datetime | date | None:
        """A field that holds a moment, in UTC where it names no zone; a date alone stays one."""
        text = self.scalar(name, Kind.TIMESTAMP)
        return None if text is None else day_of(self.values[name]) or parse_timestamp(text)

    def fields(self, name: str) -> dict[str, object]:
        """A field that holds an object; empty where it is left out or wrong."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, dict):
            self.note(name, "wrong_type", "Expected an object.")
        return value if isinstance(value, dict) else {}

    def items(self, name: str) -> list[object] | None:
        """A field that holds a list; ``None`` where it is left out or wrong."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, list):
            self.note(name, "wrong_type", "Expected a list.")
        return value if isinstance(value, list) else None

    def entity(self) -> dict[str, Scalar]:
        """The entity: names with text, finite numbers and booleans."""
        values: dict[str, Scalar] = {}
        before = len(self.problems)
        for name, value in self.fields("entity").items():
            values[name] = self._key(name, value)
        if len(self.problems) == before and not fits(values):
            message = f"Expected at most {LONGEST_ENTITY} bytes, names and values together."
            self.note("entity", "wrong_length", message)
        return values

    def row(self) -> Row:
        """One row to predict, where this object is one."""
        values = self.fields("input")
        if len(values) > MOST_FIELDS:
            self.note("input", "too_many", f"Expected at most {MOST_FIELDS} fields.")
            values = {}
        return Row(entity=self.entity(), input=values, reference=self.reference(), pointer=self.pointer)

    def _key(self, name: str, value: object) -> Scalar:
        # A key may have a fraction; a category may not.
        broken = isinstance(value, float) and not value.is_integer()
        kind = Kind.NUMBER if broken else Kind.CATEGORY
        checked = check(_one(name, kind), {name: value}, pointer=self.place("entity"))
        if not is_clean(name):
            self.note("entity", "wrong_type", "A name may not hold NUL or half of a surrogate pair.")
        self.problems.extend(checked.problems)
        return checked.values.get(name)


def read_id(text: str) -> UUID | None:
    """An id from its usual text, 8-4-4-4-12 hexadecimal digits; ``None`` for any other text."""
    try:
        identity = UUID(text)
    except ValueError:
        return None
    return identity if str(identity) == text.lower() else None


def _one(name: str, kind: Kind) -> Schema:
    return Schema((Field(name=name, kind=kind),))


def is_clean(text: str) -> bool:
    """Whether a text can be stored: no NUL, no half of a surrogate pair."""
    try:
        return b"\x00" not in text.encode()
    except UnicodeEncodeError:
        return False
