"""SQL queries on the project's database as sources."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import DatabaseError, connection, transaction

from flyball.control.datasets.physical import Physical
from flyball.control.datasets.plan import Source, Staged, chosen

PAGE = 5_000

OIDS = {
    Physical.BOOLEAN: {16},
    Physical.INTEGER: {20, 21, 23, 26},
    Physical.NUMBER: {700, 701, 1700},
    Physical.TEXT: {18, 19, 25, 869, 1042, 1043, 2950},
    Physical.MOMENT: {1082, 1114, 1184},
}
"""PostgreSQL's types (``pg_type.oid``), by how they are stored."""


def inner(query: str) -> str:
    """The query as it stands inside brackets: a comment at its end may not swallow what follows."""
    return query.strip().rstrip(";") + "\n"


def stage(source: Source, path: Path) -> Staged:
    """Copy the query's rows to a Parquet file. Raises ``DataError`` with the database's reason."""
    from flyball.control.datasets.arrow import RowWriter  # a web process has no pyarrow to load

    if source.key is None:
        raise source.fail("has no key.", 'Name the column that identifies a row: key="id".')
    opened = _lite if connection.vendor == "sqlite" else _postgres
    try:
        with opened(source) as (available, types, pages):
            names, features = chosen(source, available)
            places = [available.index(name) for name in names]
            kinds = tuple(
                _known(source, name, types[place]) for name, place in zip(names, places, strict=True)
            )
            with RowWriter(path, kinds) as writer:
                for page in pages:
                    writer.write([[row[place] for place in places] for row in page])
    except DatabaseError as error:
        raise source.fail("the query fails:", str(error)) from error
    return Staged(source=source, path=path, names=names, types=kinds, features=features)


def _known(source: Source, name: str, type_: Physical | str) -> Physical:
    if isinstance(type_, Physical):
        return type_
    raise source.fail(f"the column {name!r} {type_}.", "Cast it in the query, or leave it out with columns=.")


Opened = tuple[list[str], list[Physical | str], Iterator[list[tuple[Any, ...]]]]
"""Names, types (or what is wrong with one), and pages of rows."""


@contextmanager
def _postgres(source: Source) -> Iterator[Opened]:
    """A server-side cursor: rows come in pages, and memory holds one."""
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(inner(source.origin.query))
        described = cursor.description or ()
        types = [_of_oid(column.type_code) for column in described]
        yield [column.name for column in described], types, iter(lambda: cursor.fetchmany(PAGE), [])


def _of_oid(oid: int) -> Physical | str:
    return next((stored for stored, oids in OIDS.items() if oid in oids), "has a type that is not read")


@contextmanager
def _lite(source: Source) -> Iterator[Opened]:
    """A temporary table, read in pages: SQLite's log grows while a read of the database itself is open."""
    name = f"flyball_{secrets.token_hex(8)}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP VIEW {name}_view AS {inner(source.origin.query)}")
        try:
            cursor.execute(f"PRAGMA table_info({name}_view)")
            declared = [(row[1], row[2].lower()) for row in cursor.fetchall()]
            cursor.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM {name}_view")
            yield (
                _own_names([column for column, _ in declared]),
                [_of_values(cursor, name, column, type_) for column, type_ in declared],
                _pages(cursor, name),
            )
        finally:
            cursor.execute(f"DROP TABLE IF EXISTS temp.{name}")
            cursor.execute(f"DROP VIEW IF EXISTS temp.{name}_view")


def _own_names(names: list[str]) -> list[str]:
    """The names as the query gives them: SQLite has made a second ``id`` into ``id:1``."""
    double = (re.fullmatch(r"(.+):\d+", name) for name in names)
    return [
        match[1] if match and match[1] in names else name for name, match in zip(names, double, strict=True)
    ]


def _of_values(cursor: Any, table: str, column: str, declared: str) -> Physical | str:
    """A column's type from its declaration and, because SQLite keeps no promise of it, from its values."""
    quoted = '"' + column.replace('"', '""') + '"'
    cursor.execute(f"SELECT DISTINCT typeof({quoted}) FROM temp.{table} WHERE {quoted} IS NOT NULL")  # noqa: S608 - both names are ours or quoted
    found = {row[0] for row in cursor.fetchall()}
    if found <= {"text"} and re.search("date|time", declared):
        return Physical.MOMENT
    if found <= {"integer"}:
        return _whole(declared, empty=not found)
    if found <= {"integer", "real"}:
        return Physical.NUMBER
    return (
        Physical.TEXT if found == {"text"} else f"holds values of several types ({', '.join(sorted(found))})"
    )


def _whole(declared: str, *, empty: bool) -> Physical:
    if "bool" in declared:
        return Physical.BOOLEAN
    if re.search("dec|num|real|floa|doub", declared):
        return Physical.NUMBER
    return Physical.TEXT if empty and "int" not in declared else Physical.INTEGER


def _pages(cursor: Any, table: str) -> Iterator[list[tuple[Any, ...]]]:
    last = 0
    while True:
        cursor.execute(
            f"SELECT rowid, * FROM temp.{table} WHERE rowid > %s ORDER BY rowid LIMIT {PAGE}",  # noqa: S608 - the name is ours
            [last],
        )
        page = cursor.fetchall()
        if not page:
            return
        last = page[-1][0]
        yield [row[1:] for row in page]
