"""While the database is away the log says so once, looks become rare, and its return is said once."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from flyball.serving.loader import Loader
from flyball.serving.pool import Pool
from flyball.serving.readers import Readers
from flyball.serving.recording.recorder import Recorder
from flyball.serving.refresher import LONGEST_PAUSE_SECONDS, Refresher
from flyball.stores.database import Database

pytestmark = pytest.mark.storage


def away(database: Database, folder: Path) -> Database:
    """Nothing answers there."""
    if database.is_postgres:
        return Database("postgresql://nobody@127.0.0.1:1/none")
    return Database(f"sqlite:///{folder}/none/at-all.sqlite3")


def refresher(database: Database, seconds: float = 0.5) -> Refresher:
    readers = Readers(database)
    return Refresher(readers, Pool(), Loader(readers), Recorder(database, 1), seconds)


def test_an_outage_and_its_end_are_said_once_each(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    looking = refresher(away(database, tmp_path))
    with caplog.at_level(logging.INFO, "flyball"):
        for _ in range(5):
            looking._try()
    (said,) = caplog.records
    assert said.getMessage().startswith("The database does not answer: OperationalError")
    assert said.exc_info is None
    caplog.clear()
    looking.readers.database = database
    with caplog.at_level(logging.INFO, "flyball"):
        for _ in range(3):
            looking._try()
    assert [each.getMessage() for each in caplog.records] == ["The database answers again."]
    assert looking.pool.refresh_error == ""
    looking.readers.close()


def test_tables_that_are_missing_are_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    looking = refresher(Database(f"sqlite:///{tmp_path}/empty.sqlite3"))
    with caplog.at_level(logging.INFO, "flyball"):
        for _ in range(5):
            looking._try()
    assert [each.getMessage() for each in caplog.records] == ["A read failed: OperationalError."]
    looking.readers.close()


def test_looks_become_rare_up_to_a_bound_while_they_fail_and_frequent_again() -> None:
    looking = refresher(Database("sqlite:////none"))
    pauses = [0.5]
    for _ in range(7):
        pauses.append(looking.pause_after(pauses[-1], succeeded=False))
    assert pauses == [0.5, 1, 2, 4, 8, 8, 8, 8]
    assert LONGEST_PAUSE_SECONDS == 8
    assert looking.pause_after(8, succeeded=True) == 0.5


def test_who_looks_rarely_anyway_looks_no_more_often_while_it_fails() -> None:
    assert refresher(Database("sqlite:////none"), seconds=60).pause_after(60, succeeded=False) == 60
