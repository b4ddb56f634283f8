"""Features of entities, read by the SQL that the control plane published: of one, or of many at once."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

from flyball.domain.routing import Lookup
from flyball.domain.schema import Kind
from flyball.domain.values import Scalar, canonical, parse_timestamp, timestamp_text
from flyball.stores.database import Database, chunks

MANY = 2_000
"""Entities that one statement asks for."""
ARRAYS = {Kind.INTEGER: "bigint", Kind.NUMBER: "double precision", Kind.BOOLEAN: "boolean"}
"""PostgreSQL's types of keys that are sent together; of what is not here they are texts."""


def read(database: Database, connection: Any, lookup: Lookup, key: Scalar) -> dict[str, Scalar] | None:
    """The feature table's values for one entity, or ``None`` where it has no row.

    Each value has the kind that the lookup states, whatever the database makes of it. A key that the
    database cannot even read, such as no UUID where it wants one, names no row.
    """
    try:
        row = connection.execute(lookup.sql, (key,)).fetchone()
    except database.driver.DataError:
        return None
    return None if row is None else _values(database, lookup, row)


def read_many(
    database: Database, connection: Any, lookup: Lookup, keys: Collection[Scalar]
) -> dict[Scalar, dict[str, Scalar] | None]:
    """The same of many entities, each key once: on PostgreSQL some thousand of them in one statement.

    SQLite is in this process, where asking once for each costs no way there and back.
    """
    found: dict[Scalar, dict[str, Scalar] | None] = {}
    is_fast = database.is_postgres
    for some in chunks(list(keys), MANY):
        together = None
        if is_fast:
            try:
                together = _together(database, connection, lookup, some)
            except database.driver.errors.QueryCanceled:
                is_fast = False  # without an index each of the rest would wait for its time to be over, too
        for place, key in enumerate(some):
            found[key] = read(database, connection, lookup, key) if together is None else together.get(place)
    return found


def _together(
    database: Database, connection: Any, lookup: Lookup, keys: Sequence[Scalar]
) -> dict[int, dict[str, Scalar]] | None:
    """The values by the places of their keys; ``None`` where a key cannot be read."""
    # Of %% and %s only the second is the placeholder; what is left stays as it is for the driver.
    one = re.sub("%[%s]", lambda found: "flyball_sent.key" if found[0] == "%s" else found[0], lookup.sql)
    sent = f"unnest(%s::{ARRAYS.get(lookup.key_kind, 'text')}[]) WITH ORDINALITY AS flyball_sent (key, place)"
    found = f"CROSS JOIN LATERAL (\n{one}\n) AS flyball_found"
    sql = f"SELECT flyball_sent.place, flyball_found.* FROM {sent} {found}"  # noqa: S608 - as it is published
    try:
        rows = connection.execute(sql, (list(keys),)).fetchall()
    except database.driver.DataError:
        return None
    return {place - 1: _values(database, lookup, row) for place, *row in rows}


def _values(database: Database, lookup: Lookup, row: Sequence[Any]) -> dict[str, Scalar]:
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
