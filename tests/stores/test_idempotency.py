"""The same idempotency key gives the same predictions and one row, whoever is first."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from flyball.domain.errors import IdempotencyKeyReused
from flyball.stores import records
from flyball.stores.database import Database
from flyball.stores.records import Result, Submission
from tests.stores.predictions import made, write

pytestmark = pytest.mark.storage


def ask(key: str | None = "a" * 64, request: str = "r", rows: int = 1) -> Submission:
    return Submission(predictions=tuple(made() for _ in range(rows)), idempotency=key, request=request)


def count(connection: Any) -> int:
    return int(connection.execute("SELECT count(*) FROM flyball_prediction").fetchone()[0])


def test_a_repeat_in_a_later_commit_gives_the_first_predictions_in_order(
    database: Database, connection: Any
) -> None:
    first = ask(rows=3)
    write(database, connection, first)
    assert write(database, connection, ask(rows=3)) == [list(first.predictions)]
    assert count(connection) == 3


def test_a_repeat_in_the_same_commit_gives_the_first_predictions(database: Database, connection: Any) -> None:
    first, second = ask(), ask()
    assert write(database, connection, first, second) == [list(first.predictions)] * 2
    assert count(connection) == 1


def test_another_request_under_the_same_key_fails_alone(database: Database, connection: Any) -> None:
    first, reused, other = ask(), ask(request="another"), ask("b" * 64)
    results = write(database, connection, first, reused, other)
    assert results[0] == list(first.predictions)
    assert isinstance(results[1], IdempotencyKeyReused)
    assert results[2] == list(other.predictions)
    assert count(connection) == 2


def test_without_a_key_every_request_is_stored(database: Database, connection: Any) -> None:
    write(database, connection, ask(None), ask(None))
    assert count(connection) == 2


def test_a_key_is_looked_up_before_anything_is_computed(database: Database, connection: Any) -> None:
    first = ask()
    assert records.by_idempotency(database, connection, "a" * 64, "r") is None
    write(database, connection, first)
    assert records.by_idempotency(database, connection, "a" * 64, "r") == list(first.predictions)
    with pytest.raises(IdempotencyKeyReused):
        records.by_idempotency(database, connection, "a" * 64, "another")


def test_of_many_writers_at_once_one_wins_every_key_and_all_get_its_answer(
    database: Database, connection: Any
) -> None:
    writers, keys = 6, [f"{number:064d}" for number in range(20)]
    results: list[list[Result]] = [[] for _ in range(writers)]
    together = threading.Barrier(writers)

    def work(place: int) -> None:
        own = database.connect()
        together.wait()
        # Half of them in the opposite order: locks taken in the order of arrival would deadlock.
        mine = keys if place % 2 else keys[::-1]
        for start in range(0, len(mine), 5):
            batch = [ask(key) for key in mine[start : start + 5]]
            answers = dict(zip(mine[start : start + 5], write(database, own, *batch), strict=True))
            results[place] += [answers[key] for key in sorted(answers)]
        own.close()

    threads = [threading.Thread(target=work, args=(place,)) for place in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stored = {each.id for result in results for answer in result for each in _predictions(answer)}
    assert [len(result) for result in results] == [len(keys)] * writers
    assert len(stored) == count(connection) == len(keys)


def _predictions(result: Result) -> list[Any]:
    assert isinstance(result, list)
    return result
