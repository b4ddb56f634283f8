"""Connections to the one database, by URL, without Django; SQL is written once, with ``?``."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit
from uuid import UUID

import msgspec

from flyball.domain.values import parse_timestamp

ARRIVING: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""How soon PostgreSQL is given up that does not answer at all (seconds; the last in milliseconds), where
the URL says nothing else."""
T = TypeVar("T")

LOCKED = {"55P03", "57014"}
"""What PostgreSQL calls a lock, or an answer, that was not there in time."""

NAIVE = len("2026-01-31 00:00:00.000000")
"""Characters of a moment before its offset."""
_ENCODER = msgspec.json.Encoder()

LOG_PAGES = 4096
"""Pages of SQLite's write-ahead log, 16 MB, from which on it is made to begin anew."""
SCRUB_MILLISECONDS = 20
"""How long writers may be kept out while the write-ahead log is emptied."""

SCRUB_ATTEMPTS = 20
SCRUB_PAUSE_SECONDS = 0.1
VACUUMED = tuple(
    f"VACUUM flyball_{table}"
    for table in ("prediction", "outcome", "idempotency_key", "online_row", "shadow_answer")
)


class PrivateFile(sqlite3.Connection):
    """A connection to a SQLite file; a file that it makes can be read by its owner alone.

    SQLite gives its write-ahead log and its index of that the mode of the database itself, and the umask of
    most systems lets everybody read what a program makes.
    """

    def __init__(self, database: Any, *arguments: Any, **options: Any) -> None:
        if str(database) not in {"", ":memory:"} and not str(database).startswith("file:"):
            with suppress(OSError):  # it is there already, or SQLite says why it cannot be
                os.close(os.open(database, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        super().__init__(database, *arguments, **options)


@dataclass(frozen=True, slots=True)
class Database:
    """A database by URL: how to connect, and how it spells ids, moments and placeholders.

    Holds no connection itself, so it may be shared by threads and processes; a connection may not.
    ``wait_seconds`` is how long a statement waits for a lock that somebody else holds before it fails.
    """

    url: str = field(repr=False)  # it may hold a password
    wait_seconds: float = 20

    @property
    def is_postgres(self) -> bool:
        """Whether this is PostgreSQL; otherwise it is SQLite."""
        return self.url.startswith(("postgres://", "postgresql://"))

    @property
    def driver(self) -> Any:
        """The driver's module, for the errors that it raises (PEP 249)."""
        if self.is_postgres:
            import psycopg

            return psycopg
        return sqlite3

    def connect(self) -> Any:
        """A new connection in autocommit, as durable as the promise: FULL on SQLite, ``on`` on PostgreSQL."""
        if self.is_postgres:
            return self._postgres()
        path = sqlite_path(self.url)
        lite = sqlite3.connect(
            path,
            timeout=self.wait_seconds,
            isolation_level=None,
            check_same_thread=False,
            factory=PrivateFile,
        )
        lite.execute("PRAGMA journal_mode = WAL")
        lite.execute("PRAGMA synchronous = FULL")
        lite.execute("PRAGMA secure_delete = ON")  # or what is erased would stay in the pages that it frees
        return lite

    def _postgres(self) -> Any:
        import psycopg
        from psycopg.conninfo import conninfo_to_dict

        connection = psycopg.connect(**{**ARRIVING, **conninfo_to_dict(self.url)}, autocommit=True)
        connection.execute("SET synchronous_commit = on")
        # Read in a zone to the east, the last day of the year 9999 is a moment that Python cannot hold.
        connection.execute("SET timezone = 'UTC'")
        connection.execute(f"SET lock_timeout = {self._milliseconds}")
        return connection

    def connect_read_only(self, lock_seconds: float | None = None) -> Any:
        """A new connection that refuses to write. On PostgreSQL its statements end in time, too.

        Those that write do not: a timeout during ``COMMIT`` would stop it from waiting for a standby.
        ``lock_seconds`` is how long they wait for a lock there, where that is not ``wait_seconds``.
        """
        connection = self.connect()
        if self.is_postgres:
            connection.execute("SET default_transaction_read_only = on")
            connection.execute(f"SET statement_timeout = {self._milliseconds}")
            if lock_seconds is not None:
                connection.execute(f"SET lock_timeout = {int(lock_seconds * 1000)}")
        else:
            connection.execute("PRAGMA query_only = ON")
        return connection

    @property
    def _milliseconds(self) -> int:
        return int(self.wait_seconds * 1000)

    def is_locked(self, error: Exception) -> bool:
        """Whether the error is that somebody else held a lock for longer than one waits."""
        if self.is_postgres:
            return getattr(error, "sqlstate", None) in LOCKED
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}

    def durability(self, connection: Any) -> str:
        """What this very connection says of its durability, such as ``synchronous=2``."""
        if self.is_postgres:
            return f"synchronous_commit={connection.execute('SHOW synchronous_commit').fetchone()[0]}"
        return f"synchronous={connection.execute('PRAGMA synchronous').fetchone()[0]}"

    def sql(self, text: str) -> str:
        """The text with this database's placeholders. The text itself holds no other ``?`` or ``%``."""
        return text.replace("?", "%s") if self.is_postgres else text

    @contextmanager
    def transaction(self, connection: Any) -> Iterator[Any]:
        """A write transaction; on SQLite the lock is taken at once, so that it cannot fail half-way."""
        connection.execute("BEGIN" if self.is_postgres else "BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            self.undo(connection, "ROLLBACK")
            raise
        connection.execute("COMMIT")

    def undo(self, connection: Any, statement: str) -> None:
        """End what has failed: after a broken connection this fails too, and would hide the first error."""
        with suppress(self.driver.Error):
            connection.execute(statement)

    def may_lose(self, connection: Any) -> None:
        """Let an outage of the machine take this connection's last commits: each is whole, or not there.

        They keep writers out for less long: nothing waits for the disk.
        """
        connection.execute(
            "SET synchronous_commit = off" if self.is_postgres else "PRAGMA synchronous = NORMAL"
        )

    def leave_checkpoints(self, connection: Any) -> None:
        """Have SQLite not copy its write-ahead log during this connection's commits: ``checkpoint`` does."""
        if not self.is_postgres:
            connection.execute("PRAGMA wal_autocheckpoint = 0")

    def checkpoint(self, connection: Any) -> None:
        """Copy what SQLite's write-ahead log holds into the database, beside all that read and write.

        While somebody always writes, the log never ends: beyond ``LOG_PAGES`` writers are kept out for a
        moment, as in ``scrub``, so that it begins anew. It grows on while somebody reads an older state.
        """
        if self.is_postgres:
            return
        _, pages, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        if pages > LOG_PAGES:
            connection.execute(f"PRAGMA busy_timeout = {SCRUB_MILLISECONDS}")
            connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()

    def scrub(self, connection: Any) -> bool:
        """Try to empty SQLite's write-ahead log of what has been erased; says whether it is empty.

        Where somebody still reads an older state it gives up within ``SCRUB_MILLISECONDS``: while SQLite
        waits for readers here, it keeps every writer out. PostgreSQL's log is its administrator's.
        """
        if self.is_postgres:
            return True
        connection.execute(f"PRAGMA busy_timeout = {SCRUB_MILLISECONDS}")
        try:
            # First without the writers' lock: what is left to copy under it is little.
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy
        finally:
            connection.execute(f"PRAGMA busy_timeout = {self._milliseconds}")

    def scrub_soon(self, connection: Any) -> bool:
        """The same in a few attempts, for who has the time: readers end within a second or so."""
        for _ in range(SCRUB_ATTEMPTS):
            if self.scrub(connection):
                return True
            time.sleep(SCRUB_PAUSE_SECONDS)
        return False

    def rewrite(self, connection: Any) -> None:
        """Write SQLite's file anew: rows that moved leave their old bytes in gaps of pages, also of indexes.

        Only what is live is copied. Writers wait meanwhile. On PostgreSQL dead rows are vacuumed, and nobody
        waits: its pages are its administrator's. The connection must be outside a transaction.
        """
        for statement in VACUUMED if self.is_postgres else ("VACUUM",):
            connection.execute(statement)

    def id_in(self, value: UUID) -> Any:
        """An id as a parameter: Django keeps 32 hexadecimal digits on SQLite."""
        return value if self.is_postgres else value.hex

    def id_out(self, value: Any) -> UUID:
        """An id from a row."""
        return value if isinstance(value, UUID) else UUID(value)

    def moment_in(self, value: datetime) -> Any:
        """A moment in UTC as a parameter: Django keeps naive UTC text on SQLite."""
        return value if self.is_postgres else value.isoformat(" ", "microseconds")[:NAIVE]

    def moment_out(self, value: Any) -> datetime:
        """A moment in UTC from a row. Django's own SQLite connections give naive ones."""
        if isinstance(value, datetime):
            return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return parse_timestamp(value)

    def json_in(self, value: Any) -> str:
        """A JSON value as a parameter (PostgreSQL casts the text to ``jsonb`` by itself on insert).

        Raises ``ValueError`` for NaN and infinity.
        """
        text = _ENCODER.encode(value)
        # The encoder writes null for NaN: each one must be accounted for, or the slow encoder has its say.
        if b"null" in text and not (type(value) is dict and text.count(b"null") == _nulls(value)):
            return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return text.decode()

    def json_out(self, value: Any) -> Any:
        """A JSON value from a row."""
        return json.loads(value) if isinstance(value, str) else value


def sqlite_path(url: str) -> str:
    """The file of ``sqlite:///path``. Raises ``ValueError`` where the path would end too soon."""
    parts = urlsplit(url)
    if parts.query or parts.fragment or parts.netloc:
        raise ValueError("In sqlite:///path, write ? as %3F, # as %23 and % as %25.")
    return unquote(parts.path)


def _nulls(value: dict[str, Any]) -> int:
    return list(value.values()).count(None)


def rows_of(sql_rows: int, columns: int) -> str:
    """The placeholders of a multi-row ``VALUES``: ``(?,?),(?,?)``."""
    one = "(" + ",".join("?" * columns) + ")"
    return ",".join([one] * sql_rows)


def chunks(values: Sequence[T], size: int = 500) -> Iterator[Sequence[T]]:
    """The values in parts that fit one statement: SQLite takes at most 32,766 placeholders."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
