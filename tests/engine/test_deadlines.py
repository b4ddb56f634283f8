"""An arm that misses its deadline: it is given up, once, and nothing that comes of it is kept."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from flyball.config import Config
from flyball.domain.errors import (
    Overloaded,
    TooLate,
)
from flyball.domain.records import Prediction
from flyball.serving.app import DataPlane, create
from flyball.serving.calls import Call, Row
from flyball.serving.loader import AWAY
from flyball.stores.database import Database
from tests import published
from tests.engine.behind import (
    ASKING,
    LONG,
    ROW,
    SOON,
    SPARE,
    acts,
    ask,
    ask_now,
    counted,
    fail,
    publish,
    stored,
)
from tests.engine.conftest import OWNER
from tests.engine.test_abtests import HALF, is_challenged, rows

pytestmark = pytest.mark.storage
PATIENT = 1.5
"""A deadline that what answers at all meets, on a busy machine too (seconds)."""


@ASKING
def test_the_fallback_answers_where_the_champion_is_too_late(
    plane: DataPlane, database: Database, held: threading.Event, asking: Callable[..., Any]
) -> None:
    publish(database, plane, SOON)
    acts(plane, 1, held.wait, direct=True)
    (answer,) = asking(plane)
    assert (answer.version, answer.arm, answer.answered) == (SPARE, "champion", "fallback")
    assert answer.warnings[0].message == "Version 1, the champion, was too late; version 3 answered."
    held.set()
    assert asking(plane, version=1)[0].version == 1  # comes after the late answer, in the same thread
    assert [each.version for each in stored(database)] == [1, SPARE]


@ASKING
def test_a_deadline_that_the_fallback_does_not_mend_is_told(
    plane: DataPlane, database: Database, held: threading.Event, asking: Callable[..., Any]
) -> None:
    publish(database, plane, SOON)
    acts(plane, 1, held.wait)
    acts(plane, SPARE, fail)
    with pytest.raises(TooLate, match=r"Version 1 did not answer within 0\.05 s\."):
        asking(plane)


@ASKING
def test_a_challenger_that_hangs_keeps_back_none_of_the_others(
    plane: DataPlane, database: Database, held: threading.Event, asking: Callable[..., Any]
) -> None:
    publish(database, plane, PATIENT, HALF)
    acts(plane, 2, held.wait)
    found = {each.reference: each.version for each in asking(plane, *rows())}
    assert found == {row.reference: SPARE if is_challenged(row.reference or "") else 1 for row in rows()}


def test_models_that_hang_do_not_keep_the_fallback_waiting(
    plane: DataPlane, database: Database, held: threading.Event
) -> None:
    publish(database, plane, SOON, HALF, compiled=False)
    for version in (1, 2):
        acts(plane, version, held.wait)

    async def many() -> list[list[Prediction]]:
        calls = [Call(endpoint="triage", rows=(row,)) for row in rows()]
        return await asyncio.gather(*[plane.engine.predict(OWNER, call) for call in calls])

    answers = [each for (each,) in asyncio.run(many())]
    assert {(each.version, each.answered) for each in answers} == {(SPARE, "fallback")}
    assert {each.arm for each in answers} == {"champion", "challenger"}
    assert len(stored(database)) == len(answers)


def test_a_model_is_not_asked_later_for_what_was_given_up_before_its_turn(
    plane: DataPlane, database: Database, held: threading.Event
) -> None:
    publish(database, plane, SOON)
    acting = acts(plane, 1, held.wait)
    assert [ask(plane)[0].version for _ in range(5)] == [SPARE] * 5
    held.set()
    assert ask(plane, version=1)[0].version == 1
    assert acting.calls == [1, 1]


def test_a_retry_that_overtakes_a_call_which_hangs_is_recorded_once(
    plane: DataPlane, database: Database, held: threading.Event
) -> None:
    publish(database, plane, 0.2)
    acts(plane, 1, held.wait)
    call = Call(endpoint="triage", rows=(ROW,), idempotency_key="once")

    async def both() -> list[list[Prediction]]:
        return await asyncio.gather(*[plane.engine.predict(OWNER, call) for _ in range(4)])

    answers = asyncio.run(both())
    assert all(each == answers[0] for each in answers)
    assert stored(database) == answers[0]


def test_the_deadline_is_not_the_databases(plane: DataPlane, database: Database) -> None:
    """While a commit waits the arm has answered: no second prediction is made."""
    publish(database, plane, PATIENT)
    release, began = threading.Event(), threading.Event()

    def wait(_: Any) -> None:
        began.set()
        release.wait(30)

    async def asked() -> list[Prediction]:
        plane.recorder.run(wait)
        await asyncio.to_thread(began.wait)
        asking = asyncio.create_task(plane.engine.predict(OWNER, Call(endpoint="triage", rows=(ROW,))))
        while plane.recorder.waiting < 2:
            await asyncio.sleep(0.01)
        await asyncio.sleep(PATIENT)
        release.set()
        return await asking

    (answer,) = asyncio.run(asked())
    assert (answer.version, answer.answered) == (1, None)
    assert stored(database) == [answer]


def test_who_goes_away_leaves_nothing_behind(
    plane: DataPlane, database: Database, held: threading.Event
) -> None:
    publish(database, plane, LONG)
    acting = acts(plane, 1, held.wait)

    async def go_away() -> None:
        tasks = [
            asyncio.create_task(plane.engine.predict(OWNER, Call(endpoint="triage", rows=(ROW,))))
            for _ in range(3)
        ]
        while not acting.calls:
            await asyncio.sleep(0.01)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(go_away())
    held.set()
    ask(plane, version=1)
    assert (len(stored(database)), len(acting.calls)) == (1, 2)
    plane.engine.check_room()


def test_a_version_that_is_loaded_too_slowly_is_given_up(
    plane: DataPlane, database: Database, held: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(database, plane, SOON)
    served = plane.engine.pool.table.endpoints["triage"]
    plane.engine.pool.keep({("triage", 1): (served.versions[1].manifest, AWAY)})
    from flyball.serving.loader import Loader

    loaded = Loader._open

    def slowly(self: Loader, kept: Any) -> None:
        held.wait(30)
        loaded(self, kept)

    monkeypatch.setattr(Loader, "_open", slowly)
    plane.refresher.loader._kept.clear()
    for asking in (ask, ask_now):
        assert asking(plane)[0].version == SPARE


@pytest.mark.parametrize("code", ["model_failed", "too_late"])
def test_what_fails_is_counted_once_under_the_version_and_arm_that_failed(
    plane: DataPlane, database: Database, held: threading.Event, code: str
) -> None:
    publish(database, plane, SOON if code == "too_late" else LONG, HALF)
    for version in (1, 2):
        acts(plane, version, held.wait if code == "too_late" else fail)
    ask(plane, *rows())
    challenged = sum(is_challenged(row.reference or "") for row in rows())
    held.set()
    assert counted(plane, database) == {
        (1, "champion", "fell_back", code): len(rows()) - challenged,
        (2, "challenger", "fell_back", code): challenged,
        (SPARE, "champion", "answers", ""): len(rows()) - challenged,
        (SPARE, "challenger", "answers", ""): challenged,
    }


def test_many_calls_at_once_are_each_answered_once(
    plane: DataPlane, database: Database, held: threading.Event
) -> None:
    """A model that answers now and hangs then: whoever comes, in whichever way, has one prediction."""
    publish(database, plane, 0.02)
    turn = iter(range(1_000_000))
    acts(plane, 1, lambda: held.wait(0.015 * (next(turn) % 3)))

    async def many() -> list[Prediction]:
        calls = [
            Call(endpoint="triage", rows=(Row(input=published.ROW, reference=f"{place} {at}"),))
            for place in range(20)
            for at in range(10)
        ]
        found = []
        for start in range(0, len(calls), 20):
            some = calls[start : start + 20]
            found += await asyncio.gather(*[plane.engine.predict(OWNER, call) for call in some])
        return [each for (each,) in found]

    answers = asyncio.run(many())
    assert len({each.reference for each in answers}) == len(answers) == 200
    assert sorted(each.id for each in stored(database)) == sorted(each.id for each in answers)
    assert {each.answered for each in answers} <= {None, "fallback"}
    assert all((each.answered is None) == (each.version == 1) for each in answers)


def test_a_data_plane_stops_while_late_answers_are_under_way(
    config: Config, database: Database, held: threading.Event
) -> None:
    plane = create(config, database)
    plane.start()
    publish(database, plane, SOON)
    acts(plane, 1, held.wait)
    answers = [ask(plane)[0] for _ in range(3)]
    threading.Timer(0.2, held.set).start()
    plane.stop()
    assert [each.version for each in answers] == [SPARE] * 3
    assert sorted(each.id for each in stored(database)) == sorted(each.id for each in answers)
    with pytest.raises(Overloaded):
        ask(plane)
