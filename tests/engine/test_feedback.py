"""Outcomes are taken as the task has them, all or none, for the principal's own endpoints."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from flyball.config import Config
from flyball.control.routing.models import Outcome as StoredOutcome
from flyball.domain.access import Principal
from flyball.domain.errors import (
    Erased,
    IdempotencyKeyReused,
    InvalidInput,
    TooManyHeld,
    UnknownEndpoint,
    UnknownPrediction,
)
from flyball.domain.records import Prediction, check_outcome
from flyball.domain.routing import Lookup
from flyball.domain.schema import Kind
from flyball.domain.values import Scalar
from flyball.serving import feedback
from flyball.serving.app import DataPlane, create
from flyball.serving.calls import Call, Row, SentOutcome
from flyball.serving.http.reading import outcome_bodies
from flyball.stores.database import Database
from flyball.stores.outcomes import MOST, Counts
from tests import published
from tests.engine.conftest import OWNER
from tests.ids import uuid7

pytestmark = pytest.mark.storage
NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def route(database: Database) -> Any:
    return published.publish(database)


@pytest.fixture
def answer(plane: DataPlane) -> Prediction:
    call = Call(endpoint="triage", rows=(Row(input=published.ROW, reference="bed 4"),))
    return plane.engine.predict_now(OWNER, call)[0]


def send(
    plane: DataPlane, *outcomes: SentOutcome, principal: Principal = OWNER, key: str | None = None
) -> Counts:
    return asyncio.run(plane.engine.outcomes(principal, outcomes, key))


def stored() -> int:
    return StoredOutcome.objects.count()


def received() -> set[datetime]:
    """When the outcomes were received: one moment for each commit."""
    return set(StoredOutcome.objects.values_list("received_at", flat=True))


def test_an_outcome_of_an_id_needs_no_endpoint(plane: DataPlane, answer: Prediction) -> None:
    assert send(plane, SentOutcome(value="ill", prediction=answer.id)) == Counts(bound=1)


def test_each_outcome_is_counted_by_what_became_of_it(plane: DataPlane, answer: Prediction) -> None:
    many = [SentOutcome(value="well", endpoint="triage", reference=f"bed {n}") for n in range(4, 404)]
    assert send(plane, *many) == Counts(bound=1, held=399)


def test_an_endpoint_holds_no_more_than_its_setting_says(config: Config, database: Database) -> None:
    plane = create(msgspec.structs.replace(config, held_limit=3), database)
    plane.start()
    try:
        waiting = [SentOutcome(value="ill", endpoint="triage", reference=f"w {n}") for n in range(4)]
        with pytest.raises(TooManyHeld):
            send(plane, *waiting)
        assert stored() == 0
        assert send(plane, *waiting[:3]) == Counts(held=3)
        with pytest.raises(TooManyHeld):
            send(plane, waiting[3])
    finally:
        plane.stop()


def test_a_request_is_one_commit(plane: DataPlane, answer: Prediction) -> None:
    many = [SentOutcome(value="well", endpoint="triage", reference=f"bed {n}") for n in range(MOST)]
    before = stored()
    send(plane, *many)
    assert (before, stored()) == (0, MOST)
    assert len(received()) == 1


def test_more_than_one_commit_may_hold_is_refused_and_nothing_is_stored(
    plane: DataPlane, answer: Prediction
) -> None:
    many = [SentOutcome(value="well", endpoint="triage", reference="bed 4")] * (MOST + 1)
    with pytest.raises(InvalidInput) as error:
        send(plane, *many)
    assert [(each.pointer, each.code) for each in error.value.problems] == [("/outcomes", "too_many")]
    assert stored() == 0


KEYED = SentOutcome(value="ill", endpoint="triage", reference="bed 5")


def test_a_repeat_of_a_key_gives_the_same_counts_and_stores_nothing(
    plane: DataPlane, answer: Prediction
) -> None:
    told = [send(plane, KEYED, key="k") for _ in range(3)]
    assert told == [Counts(held=1)] * 3
    assert stored() == 1


OTHER: list[tuple[str, list[SentOutcome]]] = [
    ("another value", [replace(KEYED, value="well")]),
    ("another reference", [replace(KEYED, reference="bed 6")]),
    ("another time", [replace(KEYED, occurred_at=NOW)]),
    ("one more", [KEYED, KEYED]),
]


@pytest.mark.parametrize(("what", "other"), OTHER, ids=[each[0] for each in OTHER])
def test_other_outcomes_under_the_same_key_are_refused(
    plane: DataPlane, answer: Prediction, what: str, other: list[SentOutcome]
) -> None:
    send(plane, KEYED, key="k")
    with pytest.raises(IdempotencyKeyReused):
        send(plane, *other, key="k")
    assert stored() == 1


def test_a_prediction_and_its_outcome_may_have_the_same_key(plane: DataPlane) -> None:
    call = Call(endpoint="triage", rows=(Row(input=published.ROW, reference="bed 5"),), idempotency_key="k")
    plane.engine.predict_now(OWNER, call)
    assert send(plane, KEYED, key="k") == Counts(bound=1)


def test_one_that_does_not_fit_keeps_all_back_and_every_place_is_told(
    plane: DataPlane, answer: Prediction
) -> None:
    with pytest.raises(InvalidInput) as error:
        send(
            plane,
            SentOutcome(value="ill", endpoint="triage", reference="bed 4", pointer="/outcomes/0"),
            SentOutcome(value="dead", endpoint="triage", reference="bed 4", pointer="/outcomes/1"),
            SentOutcome(value="ill", endpoint="triage", pointer="/outcomes/2"),
            SentOutcome(value="ill", endpoint="triage", entity={"bed": 4}, pointer="/outcomes/3"),
        )
    assert [(each.pointer, each.code) for each in error.value.problems] == [
        ("/outcomes/1/value", "unknown_label"),
        ("/outcomes/2", "missing"),
        ("/outcomes/3/occurred_at", "missing"),
        ("/outcomes/3/entity/bed", "unknown_field"),
    ]
    assert "dead" not in str(error.value)
    assert plane.recorder.commits == 1


def test_unknown_erased_and_other_teams_predictions_are_told_apart(
    plane: DataPlane, answer: Prediction
) -> None:
    with pytest.raises(UnknownPrediction):
        send(plane, SentOutcome(value="ill", prediction=uuid7()))
    stranger = Principal(team="police", role="owner")
    with pytest.raises(UnknownPrediction):
        send(plane, SentOutcome(value="ill", prediction=answer.id), principal=stranger)
    with pytest.raises(UnknownEndpoint):
        send(plane, SentOutcome(value="ill", endpoint="triage", reference="x"), principal=stranger)
    asyncio.run(plane.engine.erase(OWNER, answer.id))
    with pytest.raises(Erased):
        send(plane, SentOutcome(value="ill", prediction=answer.id))


def test_predictions_are_found_by_reference_for_ones_own_team(plane: DataPlane, answer: Prediction) -> None:
    found = asyncio.run(plane.engine.predictions(OWNER, reference="bed 4"))
    assert found == [answer]
    assert asyncio.run(plane.engine.predictions(OWNER, endpoint="triage", reference="bed 5")) == []
    with pytest.raises(UnknownEndpoint):
        asyncio.run(plane.engine.predictions(OWNER, endpoint="elsewhere", reference="bed 4"))


def test_a_time_zone_is_no_obstacle(plane: DataPlane, answer: Prediction) -> None:
    sent = SentOutcome(
        value="ill", endpoint="triage", reference="bed 4", occurred_at=NOW + timedelta(days=3650)
    )
    assert send(plane, sent) == Counts(bound=1)


def test_an_outcome_of_a_day_belongs_to_what_was_predicted_on_that_day(
    database: Database, plane: DataPlane
) -> None:
    lookup = Lookup(table="t", on="patient", key_kind=Kind.INTEGER, sql="", columns=())
    published.publish(database, lookups=[lookup])
    plane.refresher.refresh()
    call = Call(endpoint="triage", rows=(Row(input=published.ROW, entity={"patient": 7}),))
    (answer,) = plane.engine.predict_now(OWNER, call)
    today = answer.created_at.date()
    lines = ["entity.patient,occurred_at,value", f"7,{today},ill", f"7,{today - timedelta(days=1)},ill"]
    sent = outcome_bodies.from_csv("\n".join(lines).encode(), "triage")
    assert send(plane, *sent) == Counts(bound=1, unmatched=1)


def test_an_outcome_of_today_does_not_wait_for_what_is_predicted_later(
    database: Database, plane: DataPlane
) -> None:
    lookup = Lookup(table="t", on="patient", key_kind=Kind.INTEGER, sql="", columns=())
    published.publish(database, lookups=[lookup])
    plane.refresher.refresh()
    today = datetime.now(UTC).date()
    sent = SentOutcome(value="ill", endpoint="triage", entity={"patient": 8}, occurred_at=today)
    assert send(plane, sent) == Counts(unmatched=1)


def test_a_repeat_of_an_outcome_of_today_is_the_same_request(plane: DataPlane, answer: Prediction) -> None:
    sent = SentOutcome(value="ill", prediction=answer.id, occurred_at=datetime.now(UTC).date())
    assert [send(plane, sent, key="once") for _ in range(2)] == [Counts(bound=1)] * 2
    assert stored() == 1


def test_a_file_of_text_gives_labels_with_their_types(database: Database, plane: DataPlane) -> None:
    plane.refresher.refresh()
    text = SentOutcome(value="ill", endpoint="triage", reference="bed 4", is_text=True)
    assert send(plane, text) == Counts(held=1)
    with pytest.raises(InvalidInput):
        send(plane, SentOutcome(value="ILL", endpoint="triage", reference="bed 4", is_text=True))


LABELS: list[tuple[str, tuple[Scalar, ...], object, Scalar]] = [
    ("a whole number with a fraction of nothing, as JSON writes it", (39, 40), 39.0, 39),
    ("an integer", (39, 40), 39, 39),
    ("true as JSON has it", (False, True), True, True),
    ("true as JSON names it", (False, True), "true", True),
    ("true as Python writes it", (False, True), "True", True),
    ("false as Python writes it", (False, True), "False", False),
    ("a whole number in a file of text", (39, 40), "39.0", 39),
    ("a label that is the text of a number", ("39", "40"), "39", "39"),
    ("a label that is the text of a truth", ("True", "False"), "True", "True"),
]


@pytest.mark.parametrize(("what", "classes", "value", "label"), LABELS, ids=[each[0] for each in LABELS])
def test_a_label_may_be_spelled_as_its_source_spells_it(
    what: str, classes: tuple[Scalar, ...], value: object, label: Scalar
) -> None:
    found = check_outcome("classification", classes, value, "/value")
    assert (type(found), found) == (type(label), label)


NO_LABELS: list[tuple[str, tuple[Scalar, ...], object]] = [
    ("a fraction", (39, 40), 39.5),
    ("a truth is no number", (0, 1), True),
    ("a number is no truth", (False, True), 1),
    ("nor is it with a fraction of nothing", (False, True), 1.0),
    ("infinity", (39, 40), float("inf")),
    ("a text that may mean two labels", (1, "1.0"), "1.00"),
    ("a list", (39, 40), [39]),
    ("nothing", (39, 40), None),
]


@pytest.mark.parametrize(("what", "classes", "value"), NO_LABELS, ids=[each[0] for each in NO_LABELS])
def test_what_only_looks_like_a_label_is_refused(
    what: str, classes: tuple[Scalar, ...], value: object
) -> None:
    with pytest.raises(InvalidInput):
        check_outcome("classification", classes, value, "/value")


@pytest.mark.parametrize("text", ["12.5", "+12.5", "1.25e1", "12.50", "125E-1"])
def test_a_number_in_a_file_of_text_may_be_spelled_as_in_a_table(text: str) -> None:
    assert feedback._from_text("regression", text) == 12.5


@pytest.mark.parametrize(
    "text", ["1_000", "1,000", "１２", "nan", "inf", "1e400", "0x10", "12.5\n", " 12", ".", "e5", ""]
)
def test_what_only_python_takes_for_a_number_stays_text_and_is_refused(text: str) -> None:
    assert feedback._from_text("regression", text) == text
