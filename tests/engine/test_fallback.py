"""Where an arm fails or misses its deadline, the fallback answers: one prediction, which says so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
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
    UnknownEntity,
)
from flyball.domain.routing import ABTest, Arm, Decision, Lookup
from flyball.domain.schema import Field, Kind, Schema
from flyball.serving.app import DataPlane, create
from flyball.serving.calls import Call, Row
from flyball.stores.database import Database
from tests import published
from tests.engine.behind import (
    ASKING,
    COMPILED,
    LONG,
    ROW,
    SPARE,
    acts,
    ask,
    ask_now,
    fail,
    publish,
    stored,
)
from tests.engine.conftest import OWNER
from tests.engine.test_abtests import HALF, is_challenged, rows
from tests.fakes import Acting

pytestmark = pytest.mark.storage


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


def test_a_test_may_have_a_champion_alone(plane: DataPlane, database: Database) -> None:
    publish(database, plane, LONG, ABTest(number=5, salt="beds", runs=((0, SLOTS),)))
    acts(plane, 1, fail)
    assert {(each.arm, each.version) for each in ask(plane, *rows())} == {("champion", SPARE)}
