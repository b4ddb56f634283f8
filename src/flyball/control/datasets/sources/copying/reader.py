"""The rows of one statement into one Parquet file, over a connection of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from threading import Event, Lock
from typing import Any

from flyball.snapshots.column_types import ColumnType

BATCH = 8_000_000
"""Bytes of rows that one connection brings at once, about."""
FIRST, LAST = -62_135_596_800_000_000, 253_402_300_799_999_999
"""The years 1 to 9999 in microseconds since 1970. PostgreSQL's infinity arrives as a moment far outside."""

ALWAYS = (("statement_timeout", "0"), ("jit", "off"), ("client_encoding", "UTF8"))
"""A large table takes its time, and compiling a statement that is run once costs more than it saves."""


def is_installed() -> bool:
    """Whether there is the driver that copies; without it Python reads the rows, as it does on SQLite."""
    return find_spec("adbc_driver_postgresql") is not None


@dataclass(frozen=True, slots=True)
class Reader:
    """Copies from one view of the database, by any number of threads.

    ``session`` are settings that each connection takes over.
    """

    url: str = field(repr=False)  # it may hold a password
    view: str
    session: Sequence[tuple[str, str]]
    stopped: Event
    _open: set[Any] = field(default_factory=set, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def copy(self, statement: str, types: Sequence[ColumnType], path: Path) -> bool:
        """Write the statement's rows; false where they cannot be copied, for whatever reason of theirs.

        Raises ``OSError`` where the file cannot be written.
        """
        import adbc_driver_manager as adbc
        import pyarrow as pa

        try:
            self._copy(statement, types, path)
        except (adbc.Error, pa.ArrowException, _Unsound):
            return False
        except OSError as error:
            if error.errno is not None:
                raise
            return False  # the driver's own word for a statement that fails after its first rows
        return True

    def stop(self) -> None:
        """Have whatever is read end at once."""
        self.stopped.set()
        with self._lock:
            for each in self._open:
                with suppress(Exception):  # it has ended by itself
                    each.adbc_cancel()

    def _copy(self, statement: str, types: Sequence[ColumnType], path: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        from flyball.snapshots.arrow import TYPES

        schema = pa.schema([(f"c{i}", TYPES[type_]) for i, type_ in enumerate(types)])
        with self._cursor() as cursor, pq.ParquetWriter(path, schema) as writer:
            cursor.execute(statement)
            for batch in cursor.fetch_record_batch():
                if self.stopped.is_set():
                    raise _Unsound
                _check_moments(batch)
                writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=schema))

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        from adbc_driver_postgresql import StatementOptions, dbapi

        with dbapi.connect(self.url) as connection:
            with self._lock:
                self._open.add(connection)
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                    cursor.execute(f"SET TRANSACTION SNAPSHOT '{self.view}'")
                    for name, value in (*self.session, *ALWAYS):
                        cursor.execute(f"SELECT set_config({_text(name)}, {_text(value)}, true)")
                        cursor.fetchall()
                    cursor.adbc_statement.set_options(
                        **{StatementOptions.BATCH_SIZE_HINT_BYTES.value: str(BATCH)}
                    )
                    yield cursor
            finally:
                with self._lock:
                    self._open.discard(connection)


class _Unsound(Exception):
    """A value that Python has a word for, or nobody wants the rows any more."""


def _check_moments(batch: Any) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    for column in batch.columns:
        if pa.types.is_timestamp(column.type):
            least, most = pc.min_max(column.cast(pa.int64())).values()
            if least.is_valid and not FIRST <= least.as_py() <= most.as_py() <= LAST:
                raise _Unsound


def _text(value: str) -> str:
    """A literal of PostgreSQL, whatever its session says of backslashes."""
    return " E'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
