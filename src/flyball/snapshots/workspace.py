"""DuckDB in a directory of its own: bounded memory, spills to disk, and reaches for no network."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from flyball.domain.errors import Unusable

if sys.platform != "win32":
    import fcntl

PREFIX = ".staging-"

MEMORY = "1GB"
"""What DuckDB may hold in memory; beyond that it spills to the workspace's directory."""


FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

GROUP = 20_480
"""Rows in one group of a Parquet file: each thread that reads it back holds a group of every column."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A temporary directory and a DuckDB connection that works in it."""

    folder: Path
    duck: duckdb.DuckDBPyConnection

    def path(self, name: str) -> Path:
        """A file of the workspace."""
        return self.folder / f"{name}.parquet"

    def row(self, sql: str) -> Sequence[Any]:
        """The first row of a query that has one."""
        found: Sequence[Sequence[Any]] = self.duck.execute(
            sql
        ).fetchall()  # a result that is not read to its end blocks
        return found[0]

    def save(self, sql: str, path: Path) -> None:
        """Write a query's rows to a Parquet file."""
        self.duck.execute(f"COPY ({sql}) TO {text(str(path))} (FORMAT parquet, ROW_GROUP_SIZE {GROUP})")


@contextmanager
def workspace(parent: Path, memory: str = MEMORY) -> Iterator[Workspace]:
    """A workspace below ``parent``; it is gone when the block ends.

    What a process left there that was killed is gone too. Raises ``Unusable`` where the disk is full.
    """
    try:
        with _folder(parent) as folder, _duck(folder, memory) as duck:
            yield Workspace(folder, duck)
    except (OSError, duckdb.Error) as error:
        if not is_full(error):
            raise
        raise Unusable(
            f"The disk that holds {parent} is full: a snapshot that is taken needs room there for the rows "
            "of all its sources and for their join. Make room, or set FLYBALL_HOME to a larger disk."
        ) from None


def is_full(error: Exception) -> bool:
    """Whether an error of the system, or of DuckDB, says that a disk, a quota or a file takes no more."""
    if isinstance(error, OSError):
        return error.errno in FULL
    said = str(error)
    return any(os.strerror(each) in said for each in FULL) or "max_temp_directory_size" in said


@contextmanager
def _duck(folder: Path, memory: str) -> Iterator[duckdb.DuckDBPyConnection]:
    config: dict[str, Any] = {
        "memory_limit": memory,
        "temp_directory": str(folder / "spill"),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    with duckdb.connect(str(folder / "work.duckdb"), config=config) as duck:
        duck.execute("SET TimeZone = 'UTC'")
        # A Parquet file's minimum and maximum leave NaN out. DuckDB concludes from them that none is
        # there, answers isnan() with false unseen, and NaN would stand in the snapshot.
        duck.execute("SET disabled_optimizers = 'statistics_propagation'")
        yield duck


@contextmanager
def _folder(parent: Path) -> Iterator[Path]:
    """A folder that nobody sweeps while this process lives: it holds a lock on it."""
    with ExitStack() as held:
        with ExitStack() as making:
            _lock(parent, making, wait=True)
            _sweep(parent)
            name = held.enter_context(tempfile.TemporaryDirectory(prefix=PREFIX, dir=parent))
            _lock(Path(name), held)
        yield Path(name)


def _sweep(parent: Path) -> None:
    """Take away the folders whose processes have ended without doing so."""
    for each in parent.glob(f"{PREFIX}*"):
        with ExitStack() as held:
            if _lock(each, held):
                shutil.rmtree(each, ignore_errors=True)


def _lock(folder: Path, held: ExitStack, *, wait: bool = False) -> bool:
    """Lock a folder until ``held`` ends; false where another process has it, or the disk knows no locks."""
    if sys.platform == "win32":
        return False
    try:
        number = os.open(folder, os.O_RDONLY)
        held.callback(os.close, number)
        fcntl.flock(number, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def text(value: str) -> str:
    """A text as a literal of SQL."""
    return "'" + value.replace("'", "''") + "'"


def parquet(*paths: Path) -> str:
    """Parquet files, alike, as one table of SQL."""
    return f"read_parquet([{', '.join(text(str(path)) for path in paths)}])"
