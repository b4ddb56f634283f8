"""``flyball.predict`` inside a Django process: recorded for good, except where one connection must do."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.db import connection, transaction

import flyball
from flyball import inprocess
from flyball.control.routing.models import Prediction
from flyball.domain.errors import InvalidInput, Overloaded, UnknownEndpoint, UnknownEntity, UnknownPrediction
from flyball.domain.routing import Lookup
from flyball.domain.schema import Field, Kind, Schema
from flyball.stores.database import Database
from tests import published
from tests.shop.models import City, Customer

pytestmark = pytest.mark.storage
ROW = published.ROW


@pytest.fixture(autouse=True)
def process(database: Database) -> Iterator[None]:
    """An endpoint is published; what a test starts is stopped."""
    published.publish(database)
    yield
    inprocess.close()


@contextmanager
def rolled_back() -> Iterator[None]:
    """The caller's own transaction, which comes to nothing."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_a_prediction_is_recorded(database: Database) -> None:
    answer = flyball.predict("triage", input=ROW, reference="bed 4")
    assert (answer.output["label"], answer.decision) == ("ill", "admit")
    stored = Prediction.objects.get()
    assert (stored.id, stored.reference, stored.arm) == (answer.id, "bed 4", "champion")


def test_many_rows_give_many_predictions() -> None:
    answers = flyball.predict("triage", rows=[{"input": ROW}, {"input": {**ROW, "age": 1}}])
    assert [answer.output["label"] for answer in answers] == ["ill", "well"]


def test_an_answer_comes_with_its_reasons_and_a_stored_one_is_explained_alike() -> None:
    answer = flyball.predict("triage", input=ROW, reasons=1)
    assert answer.reasons is not None
    assert [each.field for each in answer.reasons.parts] == ["age"]
    with rolled_back():
        inside = flyball.predict("triage", input=ROW, reasons=1)
        assert inside.reasons == answer.reasons
    awaited = asyncio.run(flyball.apredict("triage", input=ROW, reasons=1))
    for asked in (awaited, answer.id, str(answer.id)):
        assert flyball.explain(asked, 1) == answer.reasons
    with pytest.raises(UnknownPrediction):
        flyball.explain("4711")
    with pytest.raises(InvalidInput, match="at most 100 rows"):
        flyball.predict("triage", rows=[{"input": ROW}] * 101, reasons=1)


def test_asynchronous_code_awaits_the_same() -> None:
    answer = asyncio.run(flyball.apredict("triage", input=ROW, version=1))
    assert Prediction.objects.get().id == answer.id
    assert len(asyncio.run(flyball.apredict("triage", rows=[{"input": ROW}] * 2))) == 2


def test_the_values_of_djangos_fields_and_of_numpy_are_taken_as_what_they_are() -> None:
    answer = flyball.predict("triage", input={"age": Decimal("80.5"), "ward": np.str_("east")})
    assert answer.input == {"age": 80.5, "ward": "east"}
    assert flyball.predict("triage", input={"age": np.float32(2), "ward": "east"}).input["age"] == 2.0


BAD = [
    ({"input": {"age": object(), "ward": "east"}}, "/input/age"),
    ({"input": {"age": float("nan"), "ward": "east"}}, "/input/age"),
    ({"input": ROW, "reference": "r" * 256}, "/reference"),
    ({"input": ROW, "reference": "a\x00b"}, "/reference"),
    ({"input": ROW, "entity": {"id": "\ud800"}}, "/entity/id"),
    ({"rows": [{"input": ROW}, {"input": ROW, "nonsense": 1}]}, "/rows/1/nonsense"),
    ({"rows": [{"input": ROW}], "reference": "r"}, "/reference"),
    ({"rows": []}, "/rows"),
]


@pytest.mark.parametrize(("given", "place"), BAD)
def test_what_does_not_fit_is_refused_with_its_place(given: dict[str, Any], place: str) -> None:
    with pytest.raises(InvalidInput) as error:
        flyball.predict("triage", **given)
    assert [problem.pointer for problem in error.value.problems] == [place]


def test_an_endpoint_that_nobody_published_is_unknown() -> None:
    with pytest.raises(UnknownEndpoint):
        flyball.predict("nonsense", input=ROW)


def test_the_callers_rollback_takes_it_back_only_where_one_connection_must_do(database: Database) -> None:
    with rolled_back():
        City.objects.create(region="north")
        flyball.predict("triage", input=ROW)
    assert Prediction.objects.count() == (1 if database.is_postgres else 0)
    assert City.objects.count() == 0


def test_inside_a_transaction_that_commits_it_is_recorded_once() -> None:
    with transaction.atomic():
        answer = flyball.predict("triage", input=ROW)
    assert Prediction.objects.get().id == answer.id


def test_inside_a_transaction_features_are_looked_up_as_the_caller_sees_them(database: Database) -> None:
    mark = "%s" if database.is_postgres else "?"
    lookup = Lookup(
        table="customer",
        on="customer_id",
        key_kind=Kind.INTEGER,
        sql=f"SELECT age, 'east' FROM shop_customer WHERE id = {mark}",
        columns=(("age", Kind.NUMBER), ("ward", Kind.CATEGORY)),
    )
    fields = [
        Field(name="age", kind=Kind.NUMBER, source="customer"),
        Field(name="ward", kind=Kind.CATEGORY, categories=("east",), source="customer"),
    ]
    published.publish(database, endpoint="visit", schema=Schema(tuple(fields)), lookups=[lookup])
    with rolled_back():
        customer = Customer.objects.create(age=44, city=City.objects.create(region="north"))
        assert flyball.predict("visit", entity={"customer_id": customer.id}).input["age"] == 44.0
    with pytest.raises(UnknownEntity):
        flyball.predict("visit", entity={"customer_id": customer.id})


@contextmanager
def without_autocommit() -> Iterator[None]:
    transaction.set_autocommit(False)
    try:
        yield
    finally:
        transaction.rollback()
        transaction.set_autocommit(True)


@contextmanager
def begun_by_hand() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


@pytest.mark.parametrize("begun", [without_autocommit, begun_by_hand])
def test_a_transaction_that_was_begun_otherwise_is_a_transaction_too(
    begun: Callable[[], AbstractContextManager[None]], database: Database
) -> None:
    with begun():
        City.objects.create(region="north")
        flyball.predict("triage", input=ROW)
    assert Prediction.objects.count() == (1 if database.is_postgres else 0)
    assert City.objects.count() == 0


def test_without_autocommit_and_before_anything_is_written_it_is_recorded_for_good() -> None:
    with without_autocommit():
        answer = flyball.predict("triage", input=ROW)
    assert Prediction.objects.get().id == answer.id


def test_a_read_that_fails_inside_a_transaction_leaves_it_usable(database: Database) -> None:
    lookup = Lookup(
        table="customer",
        on="customer_id",
        key_kind=Kind.INTEGER,
        sql=database.sql("SELECT age FROM nowhere WHERE id = ?"),
        columns=(("age", Kind.NUMBER),),
    )
    schema = Schema((Field(name="age", kind=Kind.NUMBER, source="customer"),))
    published.publish(database, endpoint="visit", schema=schema, lookups=[lookup])
    with transaction.atomic():
        City.objects.create(region="north")
        with pytest.raises(Overloaded):
            flyball.predict("visit", entity={"customer_id": 1})
        City.objects.create(region="south")
    assert City.objects.count() == 2


def test_the_error_that_broke_the_connection_is_the_cause_that_is_told(database: Database) -> None:
    if not database.is_postgres:
        pytest.skip("SQLite has no server that could end a connection.")
    lookup = Lookup(
        table="customer",
        on="customer_id",
        key_kind=Kind.INTEGER,
        sql="SELECT pg_terminate_backend(pg_backend_pid()) WHERE %s > 0",
        columns=(("age", Kind.NUMBER),),
    )
    schema = Schema((Field(name="age", kind=Kind.NUMBER, source="customer"),))
    published.publish(database, endpoint="visit", schema=schema, lookups=[lookup])
    inprocess.data_plane()
    transaction.set_autocommit(False)
    City.objects.create(region="north")
    with pytest.raises(Overloaded) as told:
        flyball.predict("visit", entity={"customer_id": 1})
    connection.close()  # the next one begins with autocommit
    assert isinstance(told.value.__cause__, database.driver.errors.AdminShutdown)


def test_a_write_that_fails_inside_a_transaction_leaves_it_usable(database: Database) -> None:
    if database.is_postgres:
        pytest.skip("On PostgreSQL the recorder writes.")
    inprocess.data_plane()
    with closing(database.connect()) as other, begun_by_hand():
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 0")
        other.execute("BEGIN IMMEDIATE")
        City.objects.count()
        with pytest.raises(Overloaded):
            flyball.predict("triage", input=ROW)
        other.execute("ROLLBACK")
        flyball.predict("triage", input=ROW)
        assert Prediction.objects.count() == 1
    connection.close()  # and with it, its impatience


def test_a_child_that_was_forked_predicts_with_threads_and_connections_of_its_own(database: Database) -> None:
    first = flyball.predict("triage", input=ROW)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            answer = flyball.predict("triage", input=ROW)
            inprocess.close()
            os.write(writing, answer.id.bytes)
            code = 0
        finally:
            os._exit(code)
    os.waitpid(child, 0)
    os.set_blocking(reading, False)
    answered = os.read(reading, 16)
    second = flyball.predict("triage", input=ROW)
    assert {each.id.bytes for each in Prediction.objects.all()} == {first.id.bytes, answered, second.id.bytes}


def test_the_settings_of_the_project_say_how_much_may_wait(settings: Any) -> None:
    settings.FLYBALL = settings.FLYBALL.__class__(
        home=settings.FLYBALL.home, database_url="sqlite:///elsewhere", queue_size=7
    )
    assert inprocess.data_plane().recorder.limit == 7
