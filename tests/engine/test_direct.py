"""A runtime that takes microseconds is asked where the call is; its answers are recorded like any other's."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from flyball.config import Config
from flyball.domain.errors import ModelFailed, Overloaded
from flyball.domain.records import Prediction
from flyball.domain.values import Scalar
from flyball.serving.app import DataPlane, create
from flyball.serving.calls import Call, Row
from flyball.serving.coalescer import ROWS
from flyball.stores import records, routes
from flyball.stores.database import Database
from tests import published
from tests.engine.conftest import OWNER

pytestmark = pytest.mark.storage


class Direct:
    """Everybody is ill, says the thread that asks; in the ward ``west`` it fails."""

    direct = True

    def __init__(self) -> None:
        self.asked_in: list[str] = []

    def predict(self, rows: Sequence[Mapping[str, Scalar]]) -> list[dict[str, Any]]:
        self.asked_in.append(threading.current_thread().name)
        if any(row["ward"] == "west" for row in rows):
            raise ModelFailed
        return [{"label": "ill", "probabilities": {"ill": 0.75, "well": 0.25}} for _ in rows]


@pytest.fixture
def model(plane: DataPlane, database: Database) -> Direct:
    made = Direct()
    published.publish(database)
    with closing(database.connect_read_only()) as connection:
        plane.engine.pool.publish(routes.published(database, connection), lambda manifest: made)
    return made


def call(*rows: Mapping[str, object]) -> Call:
    return Call(endpoint="triage", rows=tuple(Row(input=dict(row)) for row in rows))


def stored(database: Database, predictions: Sequence[Prediction]) -> int:
    with closing(database.connect()) as connection:
        return len(records.many(database, connection, [each.id for each in predictions]))


def test_few_rows_are_answered_in_the_thread_that_asks(plane: DataPlane, model: Direct) -> None:
    asyncio.run(plane.engine.predict(OWNER, call(published.ROW)))
    plane.engine.predict_now(OWNER, call(published.ROW))
    assert model.asked_in == [threading.current_thread().name] * 2


def test_many_rows_keep_no_event_loop_waiting(plane: DataPlane, model: Direct) -> None:
    asyncio.run(plane.engine.predict(OWNER, call(*[published.ROW] * 200)))
    assert threading.current_thread().name not in model.asked_in


def test_all_that_ask_at_once_are_answered_after_their_commit(
    plane: DataPlane, model: Direct, database: Database
) -> None:
    async def ask() -> list[list[Prediction]]:
        return await asyncio.gather(*(plane.engine.predict(OWNER, call(published.ROW)) for _ in range(50)))

    answers = [one for each in asyncio.run(ask()) for one in each]
    assert (len({one.id for one in answers}), stored(database, answers)) == (50, 50)
    assert plane.recorder.commits < 50


def test_all_that_came_in_one_turn_of_the_event_loop_share_a_call(plane: DataPlane, model: Direct) -> None:
    async def ask() -> None:
        await asyncio.gather(*(plane.engine.predict(OWNER, call(published.ROW)) for _ in range(50)))

    asyncio.run(ask())
    assert len(model.asked_in) == 1


def test_more_than_one_call_takes_are_answered_in_several_turns(plane: DataPlane, model: Direct) -> None:
    async def ask(requests: int) -> list[list[Prediction]]:
        calls = (plane.engine.predict(OWNER, call(*[published.ROW] * 16)) for _ in range(requests))
        return await asyncio.gather(*calls)

    answers = asyncio.run(ask(40))
    assert {len(each) for each in answers} == {16}
    assert 2 <= len(model.asked_in) <= 40


def test_one_that_makes_the_model_fail_fails_alone(
    plane: DataPlane, model: Direct, database: Database
) -> None:
    rows = [published.ROW, published.ROW | {"ward": "west"}, published.ROW]

    async def ask() -> list[list[Prediction] | BaseException]:
        calls = (plane.engine.predict(OWNER, call(row)) for row in rows)
        return await asyncio.gather(*calls, return_exceptions=True)

    first, failed, last = asyncio.run(ask())
    assert isinstance(failed, ModelFailed)
    assert isinstance(first, list)
    assert isinstance(last, list)
    assert stored(database, first + last) == 2


def test_those_that_came_together_are_refused_together_where_nothing_more_is_taken(
    plane: DataPlane, model: Direct
) -> None:
    async def ask() -> list[list[Prediction] | BaseException]:
        calls = [asyncio.ensure_future(plane.engine.predict(OWNER, call(published.ROW))) for _ in range(3)]
        await asyncio.sleep(0)
        plane.recorder.stop()
        return await asyncio.gather(*calls, return_exceptions=True)

    assert [type(each) for each in asyncio.run(ask())] == [Overloaded] * 3


def test_a_row_that_makes_it_fail_is_refused_and_leaves_room(plane: DataPlane, model: Direct) -> None:
    for _ in range(plane.config.queue_size + 1):
        with pytest.raises(ModelFailed):
            asyncio.run(plane.engine.predict(OWNER, call(published.ROW | {"ward": "west"})))
    assert asyncio.run(plane.engine.predict(OWNER, call(published.ROW)))


def test_who_stops_waiting_does_not_disturb_the_others(
    plane: DataPlane, model: Direct, database: Database
) -> None:
    async def ask() -> list[Prediction]:
        gone = asyncio.create_task(plane.engine.predict(OWNER, call(published.ROW)))
        here = asyncio.create_task(plane.engine.predict(OWNER, call(published.ROW)))
        await asyncio.sleep(0)
        gone.cancel()
        return await here

    assert stored(database, asyncio.run(ask())) == 1


def test_an_event_loop_that_ends_before_the_commit_does_not_stop_the_recorder(
    plane: DataPlane, model: Direct, database: Database
) -> None:
    began, release = threading.Event(), threading.Event()

    def work(connection: Any) -> None:
        began.set()
        release.wait(30)

    async def ask() -> None:
        asyncio.create_task(plane.engine.predict(OWNER, call(published.ROW)))  # noqa: RUF006 - nobody waits
        await asyncio.sleep(0)

    plane.recorder.run(work)
    assert began.wait(30)
    asyncio.run(ask())
    release.set()
    assert stored(database, plane.engine.predict_now(OWNER, call(published.ROW))) == 1


def test_a_lock_that_stays_is_waited_for_once_and_refuses_all_that_came_meanwhile(
    config: Config, database: Database
) -> None:
    plane, answers = create(config, replace(database, wait_seconds=1.0)), Direct()
    plane.start()
    published.publish(database)
    with closing(database.connect_read_only()) as connection:
        plane.engine.pool.publish(routes.published(database, connection), lambda manifest: answers)

    async def ask() -> list[list[Prediction] | BaseException]:
        calls = (plane.engine.predict(OWNER, call(published.ROW)) for _ in range(ROWS * 3))
        return await asyncio.gather(*calls, return_exceptions=True)

    with closing(database.connect()) as blocker:
        blocker.execute("BEGIN" if database.is_postgres else "BEGIN IMMEDIATE")
        if database.is_postgres:
            blocker.execute("LOCK TABLE flyball_prediction IN ACCESS EXCLUSIVE MODE")
        assert {type(each) for each in asyncio.run(ask())} == {Overloaded}
        blocker.execute("ROLLBACK")
    assert len(answers.asked_in) == 1
    assert asyncio.run(plane.engine.predict(OWNER, call(published.ROW)))
    plane.stop()
