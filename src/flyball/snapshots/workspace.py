"""DuckDB in a directory of its own: bounded memory, spills to disk, and reaches for no network."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

MEMORY = "1GB"
"""What DuckDB may hold in memory; beyond that it spills to the workspace's directory."""


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
    """A workspace below ``parent``; it is gone when the block ends."""
    with tempfile.TemporaryDirectory(prefix=".staging-", dir=parent) as name:
        folder = Path(name)
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
            yield Workspace(folder, duck)


def text(value: str) -> str:
    """A text as a literal of SQL."""
    return "'" + value.replace("'", "''") + "'"


def parquet(*paths: Path) -> str:
    """Parquet files, alike, as one table of SQL."""
    return f"read_parquet([{', '.join(text(str(path)) for path in paths)}])"
