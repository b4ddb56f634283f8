"""Features of one entity, read by the SQL that the control plane published."""

from __future__ import annotations

from typing import Any

from flyball.domain.routing import Lookup
from flyball.domain.schema import Kind
from flyball.domain.values import Scalar, canonical, parse_timestamp, timestamp_text
from flyball.stores.database import Database


def read(database: Database, connection: Any, lookup: Lookup, key: Scalar) -> dict[str, Scalar] | None:
    """The feature table's values for one entity, or ``None`` where it has no row.

    Each value has the kind that the lookup states, whatever the database makes of it. A key that the
    database cannot even read, such as no UUID where it wants one, names no row.
    """
    try:
        row = connection.execute(lookup.sql, (key,)).fetchone()
    except database.driver.DataError:
        return None
    if row is None:
        return None
    if lookup.packed:
        values = database.json_out(row[0])
        return {name: convert(kind, values.get(name)) for name, kind in lookup.columns}
    return {name: convert(kind, value) for (name, kind), value in zip(lookup.columns, row, strict=True)}


def convert(kind: Kind, value: object) -> Scalar:
    """A database's value as its kind: 1 is true, decimals are floats, moments are ISO 8601 in UTC.

    A value that does not fit the kind, in a column that changed since, stays: the schema's check refuses it.
    """
    plain = canonical(value)
    if plain is None or kind is Kind.CATEGORY:
        return plain
    if kind is Kind.TEXT:
        return str(plain)
    try:
        return _converted(kind, plain)
    except (ValueError, OverflowError):
        return plain


def _converted(kind: Kind, value: bool | int | float | str) -> Scalar:
    if kind is Kind.TIMESTAMP:
        return timestamp_text(parse_timestamp(str(value)))
    number = float(value)
    if kind is Kind.NUMBER:
        return number
    return bool(number) if kind is Kind.BOOLEAN else int(value)
