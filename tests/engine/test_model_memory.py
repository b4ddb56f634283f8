"""A budget of memory for models: those used last stay loaded, and all of them answer."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import pytest

from flyball.config import Config
from flyball.control.registry.models import ArtifactPart
from flyball.domain.errors import ArtifactCorrupt
from flyball.domain.records import Prediction
from flyball.serving.app import DataPlane, create
from flyball.serving.calls import Call, Row
from flyball.serving.loader import AWAY, SMALLEST
from flyball.stores.database import Database
from tests import published
from tests.engine.conftest import OWNER

pytestmark = pytest.mark.storage
ROOM = 4
"""As many of the small versions here fit."""


@pytest.fixture
def tight(config: Config) -> Config:
    """Room for a few versions."""
    return msgspec.structs.replace(config, model_memory=ROOM * SMALLEST)


@contextmanager
def started(config: Config, database: Database, number: int = 10) -> Iterator[DataPlane]:
    """A data plane that starts on so many endpoints, the first in the order of their names made last."""
    for place in reversed(range(number)):
        published.publish(database, endpoint=f"triage{place}")
    plane = create(config, database)
    plane.start()
    yield plane
    plane.stop()


def ask(plane: DataPlane, place: int, age: float = 50.0, key: str | None = None) -> Prediction:
    row = Row(input={**published.ROW, "age": age})
    call = Call(endpoint=f"triage{place}", rows=(row,), idempotency_key=key)
    return asyncio.run(plane.engine.predict(OWNER, call))[0]


def loaded(plane: DataPlane) -> set[str]:
    """The endpoints that answer from memory."""
    served = plane.engine.pool.table.endpoints
    return {name for name, each in served.items() if each.champion.runtime is not AWAY}


def test_what_does_not_fit_is_loaded_once_it_is_asked(tight: Config, database: Database) -> None:
    with started(tight, database) as plane:
        assert len(loaded(plane)) == ROOM
        assert not plane.engine.pool.table.failures
        for place in range(10):
            answer = ask(plane, place)
            assert answer.endpoint == f"triage{place}"
            assert (
                plane.engine.predict_now(
                    OWNER, Call(endpoint=answer.endpoint, rows=(Row(input=answer.input),))
                )[0].output
                == answer.output
            )
        last = {f"triage{place}" for place in range(10 - ROOM, 10)}
        for _ in range(20):  # a version that is still being opened is looked at the next time
            plane.refresher.refresh()
            if loaded(plane) == last:
                break
            time.sleep(0.1)
        assert loaded(plane) == last


def test_nothing_holds_on_to_what_is_let_go(tight: Config, database: Database) -> None:
    with started(tight, database) as plane:
        away = next(place for place in range(10) if f"triage{place}" not in loaded(plane))
        gc.disable()  # in a server it seldom looks
        try:
            ask(plane, away)
            plane.refresher.refresh()
            held = weakref.ref(plane.engine.pool.table.endpoints[f"triage{away}"].champion.runtime)
            for place in range(10):
                if place != away:
                    ask(plane, place)
            plane.refresher.refresh()
            assert f"triage{away}" not in loaded(plane)
            assert held() is None
        finally:
            gc.enable()


def test_without_a_budget_everything_stays(config: Config, database: Database) -> None:
    with started(config, database) as plane:
        plane.refresher.refresh()
        assert len(loaded(plane)) == 10


def test_who_answers_stays_and_who_does_not_makes_room(tight: Config, database: Database) -> None:
    with started(tight, database) as plane:
        (kept,) = sorted(loaded(plane))[:1]
        for place in sorted({f"triage{number}" for number in range(10)} - loaded(plane)):
            began = time.monotonic()
            while plane.recorder.meter.used.get((kept, 1), 0.0) < began:  # noted once a second
                ask(plane, int(kept.removeprefix("triage")))
                time.sleep(0.02)
            ask(plane, int(place.removeprefix("triage")))
            plane.refresher.refresh()
            assert {kept, place} <= loaded(plane)
            assert len(loaded(plane)) == ROOM


def test_what_was_just_loaded_is_newer_than_what_answered_before(tight: Config, database: Database) -> None:
    with started(tight, database) as plane:
        away = next(name for name in plane.engine.pool.table.endpoints if name not in loaded(plane))
        for name in loaded(plane):
            ask(plane, int(name.removeprefix("triage")))
        manifest = plane.engine.pool.table.endpoints[away].champion.manifest
        plane.refresher.loader.loaded(manifest, is_routed=True).result()
        plane.recorder.meter.put_back(plane.recorder.meter.take())  # as happens once a second
        plane.refresher.refresh()
        assert away in loaded(plane)


def test_what_is_promoted_is_proven_at_once_however_full_it_is(tight: Config, database: Database) -> None:
    with started(tight, database) as plane:
        away = next(name for name in plane.engine.pool.table.endpoints if name not in loaded(plane))
        published.publish(database, endpoint=away, version=2)
        published.publish(database, endpoint="new")
        plane.refresher.refresh()
        assert {away, "new"} <= loaded(plane)
        assert len(loaded(plane)) == ROOM
        assert ask(plane, int(away.removeprefix("triage"))).version == 2


def test_a_version_larger_than_the_budget_answers_alone(tight: Config, database: Database) -> None:
    with started(msgspec.structs.replace(tight, model_memory=1), database, 2) as plane:
        for place in (0, 1, 0):
            ask(plane, place)
            plane.refresher.refresh()
            assert loaded(plane) == {f"triage{place}"}


def test_what_no_route_names_any_more_is_let_go(config: Config, database: Database) -> None:
    with started(config, database, 1) as plane:
        for version in range(2, 8):
            published.publish(database, endpoint="triage0", version=version)
            plane.refresher.refresh()
        assert list(plane.refresher.loader._kept) == [("triage0", 7)]


def test_a_version_that_does_not_load_any_more_says_so_and_is_tried_again(
    tight: Config, database: Database
) -> None:
    with started(tight, database) as plane:
        away = next(name for name in plane.engine.pool.table.endpoints if name not in loaded(plane))
        manifest = plane.engine.pool.table.endpoints[away].champion.manifest
        stored = ArtifactPart.objects.filter(digest=manifest.answering.digest)
        (data,) = stored.values_list("data", flat=True)
        stored.update(data=b"something else")
        with pytest.raises(ArtifactCorrupt):
            ask(plane, int(away.removeprefix("triage")))
        stored.update(data=bytes(data))
        assert ask(plane, int(away.removeprefix("triage"))).endpoint == away


def test_a_retry_of_an_away_version_gets_the_first_answer(tight: Config, database: Database) -> None:
    with started(tight, database) as plane:
        first = {place: ask(plane, place, key="once") for place in range(10)}
        plane.refresher.refresh()
        assert {place: ask(plane, place, key="once") for place in range(10)} == first


def test_who_gives_up_waiting_takes_nothing_from_who_waits(tight: Config, database: Database) -> None:
    with started(tight, database) as plane:
        away = next(name for name in plane.engine.pool.table.endpoints if name not in loaded(plane))
        release = threading.Event()
        plane.refresher.loader._thread.submit(release.wait, 30)  # another version that takes its time
        call = Call(endpoint=away, rows=(Row(input=published.ROW),))

        async def play() -> list[Prediction]:
            waiting = [asyncio.create_task(plane.engine.predict(OWNER, call)) for _ in range(3)]
            await asyncio.sleep(0.05)
            waiting[0].cancel()
            await asyncio.sleep(0)
            release.set()
            return [each for answers in await asyncio.gather(*waiting[1:]) for each in answers]

        assert [each.endpoint for each in asyncio.run(play())] == [away] * 2
