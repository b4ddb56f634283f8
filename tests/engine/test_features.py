"""Features that do not come with the call are looked up, as what they are, or the entity is unknown."""

from __future__ import annotations

import asyncio
import threading
from contextlib import closing
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from django.db import connection

from flyball.config import Config
from flyball.control.routing.models import RouteRevision
from flyball.domain.abtests.assignment import SLOTS
from flyball.domain.errors import Conflict, InvalidInput, NotFound, UnknownEntity
from flyball.domain.routing import ABTest, Arm, Lookup, Route
from flyball.domain.schema import Field, Kind, Schema
from flyball.serving.app import DataPlane, create
from flyball.serving.calls import Call, Row
from flyball.serving.preparing.features import check_entity, parse_key
from flyball.stores.database import Database
from tests import published
from tests.engine.conftest import OWNER

pytestmark = pytest.mark.storage

AGE = Field(name="age", kind=Kind.NUMBER, low=0, high=120, source="person")
WARD = Field(name="ward", kind=Kind.CATEGORY, categories=("east", "west"), source="person")
VISITS = Field(name="visits", kind=Kind.INTEGER, low=0, high=9, nullable=True, source="history")
SCHEMA = Schema((VISITS, AGE, WARD))
"""The model takes ``visits`` first, which comes from the second table."""


@pytest.fixture(autouse=True)
def tables(database: Database) -> Any:
    mark = "%s" if database.is_postgres else "?"
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE person (id integer PRIMARY KEY, age numeric(5, 2), ward text)")
        cursor.execute("CREATE TABLE history (person integer, visits integer)")
        cursor.execute("INSERT INTO person VALUES (1, 80.5, 'east'), (2, 30, 'north'), (3, NULL, 'west')")
        cursor.execute("INSERT INTO history VALUES (1, 4), (9, 1)")
    lookups = [
        Lookup(
            table="person",
            on="person_id",
            key_kind=Kind.INTEGER,
            sql=f"SELECT age, ward FROM person WHERE id = {mark}",
            columns=(("age", Kind.NUMBER), ("ward", Kind.CATEGORY)),
        ),
        Lookup(
            table="history",
            on="person_id",
            key_kind=Kind.INTEGER,
            sql=f"SELECT visits FROM history WHERE person = {mark}",
            columns=(("visits", Kind.INTEGER),),
        ),
    ]
    published.publish(database, schema=SCHEMA, lookups=lookups)
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE person")
        cursor.execute("DROP TABLE history")


def ask(plane: DataPlane, *keys: Any, version: int | None = None) -> Any:
    rows = tuple(Row(entity={"person_id": key}, pointer=f"/rows/{place}") for place, key in enumerate(keys))
    return plane.engine.predict_now(OWNER, Call(endpoint="triage", rows=rows, version=version))


def of_entity(plane: DataPlane, key: str) -> Any:
    return asyncio.run(plane.engine.predict_entity(OWNER, "triage", key))


def change(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_looked_up_values_are_recorded_in_the_schemas_order_and_kinds(plane: DataPlane) -> None:
    (answer,) = ask(plane, 1)
    assert list(answer.input.items()) == [("visits", 4), ("age", 80.5), ("ward", "east")]
    assert [type(value) for value in answer.input.values()] == [int, float, str]
    assert answer.entity == {"person_id": 1}


def test_a_table_that_a_model_can_do_without_may_have_no_row(plane: DataPlane) -> None:
    (answer,) = ask(plane, 2)
    assert answer.input["visits"] is None


def test_a_looked_up_value_that_the_model_has_not_seen_warns_at_the_key(plane: DataPlane) -> None:
    (answer,) = ask(plane, 2)
    (warning,) = answer.warnings
    assert (warning.pointer, warning.code) == ("/rows/0/entity/person_id", "unseen_category")
    assert warning.message.startswith("person.ward: ")
    assert "north" not in warning.message


def test_a_stored_value_that_does_not_fit_is_told_at_the_key(plane: DataPlane) -> None:
    with pytest.raises(InvalidInput) as error:
        ask(plane, 1, 3)
    (problem,) = error.value.problems
    assert (problem.pointer, problem.code) == ("/rows/1/entity/person_id", "missing")


@pytest.mark.parametrize("key", [4, 9, 10**18], ids=["nowhere", "only in the second table", "huge"])
def test_an_entity_without_a_row_is_unknown(plane: DataPlane, key: int) -> None:
    with pytest.raises(UnknownEntity) as error:
        ask(plane, 1, key)
    (problem,) = error.value.problems
    assert problem.pointer == "/rows/1/entity/person_id"


@pytest.mark.parametrize(
    ("entity", "code"),
    [
        ({}, "missing"),
        ({"person_id": None}, "missing"),
        ({"person_id": "one"}, "wrong_type"),
        ({"person_id": True}, "wrong_type"),
        ({"person_id": 1.5}, "wrong_type"),
        ({"person_id": 10**30}, "wrong_type"),
    ],
)
def test_a_key_that_is_missing_or_of_another_kind_is_refused(
    plane: DataPlane, entity: dict[str, Any], code: str
) -> None:
    with pytest.raises(InvalidInput) as error:
        plane.engine.predict_now(OWNER, Call(endpoint="triage", rows=(Row(entity=entity),)))
    assert [(each.pointer, each.code) for each in error.value.problems] == [("/entity/person_id", code)]


def test_an_entitys_answer_is_the_stored_one_until_something_changes(
    plane: DataPlane, database: Database
) -> None:
    first = of_entity(plane, "1")
    assert of_entity(plane, "1") == first
    change("UPDATE person SET age = 20 WHERE id = 1")
    second = of_entity(plane, "1")
    assert (second.id, second.input["age"]) != (first.id, first.input["age"])
    assert of_entity(plane, "1") == second
    assert asyncio.run(plane.engine.prediction(OWNER, first.id)) == first


def test_another_version_or_another_decision_is_another_answer(plane: DataPlane, database: Database) -> None:
    route = plane.engine.pool.table.endpoints["triage"].route
    first = of_entity(plane, "1")
    published.publish(database, version=2, schema=SCHEMA, lookups=route.lookups)
    plane.refresher.refresh()
    second = of_entity(plane, "1")
    assert (first.version, second.version) == (1, 2)
    published.publish(database, version=2, schema=SCHEMA, lookups=route.lookups, decision=None)
    plane.refresher.refresh()
    third = of_entity(plane, "1")
    assert (second.decision, third.decision) == ("admit", None)


@pytest.mark.parametrize(
    "key", ["4", "one", "", "1.5", "true", "９", "01", "+1", " 1", "-0", str(2**63), "9" * 5000]
)
def test_an_address_that_names_no_entity_is_unknown(plane: DataPlane, key: str) -> None:
    with pytest.raises(UnknownEntity):
        of_entity(plane, key)


def test_an_endpoint_whose_features_come_with_the_call_has_no_entities(
    plane: DataPlane, database: Database
) -> None:
    published.publish(database, endpoint="sent")
    plane.refresher.refresh()
    with pytest.raises(NotFound) as error:
        asyncio.run(plane.engine.predict_entity(OWNER, "sent", "1"))
    assert error.value.code == "not_found"


def test_the_doors_cannot_write_with_a_published_lookup(plane: DataPlane, database: Database) -> None:
    with pytest.raises(Exception, match=r"read-only|readonly"):
        plane.refresher.readers._once(lambda connection: connection.execute("DELETE FROM person"))


def only(lookup: Lookup, *columns: str) -> Lookup:
    """The lookup with these columns alone, as it is published for versions that need no more of the table."""
    sql = lookup.sql.replace("age, ward", ", ".join(columns))
    return replace(lookup, sql=sql, columns=tuple((name, dict(lookup.columns)[name]) for name in columns))


@pytest.mark.parametrize(
    ("fields", "needed"),
    [((AGE, WARD), "feature table history"), ((VISITS, AGE), "person.ward")],
    ids=["a table", "a column"],
)
def test_a_version_whose_features_are_no_longer_published_does_not_guess_them(
    plane: DataPlane, database: Database, fields: tuple[Field, ...], needed: str
) -> None:
    lookups = {each.table: each for each in plane.engine.pool.table.endpoints["triage"].route.lookups}
    names = {source: [each.name for each in fields if each.source == source] for source in lookups}
    kept = [only(lookups[source], *columns) for source, columns in names.items() if columns]
    published.publish(database, version=2, schema=Schema(fields), lookups=kept)
    plane.refresher.refresh()
    assert ask(plane, 1)[0].version == 2
    with pytest.raises(Conflict) as error:
        ask(plane, 1, version=1)
    assert error.value.detail == f"Version 1 needs {needed}, which is no longer published."


def test_a_version_may_take_less_of_a_table_than_is_published(plane: DataPlane, database: Database) -> None:
    published.store(database, version=2, schema=Schema((AGE,)))
    (answer,) = ask(plane, 1, version=2)
    assert answer.input == {"age": 80.5}


@pytest.mark.parametrize("key", [2**63 - 1, -(2**63), 1_234_567_890_123_456_789, 0])
def test_a_key_of_64_bits_is_read_from_an_address(key: int) -> None:
    assert parse_key(Kind.INTEGER, str(key)) == key


@pytest.mark.parametrize(
    ("is_uuid", "key", "kept"),
    [
        (True, "0193B3A0-0000-7000-8000-00000000000A", "0193b3a0-0000-7000-8000-00000000000a"),
        (True, "0193b3a0000070008000-00000000000a", "0193b3a0-0000-7000-8000-00000000000a"),
        (True, "no UUID", "no UUID"),
        (False, "0193B3A0-0000-7000-8000-00000000000A", "0193B3A0-0000-7000-8000-00000000000A"),
    ],
)
def test_a_uuid_is_one_entity_however_it_is_spelled(is_uuid: bool, key: str, kept: str) -> None:
    lookup = Lookup(table="calls", on="call", key_kind=Kind.TEXT, sql="", columns=(), is_uuid=is_uuid)
    route = Route(
        endpoint="calls", team="t", task="regression", number=1, arms=(Arm("champion", 1),), lookups=(lookup,)
    )
    assert check_entity(route, [lookup], {"call": key}, "").values == {"call": kept}


def test_an_entity_that_is_asked_for_many_times_at_once_is_recorded_once(plane: DataPlane) -> None:
    async def together() -> list[Any]:
        asked = (plane.engine.predict_entity(OWNER, "triage", key) for key in "12" * 8)
        return await asyncio.gather(*asked)

    assert len({answer.id for answer in asyncio.run(together())}) == 2
    assert len(plane.engine._entities) == 0


def test_an_entity_that_several_processes_are_asked_for_at_once_is_recorded_once(
    plane: DataPlane, config: Config, database: Database
) -> None:
    other = create(config, database)
    other.start()
    both, rounds = threading.Barrier(2), 10
    found: list[set[Any]] = [set() for _ in range(rounds)]

    def work(own: DataPlane) -> None:
        for number in range(rounds):
            both.wait(60)
            found[number].add(of_entity(own, str(number % 2 + 1)).id)
            both.wait(60)
            if own is plane and number % 2:
                with closing(database.connect()) as connection, database.transaction(connection):
                    connection.execute("UPDATE flyball_prediction SET decision = 'changed'")
            both.wait(60)

    threads = [threading.Thread(target=work, args=(each,)) for each in (plane, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.stop()
    assert [len(each) for each in found] == [1] * rounds
    assert len(set.union(*found)) == rounds


def test_an_ab_test_answers_each_entity_by_its_arm_and_anew_once(
    plane: DataPlane, database: Database
) -> None:
    """What was stored before the test began is no exposure to it."""
    before = of_entity(plane, "1")
    published.store(database, version=2, schema=SCHEMA)
    document = RouteRevision.objects.get().document
    route = msgspec.convert(document, Route)
    for challenger in (False, True):
        test = ABTest(number=int(challenger), salt="s", runs=((int(challenger), SLOTS),))
        number = RouteRevision.objects.count() + 1
        arms = (*route.arms, Arm("challenger", 2))
        published.put(replace(route, number=number, arms=arms, test=test))
        plane.refresher.refresh()
        first, again = of_entity(plane, "1"), of_entity(plane, "1")
        assert (first.version, first.test, first.propensity) == (1 + challenger, int(challenger), 1.0)
        assert first.id != before.id
        assert again == first


def test_rows_of_two_arms_look_up_what_each_version_takes(plane: DataPlane, database: Database) -> None:
    published.store(database, version=2, schema=Schema((AGE, WARD)))
    route = msgspec.convert(RouteRevision.objects.get().document, Route)
    test = ABTest(number=1, salt="s", runs=((0, SLOTS // 2), (1, SLOTS // 2)))
    published.put(replace(route, number=2, arms=(*route.arms, Arm("challenger", 2)), test=test))
    change("INSERT INTO person SELECT id + 10, age, ward FROM person WHERE id = 1")
    change("INSERT INTO person SELECT id + 20, age, ward FROM person WHERE id IN (1, 11)")
    plane.refresher.refresh()
    answers = ask(plane, 1, 2, 11, 21, 31)
    assert {each.version for each in answers} == {1, 2}
    for each in answers:
        assert ("visits" in each.input) == (each.version == 1)
        assert each.input["age"] in {80.5, 30.0}
    with pytest.raises(UnknownEntity) as error:
        ask(plane, 1, *range(100, 120))
    assert len(error.value.problems) == 20
