"""Columns of staged files as expressions of SQL: pure text, no query is run to build one."""

from __future__ import annotations

from dataclasses import dataclass

from flyball.domain.schema import Kind
from flyball.snapshots.column_types import ColumnType
from flyball.snapshots.source import Staged

CASTS: dict[tuple[ColumnType, Kind], ColumnType] = {
    (ColumnType.NUMBER, Kind.NUMBER): ColumnType.NUMBER,
    (ColumnType.NUMBER, Kind.INTEGER): ColumnType.INTEGER,
    (ColumnType.NUMBER, Kind.CATEGORY): ColumnType.INTEGER,
    (ColumnType.INTEGER, Kind.NUMBER): ColumnType.NUMBER,
    (ColumnType.INTEGER, Kind.INTEGER): ColumnType.INTEGER,
    (ColumnType.INTEGER, Kind.BOOLEAN): ColumnType.BOOLEAN,
    (ColumnType.INTEGER, Kind.CATEGORY): ColumnType.INTEGER,
    (ColumnType.INTEGER, Kind.TEXT): ColumnType.TEXT,
    (ColumnType.BOOLEAN, Kind.BOOLEAN): ColumnType.BOOLEAN,
    (ColumnType.BOOLEAN, Kind.CATEGORY): ColumnType.BOOLEAN,
    (ColumnType.TEXT, Kind.NUMBER): ColumnType.NUMBER,
    (ColumnType.TEXT, Kind.INTEGER): ColumnType.INTEGER,
    (ColumnType.TEXT, Kind.CATEGORY): ColumnType.TEXT,
    (ColumnType.TEXT, Kind.TEXT): ColumnType.TEXT,
    (ColumnType.TEXT, Kind.TIMESTAMP): ColumnType.MOMENT,
    (ColumnType.MOMENT, Kind.TIMESTAMP): ColumnType.MOMENT,
}
"""Which stored type a column becomes when a user states its kind; what is not here cannot be."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One column of a staged source, read as one type. Validation counts the values that it would lose."""

    staged: Staged
    name: str
    type: ColumnType

    def over(self, alias: str) -> str:
        """The values as this type, of a table called ``alias``; ``NULL`` where one is not of it."""
        return cast(plain(self.staged, self.name, alias), self.staged.type_of(self.name), self.type)

    def text(self, alias: str) -> str:
        """The values as text, spelled as ``domain.records.entity_key`` spells them."""
        return as_text(self.over(alias), self.type)

    def lost(self, alias: str) -> str:
        """The condition that a value is there and is not of this type."""
        if self.staged.type_of(self.name) is self.type:
            return "false"
        return f"{plain(self.staged, self.name, alias)} IS NOT NULL AND {self.over(alias)} IS NULL"


def as_it_is(staged: Staged, name: str) -> Reading:
    """A column in its own type."""
    return Reading(staged, name, staged.type_of(name))


def as_kind(staged: Staged, name: str, kind: Kind) -> Reading:
    """A column whose kind a user has stated. Raises ``DataError`` where its type cannot be one."""
    type_ = staged.type_of(name)
    if (type_, kind) not in CASTS:
        raise staged.source.fail(
            f"the column {name!r} ({type_.name.lower()}) cannot be read as {kind}.",
            "State another kind in fields=.",
        )
    return Reading(staged, name, CASTS[type_, kind])


def as_key(staged: Staged, name: str) -> Reading:
    """A key: whole numbers that came as floats are integers again. Raises ``DataError`` for moments."""
    type_ = staged.type_of(name)
    if type_ is ColumnType.MOMENT:
        raise staged.source.fail(f"the key {name!r} is a moment.", "A key is a number, a text or a boolean.")
    return Reading(staged, name, ColumnType.INTEGER if type_ is ColumnType.NUMBER else type_)


def as_number(staged: Staged, name: str) -> Reading:
    """A weight. Raises ``DataError`` where the column holds something else than numbers."""
    type_ = staged.type_of(name)
    if type_ not in {ColumnType.NUMBER, ColumnType.INTEGER}:
        raise staged.source.fail(f"the weight {name!r} is a {type_.name.lower()}.", "A weight is a number.")
    return Reading(staged, name, ColumnType.NUMBER)


def as_moment(staged: Staged, name: str) -> Reading:
    """A time. Raises ``DataError`` where the column holds something else than moments or texts."""
    if staged.type_of(name) not in {ColumnType.MOMENT, ColumnType.TEXT}:
        raise staged.source.fail(f"the time {name!r} is a number.", "A time is a date or a timestamp.")
    return Reading(staged, name, ColumnType.MOMENT)


MOMENT = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}(:?\d{2})?)?)?$"
"""ISO 8601, down to a date alone."""


def moment_of_text(expression: str) -> str:
    """A text as a moment in UTC; ``NULL`` for any other text. (``TIMESTAMP`` alone would ignore offsets.)"""
    moment = f"CAST(TRY_CAST({expression} AS TIMESTAMPTZ) AS TIMESTAMP)"
    return f"CASE WHEN regexp_full_match({expression}, '{MOMENT}') THEN {moment} END"


DAY = "INTERVAL '86399999999 microseconds'"
"""From the first moment of a day to its last."""


def last_moment(reading: Reading, alias: str) -> str:
    """A moment; of a date, the last one of that day: what is dated so may have happened until then."""
    moment, column = reading.over(alias), f"{alias}.{reading.staged.column(reading.name)}"
    if reading.name in reading.staged.days:
        return f"{moment} + {DAY}"
    if reading.staged.type_of(reading.name) is ColumnType.TEXT:
        return f"CASE WHEN length({column}) = 10 THEN {moment} + {DAY} ELSE {moment} END"
    return moment


def plain(staged: Staged, name: str, alias: str) -> str:
    """A column as an expression. NaN is missing, and there is one zero."""
    column = f"{alias}.{staged.column(name)}"
    if staged.type_of(name) is not ColumnType.NUMBER:
        return column
    return f"CASE WHEN isnan({column}) THEN NULL ELSE {column} + 0.0 END"


def cast(expression: str, before: ColumnType, after: ColumnType) -> str:
    """An expression as another type, ``NULL`` where a value is not one of it."""
    if before is after:
        return expression
    if before is ColumnType.TEXT and after is ColumnType.MOMENT:
        return moment_of_text(expression)
    attempt = f"TRY_CAST({expression} AS {after})"
    if before is ColumnType.NUMBER and after is ColumnType.INTEGER:
        return f"CASE WHEN {attempt} = {expression} THEN {attempt} END"
    if before is ColumnType.TEXT and after is ColumnType.INTEGER:
        return f"CASE WHEN regexp_full_match({expression}, '[+-]?[0-9]+(\\.0*)?') THEN {attempt} END"
    if before is ColumnType.INTEGER and after is ColumnType.BOOLEAN:
        return f"CASE WHEN {expression} IN (0, 1) THEN {expression} = 1 END"
    return attempt


def quoted(name: str) -> str:
    """A column's name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def as_text(expression: str, type_: ColumnType) -> str:
    """A key as text, spelled as ``domain.records.entity_key`` spells it."""
    return expression if type_ is ColumnType.TEXT else f"CAST({expression} AS VARCHAR)"
