"""SQL queries on the project's database as sources."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.db import DatabaseError, DataError, connection, transaction

from flyball.control.datasets.sources.copying import selects
from flyball.snapshots.column_types import ColumnType
from flyball.snapshots.expressions import quoted
from flyball.snapshots.source import Source, Staged, chosen

PAGE = 5_000

OIDS = {
    16: ("bool", ColumnType.BOOLEAN),
    18: ("char", ColumnType.TEXT),
    19: ("name", ColumnType.TEXT),
    20: ("bigint", ColumnType.INTEGER),
    21: ("smallint", ColumnType.INTEGER),
    23: ("integer", ColumnType.INTEGER),
    25: ("text", ColumnType.TEXT),
    26: ("oid", ColumnType.INTEGER),
    700: ("real", ColumnType.NUMBER),
    701: ("double", ColumnType.NUMBER),
    869: ("inet", ColumnType.TEXT),
    1042: ("bpchar", ColumnType.TEXT),
    1043: ("varchar", ColumnType.TEXT),
    1082: ("date", ColumnType.MOMENT),
    1114: ("timestamp", ColumnType.MOMENT),
    1184: ("timestamptz", ColumnType.MOMENT),
    1700: ("numeric", ColumnType.NUMBER),
    2950: ("uuid", ColumnType.TEXT),
}
"""PostgreSQL's types by ``pg_type.oid``: the name, and how their values are stored."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a query: its declared type, and how it is stored (or a text that says why it cannot be)."""

    declared: str
    stored: ColumnType | str


Described = list[tuple[str, Column]]
"""The columns of a query, in order; a name may be there twice."""


def inner(query: str) -> str:
    """The query as it stands inside brackets: a comment at its end may not swallow what follows."""
    return query.strip().rstrip(";") + "\n"


def known(source: Source, name: str, stored: ColumnType | str) -> ColumnType:
    """How a column is stored. Raises ``DataError`` where it cannot be."""
    if isinstance(stored, ColumnType):
        return stored
    raise source.fail(
        f"the column {name!r} {stored}.", "Cast it in the query, or leave it out with columns=."
    )


def shape(source: Source, described: Described) -> Staged:
    """A query's rows as they will be staged, in files that are not there yet. Raises ``DataError``."""
    _check_key(source)
    available = [name for name, _ in described]
    names, features = chosen(source, available)
    columns = [described[available.index(name)] for name in names]
    return Staged(
        source=source,
        paths=(),
        names=names,
        types=tuple(known(source, name, column.stored) for name, column in columns),
        features=features,
        days=frozenset(name for name, column in columns if column.declared == "date"),
    )


def _check_key(source: Source) -> None:
    if source.key is None:
        raise source.fail("has no key.", 'Name the column that identifies a row: key="id".')


def statements(source: Source) -> tuple[Staged, list[str]]:
    """The query's shape, and the statement by which PostgreSQL copies its rows; none where Python has to.

    Raises ``DataError``, and Django's ``DatabaseError`` where the query fails.
    """
    described = list(_describe_postgres(source))
    found, available = shape(source, described), [name for name, _ in described]
    places = [available.index(name) for name in found.names]
    return found, selects.of_query(inner(source.origin.query), places, found.types)


def read(source: Source, path: Path) -> Staged:
    """Copy the query's rows to a Parquet file. Raises ``DataError`` with the database's reason."""
    from flyball.snapshots.arrow import RowWriter  # a web process has no pyarrow to load

    _check_key(source)  # before the query runs
    with opened(source) as (described, pages):
        found, available = shape(source, described), [name for name, _ in described]
        places = [available.index(name) for name in found.names]
        with RowWriter(path, found.types) as writer:
            for page in pages:
                writer.write([[row[place] for place in places] for row in page])
    return replace(found, paths=(path,))


def describe(source: Source) -> dict[str, Column]:
    """The query's columns, without reading its rows (SQLite shows a value's type only with a row).

    Raises ``DataError`` with the database's reason.
    """
    described = _describe_lite if connection.vendor == "sqlite" else _describe_postgres
    try:
        return dict(described(source))
    except DatabaseError as error:
        raise source.fail("the query fails:", str(error)) from error


Opened = tuple[Described, Iterator[list[tuple[Any, ...]]]]
"""The columns by name, and pages of rows."""


@contextmanager
def opened(source: Source) -> Iterator[Opened]:
    """The query's columns and its rows, while the block lasts. Raises ``DataError``."""
    try:
        with (_lite if connection.vendor == "sqlite" else _postgres)(source) as opened:
            yield opened
    except DataError:
        raise  # a value that Python cannot hold: the database's reason repeats it
    except DatabaseError as error:
        raise source.fail("the query fails:", str(error)) from error


@contextmanager
def _postgres(source: Source) -> Iterator[Opened]:
    """A server-side cursor: rows come in pages, and memory holds one."""
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(inner(source.origin.query))
        yield _of_oids(cursor), iter(lambda: cursor.fetchmany(PAGE), [])


def _describe_postgres(source: Source) -> Described:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({inner(source.origin.query)}) AS flyball_query LIMIT 0")
        return _of_oids(cursor)


def _of_oids(cursor: Any) -> Described:
    unread = ("", "has a type that is not read")
    return [(column.name, Column(*OIDS.get(column.type_code, unread))) for column in cursor.description]


@contextmanager
def _lite(source: Source) -> Iterator[Opened]:
    """A temporary table, read in pages: SQLite's log grows while a read of the database itself is open."""
    with connection.cursor() as cursor, _view(cursor, source) as (view, declared):
        table = f"{view}_rows"
        try:
            cursor.execute(f"CREATE TEMP TABLE {table} AS SELECT * FROM {view}")
            columns = [Column(type_, _of_values(cursor, table, name, type_)) for name, type_ in declared]
            yield (
                list(zip(_own_names([name for name, _ in declared]), columns, strict=True)),
                _pages(cursor, table),
            )
        finally:
            cursor.execute(f"DROP TABLE IF EXISTS temp.{table}")


@contextmanager
def _view(cursor: Any, source: Source) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """A temporary view of the query, which knows the names and the declared types of its columns."""
    view = f"flyball_{secrets.token_hex(8)}"
    cursor.execute(f"CREATE TEMP VIEW {view} AS {inner(source.origin.query)}")
    try:
        cursor.execute(f"PRAGMA table_info({view})")
        yield view, [(row[1], row[2].lower()) for row in cursor.fetchall()]
    finally:
        cursor.execute(f"DROP VIEW IF EXISTS temp.{view}")


def _describe_lite(source: Source) -> Described:
    with connection.cursor() as cursor, _view(cursor, source) as (view, declared):
        types = ", ".join(f"typeof({quoted(name)})" for name, _ in declared)
        known_key = f"WHERE {quoted(str(source.key))} IS NOT NULL" if source.key in dict(declared) else ""
        cursor.execute(f"SELECT {types} FROM {view} {known_key} LIMIT 1")
        row = cursor.fetchone() or ("null",) * len(declared)
    return [
        (name, Column(type_, _stored({found} - {"null"}, type_)))
        for (name, type_), found in zip(declared, row, strict=True)
    ]


def _own_names(names: list[str]) -> list[str]:
    """The names as the query gives them: SQLite has made a second ``id`` into ``id:1``."""
    double = (re.fullmatch(r"(.+):\d+", name) for name in names)
    return [
        match[1] if match and match[1] in names else name for name, match in zip(names, double, strict=True)
    ]


def _of_values(cursor: Any, table: str, column: str, declared: str) -> ColumnType | str:
    name = quoted(column)
    cursor.execute(f"SELECT DISTINCT typeof({name}) FROM temp.{table} WHERE {name} IS NOT NULL")
    return _stored({row[0] for row in cursor.fetchall()}, declared)


def _stored(found: set[str], declared: str) -> ColumnType | str:
    """A column's type from its declaration and, because SQLite keeps no promise of it, from its values."""
    if found <= {"text"} and re.search("date|time", declared):
        return ColumnType.MOMENT
    if found <= {"integer"}:
        return _whole(declared, empty=not found)
    if found <= {"integer", "real"}:
        return ColumnType.NUMBER
    return (
        ColumnType.TEXT
        if found == {"text"}
        else f"holds values of several types ({', '.join(sorted(found))})"
    )


def _whole(declared: str, *, empty: bool) -> ColumnType:
    if "bool" in declared:
        return ColumnType.BOOLEAN
    if re.search("dec|num|real|floa|doub", declared):
        return ColumnType.NUMBER
    return ColumnType.TEXT if empty and "int" not in declared else ColumnType.INTEGER


def _pages(cursor: Any, table: str) -> Iterator[list[tuple[Any, ...]]]:
    last = 0
    while True:
        cursor.execute(
            f"SELECT rowid, * FROM temp.{table} WHERE rowid > %s ORDER BY rowid LIMIT {PAGE}",
            [last],
        )
        page = cursor.fetchall()
        if not page:
            return
        last = page[-1][0]
        yield [row[1:] for row in page]
