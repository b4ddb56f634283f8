"""What was acknowledged is in the database exactly once, however often the server is killed."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from flyball.stores.database import Database
from tests import published
from tests.durability.servers import BULK, Client, Server, Teller, request

pytestmark = [pytest.mark.storage, pytest.mark.journey]
CLIENTS = 16
KILLS = 5
ACKNOWLEDGED_EACH = 64
"""New acknowledgements between one kill and the next: at least so many."""
TELLERS = 6
TOLD_EACH = 12
"""Bulks of outcomes acknowledged between one kill and the next: at least so many."""
PATIENCE_SECONDS = 60


@pytest.fixture
def server(database: Database, tmp_path: Path) -> Iterator[Server]:
    """A server that is not started yet, on a database where an endpoint is published."""
    published.publish(database)
    running = Server(database, tmp_path)
    yield running
    running.kill()


def test_five_kills_under_load_lose_nothing_that_was_acknowledged_and_store_nothing_twice(
    database: Database, server: Server
) -> None:
    key = published.key(role="member")
    stop = threading.Event()
    clients = [Client(f"client-{place}", server.port, key, stop) for place in range(CLIENTS)]
    server.start()
    assert request(server.port, "GET", "/v1/status", key)[1]["recorder"]["durability"] in {
        "synchronous=2",
        "synchronous_commit=on",
    }
    for client in clients:
        client.start()
    between = []
    for _ in range(KILLS):
        between.append(_wait_for_more(clients))
        server.kill()
        server.start()
    between.append(_wait_for_more(clients))
    stop.set()
    for client in clients:
        client.join(PATIENCE_SECONDS)
    assert min(between) >= ACKNOWLEDGED_EACH
    assert [client.refused for client in clients] == [[]] * CLIENTS
    acknowledged = {pair for client in clients for pair in client.acknowledged.items()}
    stored = _stored(database)
    assert acknowledged <= set(stored)
    assert len(stored) == len(dict(stored))


def test_five_kills_under_load_leave_no_outcomes_lost_doubled_or_half_recorded(
    database: Database, server: Server
) -> None:
    key = published.key(role="member")
    stop = threading.Event()
    tellers = [Teller(f"teller-{place}", server.port, key, stop) for place in range(TELLERS)]
    server.start()
    for teller in tellers:
        teller.start()
    for _ in range(KILLS):
        _wait_for_more(tellers, TOLD_EACH)
        server.kill()
        server.start()
    stop.set()
    for teller in tellers:
        teller.join(PATIENCE_SECONDS)
    assert [teller.refused for teller in tellers] == [[]] * TELLERS
    acknowledged = {name: held for teller in tellers for name, held in teller.acknowledged.items()}
    assert len(acknowledged) >= KILLS * TOLD_EACH
    assert set(acknowledged.values()) == {str(BULK)}
    connection = database.connect()
    rows = connection.execute("SELECT reference, count(*) FROM flyball_outcome GROUP BY reference").fetchall()
    connection.close()
    assert {count for _, count in rows} == {1}
    bulks = Counter(reference.partition("/")[0] for reference, _ in rows)
    assert bulks == dict.fromkeys(acknowledged, BULK)


def _wait_for_more(clients: Sequence[Client], wanted: int = ACKNOWLEDGED_EACH) -> int:
    before = sum(len(client.acknowledged) for client in clients)
    deadline = time.monotonic() + PATIENCE_SECONDS
    more = 0
    while more < wanted and time.monotonic() < deadline:
        time.sleep(0.02)
        more = sum(len(client.acknowledged) for client in clients) - before
    return more


def _stored(database: Database) -> list[tuple[str, str]]:
    connection = database.connect()
    try:
        rows = connection.execute("SELECT reference, id FROM flyball_prediction").fetchall()
    finally:
        connection.close()
    return [(name, str(database.id_out(identity))) for name, identity in rows]
