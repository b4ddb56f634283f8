"""Predictions as rows of their table, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from flyball.domain.errors import Problem
from flyball.domain.records import Prediction, entity_key
from flyball.stores.database import Database, rows_of

COLUMNS = (
    "id",
    "endpoint",
    "version",
    "arm",
    "route",
    "segment",
    "reference",
    "entity",
    "entity_key",
    "input",
    "output",
    "decision",
    "latency",
    "propensity",
    "test",
    "answered",
    "warnings",
    "created_at",
    "erased_at",
)
NAMES = ", ".join(COLUMNS)
STATEMENT_ROWS = 500
"""Rows in one statement: 19 values each stay well under SQLite's limit of 32,766."""


def insert(database: Database, connection: Any, predictions: Sequence[Prediction]) -> None:
    """Insert predictions, in the transaction that is open: ``COPY`` on PostgreSQL, else many rows at once."""
    # Those of one group were made at one moment.
    moments = {each: database.moment_in(each) for each in {one.created_at for one in predictions}}
    rows = [_row(database, each, moments[each.created_at]) for each in predictions]
    if database.is_postgres and len(rows) > 1:
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY flyball_prediction ({NAMES}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)
        return
    for start in range(0, len(rows), STATEMENT_ROWS):
        some = rows[start : start + STATEMENT_ROWS]
        marks = rows_of(len(some), len(COLUMNS))
        sql = f"INSERT INTO flyball_prediction ({NAMES}) VALUES {marks}"  # noqa: S608 - constants
        connection.execute(database.sql(sql), [value for row in some for value in row])


def prediction(database: Database, row: Sequence[Any]) -> Prediction:
    """A prediction from a row of ``COLUMNS``. One that is erased has an empty input and output."""
    values = dict(zip(COLUMNS, row, strict=True))
    del values["entity_key"]
    values["id"] = database.id_out(values["id"])
    for name in ("entity", "input", "output"):
        values[name] = _restored(database.json_out(values[name])) or {}
    values["warnings"] = tuple(Problem(**each) for each in database.json_out(values["warnings"]))
    values["created_at"] = database.moment_out(values["created_at"])
    if values["erased_at"] is not None:
        values["erased_at"] = database.moment_out(values["erased_at"])
    return Prediction(**values)


def _restored(value: Any) -> Any:
    """PostgreSQL spells out 1e300 as a whole number; whole numbers that were sent have at most 64 bits."""
    if isinstance(value, dict):
        return {name: _restored(each) for name, each in value.items()}
    return float(value) if type(value) is int and not -(2**63) <= value < 2**63 else value


def _row(database: Database, each: Prediction, created_at: Any) -> tuple[Any, ...]:
    return (
        database.id_in(each.id),
        each.endpoint,
        each.version,
        each.arm,
        each.route,
        each.segment,
        each.reference,
        database.json_in(each.entity) if each.entity else "{}",
        entity_key(each.entity),
        database.json_in(each.input),
        database.json_in(each.output),
        each.decision,
        each.latency,
        each.propensity,
        each.test,
        each.answered,
        database.json_in([asdict(warning) for warning in each.warnings]) if each.warnings else "[]",
        created_at,
        None if each.erased_at is None else database.moment_in(each.erased_at),
    )
