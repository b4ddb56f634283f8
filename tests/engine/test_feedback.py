"""Outcomes are taken as the task has them, all or none, for the principal's own endpoints."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flyball.domain.access import Principal
from flyball.domain.errors import Erased, InvalidInput, UnknownEndpoint, UnknownPrediction
from flyball.domain.records import Prediction, uuid7
from flyball.serving import feedback
from flyball.serving.app import DataPlane
from flyball.serving.calls import Call, Row, SentOutcome
from flyball.stores.database import Database
from flyball.stores.outcomes import Counts
from tests import published
from tests.engine.conftest import OWNER

pytestmark = pytest.mark.storage
NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def route(database: Database) -> Any:
    return published.publish(database)


@pytest.fixture
def answer(plane: DataPlane) -> Prediction:
    call = Call(endpoint="triage", rows=(Row(input=published.ROW, reference="bed 4"),))
    return plane.engine.predict_now(OWNER, call)[0]


def send(plane: DataPlane, *outcomes: SentOutcome, principal: Principal = OWNER) -> Counts:
    return asyncio.run(plane.engine.outcomes(principal, outcomes))


def test_an_outcome_of_an_id_needs_no_endpoint(plane: DataPlane, answer: Prediction) -> None:
    assert send(plane, SentOutcome(value="ill", prediction=answer.id)) == Counts(bound=1)


def test_each_outcome_is_counted_by_what_became_of_it(plane: DataPlane, answer: Prediction) -> None:
    many = [SentOutcome(value="well", endpoint="triage", reference=f"bed {n}") for n in range(4, 700)]
    assert send(plane, *many) == Counts(bound=1, held=695)


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


def test_a_file_of_text_gives_labels_with_their_types(database: Database, plane: DataPlane) -> None:
    plane.refresher.refresh()
    text = SentOutcome(value="ill", endpoint="triage", reference="bed 4", is_text=True)
    assert send(plane, text) == Counts(held=1)
    with pytest.raises(InvalidInput):
        send(plane, SentOutcome(value="ILL", endpoint="triage", reference="bed 4", is_text=True))


@pytest.mark.parametrize("text", ["12.5", "+12.5", "1.25e1", "12.50", "125E-1"])
def test_a_number_in_a_file_of_text_may_be_spelled_as_in_a_table(text: str) -> None:
    assert feedback._from_text("regression", (), text) == 12.5


@pytest.mark.parametrize(
    "text", ["1_000", "1,000", "１２", "nan", "inf", "1e400", "0x10", "12.5\n", " 12", ".", "e5", ""]
)
def test_what_only_python_takes_for_a_number_stays_text_and_is_refused(text: str) -> None:
    assert feedback._from_text("regression", (), text) == text
