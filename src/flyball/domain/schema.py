"""The schema of a version: its fields, and the slow, complete check of one row against them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from flyball.domain.errors import Problem
from flyball.domain.values import Scalar, parse_timestamp, timestamp_text

Unseen = Literal["warn", "refuse"]
MOST = 2**63 - 1
"""The largest whole number: what is recorded must fit a database column and a snapshot again."""

LEFT_OUT = "The version that answers does not take this; it is left out."


class Kind(StrEnum):
    """What a field holds."""

    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CATEGORY = "category"
    TEXT = "text"
    TIMESTAMP = "timestamp"


KINDS = frozenset(kind.value for kind in Kind)
NUMERIC = frozenset({Kind.NUMBER, Kind.INTEGER, Kind.BOOLEAN})
"""What models see as a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a schema.

    ``categories`` are the values seen in the snapshot, or declared (category only), ``labels`` what people
    call them, in the same order (none where nobody has said); ``low`` and ``high`` the observed
    range (number and integer only); ``source`` is ``request`` or the feature table's name; ``unseen``
    says whether a value outside categories or range is refused or answered with a warning.
    """

    name: str
    kind: Kind
    nullable: bool = False
    categories: tuple[Scalar, ...] = ()
    labels: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    source: str = "request"
    unseen: Unseen = "warn"


@dataclass(frozen=True, slots=True)
class Schema:
    """The fields of a version, in the order its model takes them."""

    fields: tuple[Field, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The fields' names, in order."""
        return tuple(field.name for field in self.fields)

    def of(self, source: str) -> Schema:
        """The fields that come from one source."""
        return Schema(tuple(field for field in self.fields if field.source == source))


@dataclass(slots=True)
class Checked:
    """The outcome of a check: normalised values in the schema's order, warnings, and problems."""

    values: dict[str, Scalar]
    warnings: list[Problem]
    problems: list[Problem]


def union(schemas: Iterable[Schema]) -> Schema:
    """Every field of several versions; one that some version does not need, or may be null, is nullable."""
    every = list(schemas)
    merged: dict[str, Field] = {}
    for schema in every:
        for field in schema.fields:
            known = merged.setdefault(field.name, field)
            merged[field.name] = replace(known, nullable=known.nullable or field.nullable)
    needed_by_all = set.intersection(*(set(schema.names) for schema in every)) if every else set()
    return Schema(
        tuple(
            field if field.name in needed_by_all else replace(field, nullable=True)
            for field in merged.values()
        )
    )


def check(
    schema: Schema, values: Mapping[str, object], *, pointer: str = "", known: frozenset[str] = frozenset()
) -> Checked:
    """Check one row completely: every problem is found, each with its JSON pointer; no value is echoed.

    ``pointer`` is the row's own place in the request; ``known`` names fields that another version takes or
    took: they are left out with a warning. Integral floats become integers; booleans are not numbers.
    """
    checked = Checked({}, [], [])
    for field in schema.fields:
        here = f"{pointer}/{escape(field.name)}"
        value = values.get(field.name)
        if value is None:
            checked.values[field.name] = None
            if not field.nullable:
                checked.problems.append(Problem(here, "missing", "A value is needed."))
            continue
        _check_value(field, value, here, checked)
    own = set(schema.names)
    for name in values:
        if name not in own and name not in known:
            place = f"{pointer}/{escape(name)}"
            checked.problems.append(Problem(place, "unknown_field", "The schema has no such field."))
    checked.warnings += left_out(known - own, values, pointer)
    return checked


TAKEN = {
    Kind.NUMBER: {Kind.NUMBER, Kind.INTEGER},
    Kind.CATEGORY: {Kind.CATEGORY, Kind.TEXT, Kind.INTEGER, Kind.BOOLEAN, Kind.TIMESTAMP},
    Kind.TEXT: {Kind.TEXT, Kind.TIMESTAMP},
}
"""Of which kinds each takes every value; of the others, its own alone."""


def stricter(before: Schema, after: Schema) -> list[str]:
    """Why a row that passes ``before`` may be refused by ``after``, a sentence each; else none."""
    known = {field.name: field for field in before.fields}
    return [reason for field in after.fields if (reason := _stricter(known.get(field.name), field))]


def _stricter(before: Field | None, after: Field) -> str:
    if before is None or before.source != after.source:
        return "" if after.nullable else f"{after.name} must be there."
    if before.nullable and not after.nullable:
        return f"{after.name} may not be left out."
    if before.kind not in TAKEN.get(after.kind, {after.kind}):
        return f"{after.name} is read as {after.kind.value}, not as {before.kind.value}."
    if after.unseen == "refuse" and not (before.unseen == "refuse" and _is_within(before, after)):
        return f"{after.name} refuses values that are answered now."
    return ""


def _is_within(one: Field, other: Field) -> bool:
    """Whether all that one has seen the other has seen, too."""
    seen = {(type(each), each) for each in other.categories}
    lows = [-math.inf if each.low is None else each.low for each in (other, one)]
    highs = [math.inf if each.high is None else each.high for each in (one, other)]
    return (
        all((type(each), each) in seen for each in one.categories)
        and lows == sorted(lows)
        and highs == sorted(highs)
    )


def left_out(names: Collection[str], values: Mapping[str, object], pointer: str) -> list[Problem]:
    """A warning for each value that was sent under one of these names; ``null`` counts as not sent."""
    return [
        Problem(f"{pointer}/{escape(name)}", "field_left_out", LEFT_OUT)
        for name, value in values.items()
        if name in names and value is not None
    ]


def escape(name: str) -> str:
    """A name as one token of a JSON pointer (RFC 6901, section 3)."""
    return name.replace("~", "~0").replace("/", "~1")


def _check_value(field: Field, value: object, here: str, checked: Checked) -> None:
    try:
        normal = _normalise(field.kind, value)
    except ValueError as error:
        checked.problems.append(Problem(here, "wrong_type", str(error)))
        return
    checked.values[field.name] = normal
    problem = _outside(field, normal, here)
    if problem:
        (checked.problems if field.unseen == "refuse" else checked.warnings).append(problem)


def _normalise(kind: Kind, value: object) -> Scalar:
    if kind in {Kind.NUMBER, Kind.INTEGER}:
        return _number(kind, value)
    if kind is Kind.BOOLEAN:
        if isinstance(value, bool):
            return value
        raise ValueError("Expected true or false.")
    if kind is Kind.TIMESTAMP:
        return _timestamp(value)
    if kind is Kind.CATEGORY:
        return _category(value)
    return _text(value)


def _number(kind: Kind, value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("Expected a number.")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError("Expected a finite number.")
    if kind is Kind.NUMBER:
        return number
    return _whole(value)


def _whole(value: int | float) -> int:
    if isinstance(value, float) and not value.is_integer():
        raise ValueError("Expected a whole number.")
    if not -MOST - 1 <= value <= MOST:
        raise ValueError("Expected a whole number of at most 64 bits.")
    return int(value)


def _category(value: object) -> Scalar:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return _whole(value)
    if not isinstance(value, str):
        raise ValueError("Expected text, a whole number, true or false.")
    return _text(value)


def _timestamp(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("Expected a timestamp as ISO 8601 text.")
    try:
        return timestamp_text(parse_timestamp(value))
    except (ValueError, OverflowError):
        raise ValueError("Expected a timestamp as ISO 8601 text.") from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("Expected text.")
    if "\x00" in value:
        raise ValueError("Text may not hold a NUL character.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("Text may not hold half of a surrogate pair.") from None
    return value


def _outside(field: Field, value: Scalar, here: str) -> Problem | None:
    if field.kind is Kind.CATEGORY:
        # The type counts too: JSON's true and 1 are different categories, although Python calls them equal.
        if any(type(known) is type(value) and known == value for known in field.categories):
            return None
        return Problem(here, "unseen_category", "The model has not seen this category.")
    if isinstance(value, int | float) and not isinstance(value, bool):
        below = field.low is not None and value < field.low
        above = field.high is not None and value > field.high
        if below or above:
            return Problem(here, "out_of_range", f"Outside the range {field.low} to {field.high}.")
    return None
