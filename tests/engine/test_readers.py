"""Nobody waits long for a read: not for a lock, not behind reads that stand still, not for their turn."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from flyball.domain.errors import Overloaded
from flyball.serving.readers import STALLED_SECONDS, Readers
from flyball.stores.database import Database

pytestmark = pytest.mark.storage
MANY = 64
"""More than there are threads that read."""
PATIENCE_SECONDS = 30


@pytest.fixture
def readers(database: Database) -> Iterator[Readers]:
    made = Readers(database)
    yield made
    made.close()


def refused(answers: list[Any]) -> int:
    return sum(isinstance(each, Overloaded) for each in answers)


async def ask(readers: Readers, work: Any, times: int) -> list[Any]:
    """What becomes of so many reads that are asked for at the same time."""
    return await asyncio.gather(*(readers.run(work) for _ in range(times)), return_exceptions=True)


def test_a_read_does_not_wait_long_for_a_lock_on_its_table(database: Database) -> None:
    if not database.is_postgres:
        pytest.skip("Readers of SQLite wait for nobody.")
    readers = Readers(replace(database, wait_seconds=3600))
    count = "SELECT count(*) FROM flyball_prediction"
    blocker = database.connect()
    blocker.execute("BEGIN")
    blocker.execute("LOCK TABLE flyball_prediction IN ACCESS EXCLUSIVE MODE")
    told: list[Any] = []

    def read() -> None:
        try:
            told.append(readers.read(lambda connection: connection.execute(count).fetchone()))
        except Overloaded as error:
            told.append(error)

    reading = threading.Thread(target=read, daemon=True)
    reading.start()
    reading.join(PATIENCE_SECONDS)
    blocker.close()
    assert refused(told) == 1
    readers.close()


def test_who_comes_while_all_reads_stand_still_is_told_at_once(readers: Readers) -> None:
    release = threading.Event()

    async def journey() -> list[Any]:
        standing = asyncio.ensure_future(ask(readers, lambda: release.wait(PATIENCE_SECONDS), MANY))
        while not readers.stand_still:
            await asyncio.sleep(0.01)
        try:
            return await asyncio.wait_for(ask(readers, lambda: "read", 2), PATIENCE_SECONDS)
        finally:
            release.set()
            await standing

    assert refused(asyncio.run(journey())) == 2


def test_who_has_waited_long_for_a_turn_is_turned_away_and_the_next_are_read(readers: Readers) -> None:
    release = threading.Event()

    async def journey() -> tuple[list[Any], list[Any]]:
        standing = asyncio.ensure_future(ask(readers, lambda: release.wait(PATIENCE_SECONDS), MANY))
        while not readers.stand_still:
            await asyncio.sleep(0.01)
        await asyncio.sleep(STALLED_SECONDS)  # on a busy machine some have come to the line later
        release.set()
        first = await standing
        return first, await ask(readers, lambda: "read", MANY)

    first, next_ = asyncio.run(journey())
    assert MANY // 2 < refused(first) < MANY
    assert next_ == ["read"] * MANY
