"""Statements whose rows are copied: a query whole, the rows of a model's table in ranges of its pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection, models, transaction
from django.db.models.expressions import RawSQL

from flyball.control.datasets.sources.copying import casts
from flyball.snapshots.column_types import ColumnType

RANGE = 8_192
"""Pages of a table in one range: 64 MB."""
TID_RANGES = 140_000
"""The version from which PostgreSQL reads a range of pages without reading the others."""


def of_query(inner: str, places: Sequence[int], types: Sequence[ColumnType]) -> list[str]:
    """The one statement that copies a query's columns at those places; none where Python has to read them.

    Raises Django's ``DatabaseError`` where the query fails.
    """
    found = casts.select(inner, _oids(inner), places, types)
    return [found] if found else []


def of_model(query: models.QuerySet[Any], names: Sequence[str], types: Sequence[ColumnType]) -> list[str]:
    """The statements that copy a model's rows, one for each range; none where Python has to read them.

    Ranges are of pages on the disk, so that neither gaps nor crowds in a key make one larger than another.
    """
    if query.db != DEFAULT_DB_ALIAS:
        return []
    rows = query.order_by().values_list("pk", *names)
    try:
        inner = _literal(rows)
    except EmptyResultSet:
        return []
    oids = _oids(inner)
    places = range(len(oids) - len(names), len(oids))  # a primary key may be several columns
    if casts.select(inner, oids, places, types) is None:
        return []
    found = [casts.select(_literal(each), oids, places, types) for each in _ranges(rows)]
    return [each for each in found if each]


def _literal(rows: models.QuerySet[Any]) -> str:
    """A query set as a statement that holds its values: ``COPY`` takes no parameters."""
    operations: Any = connection.ops
    return str(operations.compose_sql(*rows.query.sql_with_params()))


def _oids(inner: str) -> list[int]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM (\n{inner}\n) AS flyball_query LIMIT 0")
        return [column.type_code for column in cursor.description]


def _ranges(rows: models.QuerySet[Any]) -> list[models.QuerySet[Any]]:
    """The rows by ranges of their table's pages; all at once where a row's values depend on other rows."""
    query, own = rows.query, cast(Any, connection)
    is_whole = query.annotations or query.group_by is not None or query.distinct_fields or query.extra
    pages = 0 if is_whole or own.pg_version < TID_RANGES else _pages(rows.model)
    starts = range(0, max(pages, 1), RANGE)
    if len(starts) == 1:
        return [rows]
    table = connection.ops.quote_name(str(query.get_initial_alias()))
    ends = [f" AND {table}.ctid < '({start},0)'::tid" for start in starts[1:]]
    # The last has no end: the table may have grown since its pages were counted.
    return [
        rows.filter(RawSQL(f"{table}.ctid >= '({start},0)'::tid{end}", [], models.BooleanField()))
        for start, end in zip(starts, [*ends, ""], strict=True)
    ]


def _pages(model: type[models.Model]) -> int:
    """How many pages a model's table has; none where it is a view, or divided among other tables."""
    sql = (
        "SELECT pg_relation_size(oid) / current_setting('block_size')::bigint FROM pg_class "
        "WHERE oid = to_regclass(%s) AND relkind = 'r'"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [connection.ops.quote_name(model._meta.db_table)])
        found = cursor.fetchone()
    return int(found[0]) if found else 0
