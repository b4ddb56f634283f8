"""What PostgreSQL itself makes of its values, so that they arrive as Python would have stored them."""

from __future__ import annotations

from collections.abc import Sequence

from flyball.snapshots.column_types import ColumnType

CASTS: dict[tuple[int, ColumnType], str] = {
    (16, ColumnType.BOOLEAN): "{}",
    (20, ColumnType.INTEGER): "{}",
    (21, ColumnType.INTEGER): "{}::int8",
    (23, ColumnType.INTEGER): "{}::int8",
    (26, ColumnType.INTEGER): "{}::int8",
    (20, ColumnType.NUMBER): "{}::float8",
    (21, ColumnType.NUMBER): "{}::float8",
    (23, ColumnType.NUMBER): "{}::float8",
    (700, ColumnType.NUMBER): "{}::text::float8",  # the shortest decimal, as the driver reads it: 0.1 is 0.1
    (701, ColumnType.NUMBER): "{}",
    (1700, ColumnType.NUMBER): "{}::float8",
    (19, ColumnType.TEXT): "{}::text",
    (25, ColumnType.TEXT): "{}",
    (1042, ColumnType.TEXT): "{}",  # with the blanks at its end, which a cast would take off
    (1043, ColumnType.TEXT): "{}",
    (2950, ColumnType.TEXT): "{}::text",
    (1082, ColumnType.MOMENT): "{}::timestamp",
    (1114, ColumnType.MOMENT): "{}",
    (1184, ColumnType.MOMENT): "({} AT TIME ZONE 'UTC')",
}
"""By ``pg_type.oid`` and how the column is stored. What is not here Python makes: addresses, whole numbers
out of decimals, or a column that is of another type than its field."""


def select(inner: str, oids: Sequence[int], places: Sequence[int], types: Sequence[ColumnType]) -> str | None:
    """Some columns of a statement, by position, as they are stored; ``None`` where one has no cast.

    ``oids`` are the types of all its columns.
    """
    casts = [CASTS.get((oids[place], type_)) for place, type_ in zip(places, types, strict=True)]
    if None in casts:
        return None
    chosen = ", ".join(
        f"{cast.format(f'q{place}')} AS c{i}"
        for i, (cast, place) in enumerate(zip(filter(None, casts), places, strict=True))
    )
    given = ", ".join(f"q{place}" for place in range(len(oids)))
    return f"SELECT {chosen} FROM (\n{inner}\n) AS flyball_copied ({given})"
