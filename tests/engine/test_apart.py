"""Versions that are not compiled are answered by processes, which come and go with their routes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import pytest

import flyball
from flyball import inprocess
from flyball.config import Config
from flyball.domain.errors import ModelFailed, Overloaded
from flyball.domain.records import Prediction
from flyball.inference.apart.model import Apart
from flyball.serving.app import DataPlane, create
from flyball.serving.calls import Call, Row
from flyball.serving.loader import PROCESS
from flyball.stores.database import Database
from tests import published
from tests.engine.conftest import OWNER
from tests.engine.moody import ABORTING, Moody
from tests.inference.apart.processes import is_there, process_of, until

pytestmark = pytest.mark.storage


@contextmanager
def started(config: Config, database: Database, most: int = 4) -> Iterator[DataPlane]:
    """A data plane with so many processes at most, which trusts a step of a user's own."""
    trusted = (f"{Moody.__module__}.{Moody.__name__}",)
    plane = create(msgspec.structs.replace(config, model_processes=most, trusted_types=trusted), database)
    plane.start()
    try:
        yield plane
    finally:
        plane.stop()


def runtime(plane: DataPlane, endpoint: str = "triage") -> object:
    """What answers an endpoint's champion."""
    return plane.engine.pool.table.endpoints[endpoint].champion.runtime


def process(plane: DataPlane, endpoint: str = "triage") -> int:
    """The process that answers an endpoint's champion."""
    found = runtime(plane, endpoint)
    assert isinstance(found, Apart)
    return process_of(found)


def call(age: float = 80.0, endpoint: str = "triage", version: int | None = None) -> Call:
    """One row."""
    return Call(endpoint=endpoint, rows=(Row(input={**published.ROW, "age": age}),), version=version)


def test_a_process_answers_as_the_server_does(config: Config, database: Database) -> None:
    published.publish(database, compiled=False)
    with started(config, database) as apart, started(config, database, most=0) as here:
        assert isinstance(runtime(apart), Apart)
        assert not isinstance(runtime(here), Apart)
        assert (
            apart.engine.predict_now(OWNER, call())[0].output
            == here.engine.predict_now(OWNER, call())[0].output
        )


def test_a_test_run_of_django_has_none(database: Database) -> None:
    published.publish(database, compiled=False)
    flyball.predict("triage", input=published.ROW)
    assert not isinstance(runtime(inprocess.data_plane()), Apart)


def test_a_compiled_version_needs_none(config: Config, database: Database) -> None:
    published.publish(database)
    with started(config, database) as plane:
        assert not isinstance(runtime(plane), Apart)


def test_a_promotion_ends_the_process_of_the_version_before_and_stopping_the_last(
    config: Config, database: Database
) -> None:
    published.publish(database, compiled=False)
    with started(config, database) as plane:
        first = process(plane)
        published.publish(database, version=2, compiled=False)
        plane.refresher.refresh()
        second = process(plane)
        assert plane.engine.predict_now(OWNER, call())[0].version == 2
        until(lambda: not is_there(first))
        assert is_there(second)
    assert not is_there(second)


def test_a_version_that_is_promoted_takes_the_place_of_those_asked_by_number(
    config: Config, database: Database
) -> None:
    published.publish(database)
    published.store(database, version=2, compiled=False)
    with started(config, database, most=1) as plane:
        assert plane.engine.predict_now(OWNER, call(version=2))[0].version == 2
        published.publish(database, version=3, compiled=False)
        plane.refresher.refresh()
        assert isinstance(runtime(plane), Apart)


def test_a_row_that_crashes_the_model_leaves_the_server_and_other_rows_alone(
    config: Config, database: Database
) -> None:
    published.publish(database)
    published.store(database, version=2, first=Moody)
    with started(config, database) as plane:
        ages = (80.0, ABORTING, 20.0)

        async def play() -> list[list[Prediction] | BaseException]:
            asking = [plane.engine.predict(OWNER, call(age, version=2)) for age in ages]
            return await asyncio.gather(*asking, return_exceptions=True)

        first, second, third = asyncio.run(play())
        assert isinstance(second, ModelFailed)
        for answered, age in ((first, 80.0), (third, 20.0)):
            assert isinstance(answered, list)
            assert answered[0].input["age"] == age


def test_a_budget_counts_what_a_process_takes(config: Config, database: Database) -> None:
    published.publish(database, compiled=False)
    bounded = msgspec.structs.replace(config, model_memory=PROCESS)
    with started(bounded, database) as plane:
        assert plane.refresher.loader.is_full
    with started(bounded, database, most=0) as plane:
        assert not plane.refresher.loader.is_full


def test_who_asks_a_stopped_server_is_turned_away(config: Config, database: Database) -> None:
    published.publish(database, compiled=False)
    with started(config, database) as plane:
        found = runtime(plane)
    assert isinstance(found, Apart)
    with pytest.raises(Overloaded):
        found.predict([{"age": 80.0, "ward": "east"}])
