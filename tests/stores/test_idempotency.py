"""The same idempotency key gives the same answer and one effect, whoever is first."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Any

import pytest

from flyball.domain.errors import IdempotencyKeyReused
from flyball.domain.records import Outcome
from flyball.stores import outcomes, records
from flyball.stores.database import Database
from flyball.stores.outcomes import Counts, Key
from flyball.stores.records import Result, Submission
from tests.stores.predictions import NOON, made, write

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


KEY = Key(digest="c" * 64, request="r")


def tell(database: Database, connection: Any, key: Key | None = KEY, reference: str = "loan") -> Counts:
    sent = [Outcome(endpoint="triage", value="ill", reference=reference) for _ in range(3)]
    return outcomes.record(database, connection, sent, NOON, key=key)


def told(connection: Any) -> int:
    return int(connection.execute("SELECT count(*) FROM flyball_outcome").fetchone()[0])


def test_a_repeat_of_outcomes_gives_the_first_counts_and_stores_nothing(
    database: Database, connection: Any
) -> None:
    assert tell(database, connection) == Counts(held=3)
    write(database, connection, Submission(predictions=(made(reference="loan"),)))
    assert tell(database, connection) == Counts(held=3)  # the same answer, though all are bound by now
    assert told(connection) == 3


def test_other_outcomes_under_the_same_key_are_refused_and_not_stored(
    database: Database, connection: Any
) -> None:
    tell(database, connection)
    with pytest.raises(IdempotencyKeyReused):
        tell(database, connection, Key(digest="c" * 64, request="another"))
    assert told(connection) == 3


def test_outcomes_without_a_key_are_stored_each_time(database: Database, connection: Any) -> None:
    tell(database, connection, None)
    tell(database, connection, None)
    assert told(connection) == 6


@pytest.mark.parametrize("is_searched", [True, False])
def test_of_many_who_send_the_same_outcomes_at_once_one_is_stored(
    database: Database, connection: Any, is_searched: bool
) -> None:
    predicted = made()
    write(database, connection, Submission(predictions=(predicted,)))
    how: dict[str, Any] = {"reference": "loan"} if is_searched else {"prediction": predicted.id}
    sent = [Outcome(endpoint="triage", value="ill", **how)]
    together = threading.Barrier(6)
    answers: list[Counts] = []

    def work() -> None:
        with closing(database.connect()) as own:
            together.wait()
            answers.append(outcomes.record(database, own, sent, NOON, key=KEY))

    run_together([work] * 6)
    assert answers == [Counts(held=1) if is_searched else Counts(bound=1)] * 6
    assert told(connection) == 1


def test_commits_of_several_endpoints_do_not_wait_for_each_other_for_ever(
    database: Database, connection: Any
) -> None:
    names = [f"ward_{number}" for number in range(8)]
    together = threading.Barrier(6)
    failures: list[Exception] = []

    def work(place: int) -> None:
        mine = names if place % 2 else names[::-1]
        with closing(database.connect()) as own:
            together.wait()
            try:
                for _ in range(10):
                    _both(database, own, mine, alone=place % 3 == 0)
            except database.driver.Error as error:
                failures.append(error)

    run_together([partial(work, place) for place in range(6)])
    assert failures == []


def _both(database: Database, connection: Any, names: list[str], *, alone: bool) -> None:
    if alone:
        sent = [Outcome(endpoint=name, value="ill", reference="loan") for name in names]
        outcomes.record(database, connection, sent, NOON)
    else:
        asked = [
            Submission(predictions=(made(endpoint=name, reference="loan", entity={"id": 1}),))
            for name in names
        ]
        write(database, connection, *asked)


def run_together(works: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _predictions(result: Result) -> list[Any]:
    assert isinstance(result, list)
    return result
