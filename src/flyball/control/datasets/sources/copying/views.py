"""One view of PostgreSQL for every source of a snapshot, and connections that copy from it side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.backends.signals import connection_created

from flyball.control.connection import database
from flyball.control.datasets.sources.copying.reader import Reader, is_installed
from flyball.snapshots.column_types import ColumnType

SIDE_BY_SIDE = 4
"""Connections that copy at the same time: each keeps one processor of the database busy."""

SESSION = """
SELECT name, setting FROM pg_settings
WHERE source = 'session' AND context IN ('user', 'superuser') AND name NOT LIKE 'transaction%'
"""
"""What somebody has set on Django's connection, such as its search path."""


@dataclass(frozen=True, slots=True)
class View:
    """A moment of the database that all connections of a snapshot see, while ``holder`` stays open.

    Not to be shared by threads.
    """

    holder: Any
    id: str
    folder: Path
    reader: Reader
    pool: ThreadPoolExecutor
    copies: dict[str, list[Future[bool]]] = field(default_factory=dict)

    def begin(self, slot: str, statements: Sequence[str], types: Sequence[ColumnType]) -> tuple[Path, ...]:
        """Have the rows of statements copied in the background, each to one of the files that are told."""
        if not is_installed():
            return ()
        paths = tuple(self.folder / f"{slot}.{part}.parquet" for part in range(len(statements)))
        self.copies[slot] = [
            self.pool.submit(self.reader.copy, statement, types, path)
            for statement, path in zip(statements, paths, strict=True)
        ]
        return paths

    def has_copied(self, slot: str) -> bool:
        """Whether all files of a slot are there, once that is known. Else Python has to read the rows.

        What it reads then says what is wrong with them. Raises ``OSError`` where a file cannot be written.
        """
        parts = self.copies.pop(slot, [])
        is_whole = bool(parts) and all(part.result() for part in parts)
        for part in parts:
            part.cancel()
        return is_whole

    @contextmanager
    def joined(self) -> Iterator[None]:
        """Django's own connection sees this view too, until the block ends.

        Raises Django's ``OperationalError`` where the database has gone meanwhile.
        """
        with connection.wrap_database_errors:
            self.holder.execute("SELECT 1")
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                cursor.execute(f"SET TRANSACTION SNAPSHOT '{self.id}'")
            yield


@contextmanager
def one_view(folder: Path) -> Iterator[View | None]:
    """The database as it is now, for files in ``folder``; ``None`` where Django's connection alone may read.

    So it is on SQLite; inside a transaction of the caller's, whose rows others do not see yet; and where a
    project sets up its connections by code, such as one schema for each tenant.
    """
    if not _is_plain():
        yield None
        return
    with closing(database().connect()) as holder:
        holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        holder.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        if not _is_alike(holder):
            yield None
            return
        (id_,) = holder.execute("SELECT pg_export_snapshot()").fetchone()
        reader = Reader(database().url, id_, _session(), Event())
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            try:
                yield View(holder, id_, folder, reader, pool)
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
                reader.stop()


def _is_plain() -> bool:
    own = type(connections[DEFAULT_DB_ALIAS]).__module__
    return (
        connection.vendor == "postgresql"
        and own.startswith("django.")
        and not connection.in_atomic_block
        and connection.get_autocommit()
        and not connection_created.receivers
        and settings.USE_TZ
    )


def _is_alike(holder: Any) -> bool:
    """Whether a connection of Flyball's own is the same user as Django's, and texts are UTF-8 for sure."""
    asked = "SELECT current_user::text, session_user::text, current_setting('server_encoding') <> 'SQL_ASCII'"
    with connection.cursor() as cursor:
        cursor.execute(asked)
        mine = cursor.fetchone()
    return tuple(holder.execute(asked).fetchone()) == tuple(mine) and bool(mine[2])


def _session() -> tuple[tuple[str, str], ...]:
    with connection.cursor() as cursor:
        cursor.execute(SESSION)
        return tuple((name, setting) for name, setting in cursor.fetchall())
