"""Where an arm fails or misses its deadline, the fallback answers: one prediction, which says so."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from flyball.config import Config
from flyball.control.registry.models import ArtifactPart, Version
from flyball.domain.abtests.assignment import SLOTS
from flyball.domain.errors import (
    FlyballError,
    InvalidInput,
    ModelFailed,
    NotReady,
    Overloaded,
    TooLate,
    UnknownEntity,
)
from flyball.domain.records import Prediction
from flyball.domain.routing import ABTest, Arm, Decision, Lookup
from flyball.domain.schema import Field, Kind, Schema
from flyball.serving.app import DataPlane, create
from flyball.serving.calls import Call, Row
from flyball.serving.loader import AWAY
from flyball.stores import minutes, records
from flyball.stores.database import Database
from tests import published
from tests.engine.conftest import OWNER
from tests.engine.test_abtests import HALF, is_challenged, rows
from tests.fakes import Acting

pytestmark = pytest.mark.storage
SOON, LONG = 0.05, 60.0
"""Deadlines (seconds): one that a model which waits misses, one that nothing here does."""
SPARE = 3
ROW = Row(input=published.ROW, reference="bed 4")


def publish(
    database: Database,
    plane: DataPlane,
    deadline: float | None = None,
    test: ABTest | None = None,
    compiled: bool = True,
    **more: Any,
) -> None:
    """Version 1, with version 2 as its challenger where there is a test, and version 3 behind them."""
    route = published.publish(database, compiled=compiled, **more)
    for version in (2, SPARE):
        published.store(database, version=version, compiled=compiled)
    beside = () if test is None else (Arm("challenger", 2, decision=published.DECISION),)
    spare = Arm("fallback", SPARE, decision=published.DECISION, deadline=deadline)
    published.put(replace(route, number=route.number + 1, arms=(*route.arms, *beside, spare), test=test))
    plane.refresher.refresh()


def acts(plane: DataPlane, version: int, does: Callable[[], object], *, direct: bool = False) -> Acting:
    """Have a version do something before each of its answers."""
    answering = plane.engine.pool.table.endpoints["triage"].versions[version]
    runtime = answering.runtime
    acting = Acting(runtime.real if isinstance(runtime, Acting) else runtime, does, direct=direct)
    plane.engine.pool.keep({("triage", version): (answering.manifest, acting)})
    return acting


def fail() -> None:
    raise ModelFailed


@pytest.fixture
def held() -> Iterator[threading.Event]:
    """What a model that hangs waits for; the test's end lets it go on."""
    event = threading.Event()
    yield event
    event.set()


def ask(plane: DataPlane, *sent: Row, **call: Any) -> list[Prediction]:
    return asyncio.run(plane.engine.predict(OWNER, Call(endpoint="triage", rows=sent or (ROW,), **call)))


def ask_now(plane: DataPlane, *sent: Row, **call: Any) -> list[Prediction]:
    return plane.engine.predict_now(OWNER, Call(endpoint="triage", rows=sent or (ROW,), **call))


def stored(database: Database) -> list[Prediction]:
    with closing(database.connect_read_only()) as connection:
        return records.find(database, connection, endpoints=["triage"], limit=1000)


def counted(plane: DataPlane, database: Database) -> dict[tuple[int, str, str, str], int]:
    """What was counted, by version, arm, name and label, after the data plane has stopped."""
    plane.stop()
    found: Counter[tuple[int, str, str, str]] = Counter()
    with closing(database.connect_read_only()) as connection:
        for each, count in minutes.totals(database, connection, ["triage"]).items():
            if each.name in {"answers", "failed", "fell_back", "refused"}:
                found[each.version, each.arm, each.name, each.label] += count
    return dict(found)


ASKING = pytest.mark.parametrize("asking", [ask, ask_now], ids=["on a loop", "blocking"])
COMPILED = pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "scikit-learn"])


@ASKING
@COMPILED
@pytest.mark.parametrize("deadline", [None, LONG])
def test_the_fallback_answers_where_the_champion_fails(
    plane: DataPlane, database: Database, asking: Callable[..., Any], compiled: bool, deadline: float | None
) -> None:
    publish(database, plane, deadline, compiled=compiled)
    alone = asking(plane, version=SPARE)[0]
    acts(plane, 1, fail, direct=compiled)
    (answer,) = asking(plane)
    assert (answer.version, answer.arm, answer.answered) == (SPARE, "champion", "fallback")
    assert (answer.output, answer.decision) == (alone.output, alone.decision)
    (warning,) = answer.warnings
    assert warning.code == "fallback_answered"
    assert warning.message == "Version 1, the champion, failed; version 3 answered."
    assert stored(database)[0] == answer


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
@COMPILED
@pytest.mark.parametrize("deadline", [None, LONG])
def test_an_arm_that_answers_in_time_answers_itself(
    plane: DataPlane, database: Database, asking: Callable[..., Any], compiled: bool, deadline: float | None
) -> None:
    publish(database, plane, deadline, compiled=compiled)
    (answer,) = asking(plane)
    assert (answer.version, answer.arm, answer.answered, answer.warnings) == (1, "champion", None, ())


@ASKING
@pytest.mark.parametrize("deadline", [None, LONG])
def test_who_names_a_version_gets_no_other(
    plane: DataPlane, database: Database, asking: Callable[..., Any], deadline: float | None
) -> None:
    publish(database, plane, deadline)
    acts(plane, 1, fail)
    with pytest.raises(ModelFailed):
        asking(plane, version=1)
    assert asking(plane, version=SPARE)[0].answered is None


@ASKING
@pytest.mark.parametrize("deadline", [None, LONG])
def test_where_the_fallback_fails_too_the_first_error_is_told(
    plane: DataPlane, database: Database, asking: Callable[..., Any], deadline: float | None
) -> None:
    publish(database, plane, deadline)
    acts(plane, 1, fail)

    def divide() -> None:
        raise ZeroDivisionError

    acts(plane, SPARE, divide)
    with pytest.raises(ModelFailed) as raised:
        asking(plane)
    assert raised.value.of == (1, "champion")
    assert stored(database) == []


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
@pytest.mark.parametrize("deadline", [None, LONG])
def test_a_row_that_does_not_fit_is_refused_and_not_given_to_the_fallback(
    plane: DataPlane, database: Database, asking: Callable[..., Any], deadline: float | None
) -> None:
    publish(database, plane, deadline)
    with pytest.raises(InvalidInput) as raised:
        asking(plane, Row(input={"age": "old", "ward": "east"}))
    assert raised.value.of == (1, "champion")


@ASKING
@COMPILED
def test_while_a_test_runs_only_the_rows_of_the_arm_that_fails_are_the_fallbacks(
    plane: DataPlane, database: Database, asking: Callable[..., Any], compiled: bool
) -> None:
    publish(database, plane, LONG, HALF, compiled=compiled)
    acts(plane, 2, fail)
    for each in asking(plane, *rows()):
        assert each.reference is not None
        is_spare = is_challenged(each.reference)
        assert (each.version, each.answered) == ((SPARE, "fallback") if is_spare else (1, None))
        assert each.arm == ("challenger" if is_spare else "champion")
        assert (each.test, each.propensity) == (HALF.number, 0.5)
    assert len(stored(database)) == len(rows())


@ASKING
def test_a_challenger_that_hangs_keeps_back_none_of_the_others(
    plane: DataPlane, database: Database, held: threading.Event, asking: Callable[..., Any]
) -> None:
    publish(database, plane, 0.3, HALF)
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


@ASKING
def test_an_answer_that_is_none_is_a_failure(
    plane: DataPlane, database: Database, asking: Callable[..., Any]
) -> None:
    publish(database, plane, LONG)
    answering = plane.engine.pool.table.endpoints["triage"].versions[1]

    class Fewer(Acting):
        def predict(self, rows: Any) -> list[dict[str, Any]]:
            return super().predict(rows)[1:]

    class Odd(Acting):
        def predict(self, rows: Any) -> list[dict[str, Any]]:
            return [{"label": "ill"} for _ in rows]

    for kind in (Fewer, Odd):
        odd = kind(answering.runtime, lambda: None)
        plane.engine.pool.keep({("triage", 1): (answering.manifest, odd)})
        assert asking(plane)[0].version == SPARE


def test_a_retry_gives_the_fallbacks_answer_again(plane: DataPlane, database: Database) -> None:
    publish(database, plane, LONG)
    acts(plane, 1, fail)
    first = ask(plane, idempotency_key="once")
    acts(plane, 1, lambda: None)
    assert ask(plane, idempotency_key="once") == first == ask_now(plane, idempotency_key="once")
    assert stored(database) == first


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
    publish(database, plane, SOON)
    release, began = threading.Event(), threading.Event()

    def wait(_: Any) -> None:
        began.set()
        release.wait(30)

    async def asked() -> list[Prediction]:
        plane.recorder.run(wait)
        await asyncio.to_thread(began.wait)
        asking = asyncio.create_task(plane.engine.predict(OWNER, Call(endpoint="triage", rows=(ROW,))))
        await asyncio.sleep(SOON * 3)
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


def test_a_process_that_cannot_load_the_champion_answers_with_the_fallback(
    config: Config, database: Database, plane: DataPlane
) -> None:
    publish(database, plane, LONG)
    digest = Version.objects.get(number=1).manifest["artifacts"][0]["digest"]
    ArtifactPart.objects.filter(digest=digest).update(data=b"not it")
    started = create(config, database)
    engine = started.start()
    try:
        call = Call(endpoint="triage", rows=(ROW,))
        answer = asyncio.run(engine.predict(OWNER, call))[0]
        assert (answer.version, answer.arm, answer.answered) == (SPARE, "champion", "fallback")
        assert engine.status(OWNER)["failures"]["triage"]["code"] == "artifact_corrupt"
        with pytest.raises(FlyballError, match="SHA-256"):
            asyncio.run(engine.predict(OWNER, Call(endpoint="triage", rows=(ROW,), version=1)))
    finally:
        started.stop()


def test_without_a_fallback_that_loads_nothing_answers(
    config: Config, database: Database, plane: DataPlane
) -> None:
    publish(database, plane, LONG)
    ArtifactPart.objects.update(data=b"not it")
    started = create(config, database)
    engine = started.start()
    try:
        with pytest.raises(NotReady):
            asyncio.run(engine.predict(OWNER, Call(endpoint="triage", rows=(ROW,))))
    finally:
        started.stop()


def looked_up(database: Database) -> Lookup:
    mark = "CAST(%s AS integer)" if database.is_postgres else "CAST(? AS integer)"
    sql = f"SELECT bed, 'east' FROM (SELECT {mark} AS bed) AS one WHERE bed > 0"
    return Lookup(
        table="beds",
        on="bed",
        key_kind=Kind.INTEGER,
        sql=sql,
        columns=(("age", Kind.NUMBER), ("ward", Kind.CATEGORY)),
    )


def in_beds() -> Schema:
    return Schema(tuple(replace(each, source="beds") for each in published.SCHEMA.fields))


def publish_of_beds(database: Database, plane: DataPlane, deadline: float | None) -> None:
    """Versions whose features all come from a table."""
    route = published.publish(database, schema=in_beds(), lookups=[looked_up(database)])
    published.store(database, version=SPARE, schema=in_beds())
    spare = Arm("fallback", SPARE, decision=published.DECISION, deadline=deadline)
    published.put(replace(route, number=2, arms=(*route.arms, spare)))
    plane.refresher.refresh()


@pytest.mark.parametrize("deadline", [None, LONG])
def test_an_entitys_prediction_falls_back_and_is_the_champions_again_once_it_can(
    plane: DataPlane, database: Database, deadline: float | None
) -> None:
    publish_of_beds(database, plane, deadline)
    acts(plane, 1, fail)
    first = asyncio.run(plane.engine.predict_entity(OWNER, "triage", "80"))
    assert (first.version, first.answered, first.entity) == (SPARE, "fallback", {"bed": 80})
    assert asyncio.run(plane.engine.predict_entity(OWNER, "triage", "80")) == first
    acts(plane, 1, lambda: None)
    second = asyncio.run(plane.engine.predict_entity(OWNER, "triage", "80"))
    assert (second.version, second.answered) == (1, None)
    assert asyncio.run(plane.engine.predict_entity(OWNER, "triage", "80")) == second
    with pytest.raises(UnknownEntity):
        asyncio.run(plane.engine.predict_entity(OWNER, "triage", "-1"))
    assert len(stored(database)) == 2


@ASKING
def test_features_are_looked_up_for_the_fallback_too(
    plane: DataPlane, database: Database, asking: Callable[..., Any]
) -> None:
    publish_of_beds(database, plane, LONG)
    acts(plane, 1, fail)
    (answer,) = asking(plane, Row(entity={"bed": 30}))
    assert (answer.version, answer.input) == (SPARE, {"age": 30.0, "ward": "east"})


def test_the_fallbacks_decision_and_fields_are_its_own(plane: DataPlane, database: Database) -> None:
    visits = Field(name="visits", kind=Kind.INTEGER, nullable=True)
    route = published.publish(database)
    published.store(database, version=SPARE, schema=Schema((published.AGE, visits)))
    decision = Decision(threshold=0.0, at_or_above="wait", below="admit", label="ill")
    spare = Arm("fallback", SPARE, decision=decision, deadline=LONG)
    published.put(replace(route, number=2, arms=(*route.arms, spare)))
    plane.refresher.refresh()
    acts(plane, 1, fail)
    (answer,) = ask(plane, Row(input={**published.ROW, "visits": 3}))
    assert (answer.input, answer.decision) == ({"age": 80.0, "visits": 3}, "wait")


def test_what_fails_is_counted_once_under_the_version_and_arm_that_failed(
    plane: DataPlane, database: Database, held: threading.Event
) -> None:
    publish(database, plane, SOON, HALF)
    acts(plane, 1, held.wait)
    acts(plane, 2, fail)
    ask(plane, *rows())
    challenged = sum(is_challenged(row.reference or "") for row in rows())
    held.set()
    assert counted(plane, database) == {
        (1, "champion", "fell_back", "too_late"): len(rows()) - challenged,
        (2, "challenger", "fell_back", "model_failed"): challenged,
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


def test_a_test_may_have_a_champion_alone(plane: DataPlane, database: Database) -> None:
    publish(database, plane, LONG, ABTest(number=5, salt="beds", runs=((0, SLOTS),)))
    acts(plane, 1, fail)
    assert {(each.arm, each.version) for each in ask(plane, *rows())} == {("champion", SPARE)}
