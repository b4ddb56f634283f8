"""Erased values leave SQLite's write-ahead log, and no prediction waits for that."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from flyball.config import Config
from flyball.domain.access import Principal
from flyball.domain.errors import Erased, UnknownEndpoint
from flyball.domain.records import Prediction
from flyball.serving.app import DataPlane, create
from flyball.serving.calls import Call, Row
from flyball.stores.database import Database
from tests import published
from tests.engine.conftest import OWNER
from tests.fakes import HeldScrub

pytestmark = pytest.mark.storage
PATIENCE_SECONDS = 30
STRANGER = Principal(team="bank", role="owner")


@pytest.fixture(autouse=True)
def route(database: Database) -> None:
    if database.is_postgres:
        pytest.skip("PostgreSQL's log is its administrator's.")
    published.publish(database)


def ask(plane: DataPlane, reference: str = "r") -> Prediction:
    call = Call(endpoint="triage", rows=(Row(input=published.ROW, reference=reference),))
    return plane.engine.predict_now(OWNER, call)[0]


@pytest.fixture
def reader(database: Database) -> Iterator[Any]:
    """Somebody who goes on reading an older state."""
    with closing(database.connect_read_only()) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM flyball_prediction").fetchone()
        yield connection


def test_predictions_are_answered_while_the_log_is_being_emptied(config: Config, database: Database) -> None:
    held = HeldScrub(database.url)
    plane = create(config, held)
    plane.start()  # it empties the log once itself, before anybody asks
    held.hold.set()
    try:
        erasing = threading.Thread(target=lambda: asyncio.run(plane.engine.erase(OWNER, ask(plane).id)))
        erasing.start()
        assert held.began.wait(PATIENCE_SECONDS)
        answered = threading.Thread(target=ask, args=(plane,), daemon=True)
        answered.start()
        answered.join(PATIENCE_SECONDS)
        assert not answered.is_alive()
    finally:
        held.release.set()
        erasing.join()
        plane.stop()


def test_a_person_is_erased_through_the_engine_for_its_own_team_alone(plane: DataPlane) -> None:
    answers = [ask(plane, reference="mine"), ask(plane, reference="mine"), ask(plane, reference="other")]
    with pytest.raises(UnknownEndpoint):
        asyncio.run(plane.engine.erase_person(STRANGER, "triage", reference="mine"))
    done = asyncio.run(plane.engine.erase_person(OWNER, "triage", reference="mine"))
    assert done.predictions == 2
    for answer in answers[:2]:
        with pytest.raises(Erased):
            asyncio.run(plane.engine.prediction(OWNER, answer.id))
    assert asyncio.run(plane.engine.prediction(OWNER, answers[2].id)).reference == "other"


def test_erased_values_leave_the_log_once_nobody_reads_an_older_state(
    plane: DataPlane, database: Database, reader: Any
) -> None:
    answer = ask(plane, reference="SECRET-7")
    asyncio.run(plane.engine.erase(OWNER, answer.id))
    ask(plane)
    log = Path(unquote(urlsplit(database.url).path) + "-wal")
    assert b"SECRET-7" in log.read_bytes()
    reader.execute("ROLLBACK")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while b"SECRET-7" in log.read_bytes() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert b"SECRET-7" not in log.read_bytes()


def test_what_a_killed_process_left_in_the_log_goes_when_the_next_one_starts(
    config: Config, database: Database
) -> None:
    log = Path(unquote(urlsplit(database.url).path) + "-wal")
    with closing(database.connect()) as other:
        other.execute("UPDATE flyball_team SET slug = slug")
        assert log.stat().st_size > 0
        plane = create(config, database)
        plane.start()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while log.stat().st_size > 0 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert log.stat().st_size == 0
        plane.stop()


def test_an_attempt_does_not_wait_for_a_reader(database: Database, reader: Any) -> None:
    with closing(database.connect()) as connection:
        connection.execute("UPDATE flyball_team SET slug = slug")
        assert not database.scrub(connection)
        reader.execute("ROLLBACK")
        assert database.scrub(connection)
