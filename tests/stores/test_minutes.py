"""Counts by the minute, on a real database: processes add to the same rows."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest

from flyball.stores import minutes
from flyball.stores.database import Database
from flyball.stores.minutes import Count

pytestmark = pytest.mark.storage

ANSWERS = Count(100, "triage", 1, "champion", "answers")
ODD = Count(100, "triage", 1, "", "decisions", "'; DROP TABLE x; -- é 🎈\n")


def add(database: Database, *counts: dict[Count, int]) -> None:
    with closing(database.connect()) as connection:
        for each in counts:
            with database.transaction(connection):
                minutes.add(database, connection, each)


def totals(database: Database, *endpoints: str) -> dict[Count, int]:
    with closing(database.connect_read_only()) as connection:
        return minutes.totals(database, connection, endpoints)


def since(database: Database, minute: int) -> dict[Count, int]:
    with closing(database.connect_read_only()) as connection:
        return minutes.since(database, connection, ["triage"], minute)


def test_counts_are_added_up_by_minute_and_altogether(database: Database) -> None:
    later = ANSWERS._replace(minute=101)
    add(database, {ANSWERS: 2, ODD: 1}, {ANSWERS: 3, later: 7})
    assert since(database, 1) == {ANSWERS: 5, ODD: 1, later: 7}
    assert since(database, 101) == {later: 7}
    ever = {ANSWERS._replace(minute=minutes.EVER): 12, ODD._replace(minute=minutes.EVER): 1}
    assert totals(database, "triage", "nobody") == ever


def test_an_endpoint_is_told_apart(database: Database) -> None:
    add(database, {ANSWERS: 2, ANSWERS._replace(endpoint="beds"): 3})
    assert list(totals(database, "beds").values()) == [3]
    assert totals(database) == {}


def test_nothing_is_added_of_nothing(database: Database) -> None:
    add(database, {})
    assert totals(database, "triage") == {}


def test_old_minutes_end_and_the_totals_stay(database: Database) -> None:
    add(database, {ANSWERS: 2, ANSWERS._replace(minute=99): 3})
    with closing(database.connect()) as connection:
        assert minutes.expire(database, connection, 100) == 1
    assert since(database, 1) == {ANSWERS: 2}
    assert list(totals(database, "triage").values()) == [5]


def test_processes_that_add_to_the_same_rows_lose_nothing(database: Database) -> None:
    rows = [ANSWERS._replace(label=str(place)) for place in range(20)]
    failed: list[Exception] = []

    def work(order: list[Count]) -> None:
        try:
            add(database, *[dict.fromkeys(order, 1)] * 30)
        except Exception as error:  # noqa: BLE001 - the test tells
            failed.append(error)

    threads = [threading.Thread(target=work, args=(each,)) for each in (rows, rows[::-1], rows[5:])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert sum(totals(database, "triage").values()) == 30 * (20 + 20 + 15)
