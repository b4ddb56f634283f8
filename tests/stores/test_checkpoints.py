"""Commits leave SQLite's write-ahead log as it is; whoever copies it keeps it from growing for ever."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from flyball.stores.database import LOG_PAGES, Database

PAGE = 4096


@pytest.fixture
def lite(tmp_path: Path) -> Database:
    return Database(f"sqlite:///{tmp_path / 'log.sqlite3'}")


@pytest.fixture
def writer(lite: Database) -> Iterator[Any]:
    """Who writes and copies nothing."""
    with closing(lite.connect()) as connection:
        connection.execute("CREATE TABLE kept (bytes BLOB)")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        lite.leave_checkpoints(connection)
        yield connection


def write(writer: Any, pages: int) -> None:
    writer.execute("INSERT INTO kept VALUES (zeroblob(?))", (pages * PAGE,))


def size(lite: Database, suffix: str = "") -> int:
    return Path(lite.url.removeprefix("sqlite:///") + suffix).stat().st_size


def copied(lite: Database) -> None:
    with closing(lite.connect()) as connection:
        lite.checkpoint(connection)


def test_a_commit_copies_nothing_into_the_database(lite: Database, writer: Any) -> None:
    before = size(lite)
    write(writer, 1500)
    write(writer, 1)
    assert size(lite) == before
    copied(lite)
    assert size(lite) > before + 1500 * PAGE


def test_a_log_that_has_grown_long_begins_anew(lite: Database, writer: Any) -> None:
    write(writer, LOG_PAGES + 1)
    long = size(lite, "-wal")
    copied(lite)
    write(writer, LOG_PAGES // 2)
    assert size(lite, "-wal") == long


def test_a_reader_of_an_older_state_is_not_waited_for(lite: Database, writer: Any) -> None:
    with closing(lite.connect_read_only()) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM kept").fetchone()
        write(writer, LOG_PAGES + 1)
        copied(lite)
        write(writer, 1)
        assert reader.execute("SELECT count(*) FROM kept").fetchone() == (0,)
