"""Columns of staged files as expressions of SQL: keys, moments, and kinds that a user has stated."""

from __future__ import annotations

from flyball.domain.schema import Kind
from flyball.snapshots.physical import Physical
from flyball.snapshots.source import Staged
from flyball.snapshots.workspace import Workspace, parquet

CASTS: dict[tuple[Physical, Kind], Physical] = {
    (Physical.NUMBER, Kind.NUMBER): Physical.NUMBER,
    (Physical.NUMBER, Kind.INTEGER): Physical.INTEGER,
    (Physical.NUMBER, Kind.CATEGORY): Physical.INTEGER,
    (Physical.INTEGER, Kind.NUMBER): Physical.NUMBER,
    (Physical.INTEGER, Kind.INTEGER): Physical.INTEGER,
    (Physical.INTEGER, Kind.BOOLEAN): Physical.BOOLEAN,
    (Physical.INTEGER, Kind.CATEGORY): Physical.INTEGER,
    (Physical.INTEGER, Kind.TEXT): Physical.TEXT,
    (Physical.BOOLEAN, Kind.BOOLEAN): Physical.BOOLEAN,
    (Physical.BOOLEAN, Kind.CATEGORY): Physical.BOOLEAN,
    (Physical.TEXT, Kind.NUMBER): Physical.NUMBER,
    (Physical.TEXT, Kind.INTEGER): Physical.INTEGER,
    (Physical.TEXT, Kind.CATEGORY): Physical.TEXT,
    (Physical.TEXT, Kind.TEXT): Physical.TEXT,
    (Physical.TEXT, Kind.TIMESTAMP): Physical.MOMENT,
    (Physical.MOMENT, Kind.TIMESTAMP): Physical.MOMENT,
}
"""Which stored type a column becomes when a user states its kind; what is not here cannot be."""


MOMENT = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}(:?\d{2})?)?)?$"
"""ISO 8601, down to a date alone."""


def moment_of_text(expression: str) -> str:
    """A text as a moment in UTC, ``NULL`` where it is none. (A plain ``TIMESTAMP`` would ignore offsets.)"""
    moment = f"CAST(TRY_CAST({expression} AS TIMESTAMPTZ) AS TIMESTAMP)"
    return f"CASE WHEN regexp_full_match({expression}, '{MOMENT}') THEN {moment} END"


def plain(staged: Staged, name: str, alias: str) -> str:
    """A column as an expression. NaN is missing, and there is one zero."""
    column = f"{alias}.{staged.column(name)}"
    if staged.type_of(name) is not Physical.NUMBER:
        return column
    return f"CASE WHEN isnan({column}) THEN NULL ELSE {column} + 0.0 END"


def cast(expression: str, before: Physical, after: Physical) -> str:
    """An expression as another type, ``NULL`` where a value is not one of it."""
    if before is after:
        return expression
    if before is Physical.TEXT and after is Physical.MOMENT:
        return moment_of_text(expression)
    attempt = f"TRY_CAST({expression} AS {after})"
    if before is Physical.NUMBER and after is Physical.INTEGER:
        return f"CASE WHEN {attempt} = {expression} THEN {attempt} END"
    if before is Physical.TEXT and after is Physical.INTEGER:
        return f"CASE WHEN regexp_full_match({expression}, '[+-]?[0-9]+') THEN {attempt} END"
    if before is Physical.INTEGER and after is Physical.BOOLEAN:
        return f"CASE WHEN {expression} IN (0, 1) THEN {expression} = 1 END"
    return attempt


def converted(workspace: Workspace, staged: Staged, name: str, alias: str, after: Physical) -> str:
    """A column as another type. Raises ``DataError`` where a value does not fit: none is lost unseen."""
    expression = cast(plain(staged, name, alias), staged.type_of(name), after)
    if staged.type_of(name) is not after:
        lost = f"{plain(staged, name, alias)} IS NOT NULL AND {expression} IS NULL"
        count = workspace.row(f"SELECT count(*) FROM {parquet(staged.path)} {alias} WHERE {lost}")[0]
        if count:
            raise staged.source.fail(
                f"{count} values of the column {name!r} are not of type {after.name.lower()}.",
                "State another kind in fields=, or correct the data.",
            )
    return expression


def stated(staged: Staged, name: str, kind: Kind) -> Physical:
    """The type of a column whose kind a user has stated. Raises ``DataError`` where it cannot be one."""
    type_ = staged.type_of(name)
    if (type_, kind) not in CASTS:
        raise staged.source.fail(
            f"the column {name!r} ({type_.name.lower()}) cannot be read as {kind}.",
            "State another kind in fields=.",
        )
    return CASTS[type_, kind]


def as_key(workspace: Workspace, staged: Staged, name: str, alias: str) -> tuple[str, Physical]:
    """A key as an expression with its type: whole numbers that came as floats are integers again."""
    type_ = staged.type_of(name)
    if type_ is Physical.MOMENT:
        raise staged.source.fail(f"the key {name!r} is a moment.", "A key is a number, a text or a boolean.")
    if type_ is Physical.NUMBER:
        return converted(workspace, staged, name, alias, Physical.INTEGER), Physical.INTEGER
    return plain(staged, name, alias), type_


def as_moment(workspace: Workspace, staged: Staged, name: str, alias: str) -> str:
    """A time as an expression. Raises ``DataError`` where the column holds something else."""
    if staged.type_of(name) not in {Physical.MOMENT, Physical.TEXT}:
        raise staged.source.fail(f"the time {name!r} is a number.", "A time is a date or a timestamp.")
    return converted(workspace, staged, name, alias, Physical.MOMENT)


def as_text(expression: str, type_: Physical) -> str:
    """A key as text, spelled as ``domain.records.entity_key`` spells it."""
    return expression if type_ is Physical.TEXT else f"CAST({expression} AS VARCHAR)"
