"""After a rollback clients go on sending what an earlier champion took: it is left out, and said so."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import flyball
from flyball.domain.errors import InvalidInput
from flyball.domain.records import Prediction
from flyball.domain.routing import Arm
from flyball.domain.schema import Field, Kind, Schema
from flyball.serving.app import DataPlane
from flyball.serving.calls import Call, Row, SentOutcome
from flyball.stores.database import Database
from flyball.stores.outcomes import Counts
from tests import published
from tests.engine.conftest import OWNER

pytestmark = pytest.mark.storage
VISITS = Field(name="visits", kind=Kind.INTEGER, low=0, high=9, nullable=True)
NEWER = Schema((*published.SCHEMA.fields, VISITS))
SENT = {**published.ROW, "visits": 3}
LEFT_OUT = [("/input/visits", "field_left_out")]


@pytest.fixture(autouse=True)
def rolled_back(database: Database) -> None:
    """Version 1 answers again, after a champion that took ``visits`` and a table by ``customer_id``."""
    route = published.publish(database)
    published.put(replace(route, number=2, fields=("age", "ward", "visits"), keys=("customer_id",)))


def ask(plane: DataPlane, version: int | None = None, **row: Any) -> Prediction:
    call = Call(endpoint="triage", rows=(Row(**row),), version=version)
    return asyncio.run(plane.engine.predict(OWNER, call))[0]


def warned(answer: Prediction) -> list[tuple[str, str]]:
    return [(each.pointer, each.code) for each in answer.warnings]


def test_a_field_of_an_earlier_champion_is_left_out_with_a_warning(plane: DataPlane) -> None:
    answer = ask(plane, input=SENT)
    assert (answer.input, warned(answer)) == (published.ROW, LEFT_OUT)
    assert asyncio.run(plane.engine.prediction(OWNER, answer.id)) == answer


def test_null_in_such_a_field_is_nothing_that_was_sent(plane: DataPlane) -> None:
    assert ask(plane, input={**SENT, "visits": None}).warnings == ()


def test_a_field_that_no_champion_took_is_refused_still(plane: DataPlane) -> None:
    with pytest.raises(InvalidInput) as error:
        ask(plane, input={**SENT, "colour": "red"})
    assert [(each.pointer, each.code) for each in error.value.problems] == [
        ("/input/colour", "unknown_field")
    ]


def test_a_version_without_a_route_leaves_it_out_too(plane: DataPlane, database: Database) -> None:
    published.store(database, version=5)
    assert warned(ask(plane, version=5, input=SENT)) == LEFT_OUT


def test_a_version_without_a_route_may_take_it(plane: DataPlane, database: Database) -> None:
    published.store(database, version=5, schema=NEWER)
    answer = ask(plane, version=5, input=SENT)
    assert (answer.input["visits"], answer.warnings) == (3, ())


def test_a_field_of_another_routed_version_is_left_out_by_the_same_rule(
    plane: DataPlane, database: Database
) -> None:
    route = published.publish(database, endpoint="other")
    published.store(database, endpoint="other", version=2, schema=NEWER)
    published.put(replace(route, number=2, arms=(Arm("champion", 1), Arm("challenger", 2))))
    plane.refresher.refresh()
    call = Call(endpoint="other", rows=(Row(input=SENT),))
    (answer,) = plane.engine.predict_now(OWNER, call)
    assert (answer.input, warned(answer)) == (published.ROW, LEFT_OUT)


def test_what_is_wrong_besides_is_told_without_it(plane: DataPlane) -> None:
    call = Call(endpoint="triage", rows=(Row(input={**SENT, "age": "old"}),))
    assert [each.pointer for each in plane.engine.problems(OWNER, call)] == ["/input/age"]


def test_in_process_it_is_left_out_too(database: Database) -> None:
    assert warned(flyball.predict("triage", input=SENT)) == LEFT_OUT


def test_a_column_of_the_entity_stays_on_the_record_for_its_outcome(plane: DataPlane) -> None:
    answer = ask(plane, input=published.ROW, entity={"customer_id": 7})
    assert warned(answer) == [("/entity/customer_id", "field_left_out")]
    assert asyncio.run(plane.engine.predictions(OWNER, entity={"customer_id": "7"})) == [answer]
    outcome = SentOutcome(
        value="ill",
        endpoint="triage",
        entity={"customer_id": 7},
        occurred_at=answer.created_at + timedelta(minutes=1),
    )
    assert asyncio.run(plane.engine.outcomes(OWNER, [outcome])) == Counts(bound=1)


def test_a_column_that_never_named_an_entity_is_refused_still(plane: DataPlane) -> None:
    with pytest.raises(InvalidInput) as error:
        ask(plane, input=published.ROW, entity={"parcel": 7})
    assert [each.code for each in error.value.problems] == ["unknown_field"]
