"""Several servers on one database are one service: a retry may go to any of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from flyball.stores.database import Database
from tests import published
from tests.durability.servers import ROW, Server, request

pytestmark = pytest.mark.storage
CLIENTS = 16
ROUNDS = 5
PATIENCE_SECONDS = 60


@pytest.fixture
def key(database: Database) -> str:
    return published.key(role="member")


@pytest.fixture
def servers(database: Database, key: str, tmp_path: Path) -> Iterator[list[Server]]:
    published.publish(database)
    running = [Server(database.url, tmp_path) for _ in range(2)]
    for server in running:
        server.start()
    yield running
    for server in running:
        server.kill()


def test_one_key_sent_to_two_servers_at_once_gives_one_answer_and_one_row(
    database: Database, key: str, servers: list[Server]
) -> None:
    answers: list[set[str]] = [set() for _ in range(ROUNDS)]
    together = threading.Barrier(CLIENTS)

    def work(place: int) -> None:
        for number in range(ROUNDS):
            together.wait(PATIENCE_SECONDS)
            port = servers[place % 2].port
            path = "/v1/endpoints/triage/predictions"
            status, answer = request(
                port, "POST", path, key, {"input": ROW}, **{"Idempotency-Key": f"round-{number}"}
            )
            answers[number].add(answer["id"] if status == 200 else f"status {status}")

    clients = [threading.Thread(target=work, args=(place,)) for place in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join(PATIENCE_SECONDS)
    assert not [text for each in answers for text in each if text.startswith("status")]
    assert [len(each) for each in answers] == [1] * ROUNDS
    connection = database.connect()
    count = connection.execute("SELECT count(*) FROM flyball_prediction").fetchone()[0]
    connection.close()
    assert count == ROUNDS


def test_outcomes_sent_to_two_servers_at_once_under_one_key_are_recorded_once(
    database: Database, key: str, servers: list[Server]
) -> None:
    answers: list[set[str]] = [set() for _ in range(ROUNDS)]
    together = threading.Barrier(CLIENTS)
    body = {"outcomes": [{"reference": f"bed {number}", "value": "ill"} for number in range(20)]}

    def work(place: int) -> None:
        for number in range(ROUNDS):
            together.wait(PATIENCE_SECONDS)
            port = servers[place % 2].port
            path = "/v1/endpoints/triage/outcomes"
            status, answer = request(port, "POST", path, key, body, **{"Idempotency-Key": f"round-{number}"})
            answers[number].add(f"{status} {answer}")

    clients = [threading.Thread(target=work, args=(place,)) for place in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join(PATIENCE_SECONDS)
    assert [len(each) for each in answers] == [1] * ROUNDS
    assert all(text.startswith("200") for each in answers for text in each)
    connection = database.connect()
    count = connection.execute("SELECT count(*) FROM flyball_outcome").fetchone()[0]
    connection.close()
    assert count == ROUNDS * 20
