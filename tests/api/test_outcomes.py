"""Outcomes that found no prediction: listed, bound by hand and taken back over the API."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest

from flyball.control.registry.models import Version
from flyball.control.routing.models import OutcomeChange
from flyball.domain.records import Outcome, Prediction, now
from flyball.stores import erasing, outcomes
from flyball.stores.database import Database
from tests.api.conftest import Ask
from tests.ids import uuid7
from tests.stores import predictions

pytestmark = pytest.mark.storage
HERE = "endpoints/purchase/outcomes"


@pytest.fixture
def made(database: Database, version: Version) -> list[Prediction]:
    """Two predictions of one reference, of which an outcome came that may be of either."""
    both = [predictions.made(minutes, endpoint="purchase", reference="r") for minutes in (0, 1)]
    with closing(database.connect()) as connection:
        predictions.keep(database, connection, *both)
        sent = Outcome(endpoint="purchase", value="yes", reference="r", repeated="refuse")
        outcomes.record(database, connection, [sent], now())
    return both


def number(ask: Ask) -> int:
    (one,) = ask("viewer", "GET", f"{HERE}?state=ambiguous").json()["outcomes"]
    return int(one["number"])


def labels(database: Database) -> list[Any]:
    moment = now()
    with closing(database.connect()) as connection:
        found = outcomes.labelled(database, connection, "purchase", until=moment, received_until=moment)
    return [(prediction.id, label) for prediction, label, _ in found]


def test_they_are_listed_by_their_state(ask: Ask, made: list[Prediction]) -> None:
    (one,) = ask("viewer", "GET", f"{HERE}?state=ambiguous").json()["outcomes"]
    assert (one["reference"], one["value"], one["prediction"]) == ("r", "yes", None)
    assert ask("viewer", "GET", f"{HERE}?state=held").json() == {"outcomes": []}


@pytest.mark.parametrize("query", ["", "?state=", "?state=secret-state"])
def test_an_unknown_state_is_refused_and_not_echoed(ask: Ask, made: list[Prediction], query: str) -> None:
    answer = ask("viewer", "GET", f"{HERE}{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert "secret" not in answer.text


def test_one_is_bound_to_the_prediction_that_a_person_names_and_counts_from_then_on(
    ask: Ask, made: list[Prediction], database: Database
) -> None:
    answer = ask("member", "POST", f"{HERE}/{number(ask)}/resolve", {"prediction": str(made[0].id)})
    assert (answer.status_code, answer.json()["state"], answer.json()["bound_by"]) == (200, "bound", "person")
    assert labels(database) == [(made[0].id, "yes")]


def test_one_that_was_taken_back_counts_no_longer_and_the_one_before_does(
    ask: Ask, made: list[Prediction], database: Database
) -> None:
    ask("member", "POST", f"{HERE}/{number(ask)}/resolve", {"prediction": str(made[0].id)})
    with closing(database.connect()) as connection:
        sent = Outcome(endpoint="purchase", value="no", prediction=made[0].id)
        outcomes.record(database, connection, [sent], now())
    assert labels(database) == [(made[0].id, "no")]
    last = ask("viewer", "GET", f"{HERE}?state=bound").json()["outcomes"][0]
    assert ask("member", "POST", f"{HERE}/{last['number']}/retract", {}).json()["state"] == "retracted"
    assert labels(database) == [(made[0].id, "yes")]
    assert [(each.kind, each.before) for each in OutcomeChange.objects.all()] == [
        ("resolution", "ambiguous"),
        ("retraction", "bound"),
    ]


def test_a_held_one_that_was_taken_back_waits_no_longer(
    ask: Ask, made: list[Prediction], database: Database
) -> None:
    with closing(database.connect()) as connection:
        outcomes.record(
            database, connection, [Outcome(endpoint="purchase", value="no", reference="s")], now()
        )
        (held,) = ask("viewer", "GET", f"{HERE}?state=held").json()["outcomes"]
        ask("member", "POST", f"{HERE}/{held['number']}/retract", {})
        predictions.keep(database, connection, predictions.made(endpoint="purchase", reference="s"))
    assert labels(database) == []


def test_each_is_settled_once(ask: Ask, made: list[Prediction]) -> None:
    place = f"{HERE}/{number(ask)}"
    body = {"prediction": str(made[0].id)}
    codes = [ask("member", "POST", f"{place}/resolve", body).status_code for _ in range(2)]
    codes += [ask("member", "POST", f"{place}/retract", {}).status_code for _ in range(2)]
    codes += [ask("member", "POST", f"{place}/resolve", body).status_code]
    assert codes == [200, 409, 200, 409, 409]


def test_a_prediction_must_be_there_and_of_the_same_endpoint_and_say_something(
    ask: Ask, made: list[Prediction], database: Database
) -> None:
    elsewhere = predictions.made(endpoint="elsewhere")
    with closing(database.connect()) as connection:
        predictions.keep(database, connection, elsewhere)
        erasing.erase(database, connection, made[1].id, now())
    place = f"{HERE}/{number(ask)}/resolve"
    asked = [str(elsewhere.id), str(uuid7()), str(made[1].id), "17"]
    codes = [ask("member", "POST", place, {"prediction": each}).json()["code"] for each in asked]
    assert codes == ["unknown_prediction", "unknown_prediction", "erased", "invalid_input"]


@pytest.mark.parametrize("wrong", ["99", "99999999999999999999999"])
def test_a_number_that_no_outcome_has_is_not_found(ask: Ask, made: list[Prediction], wrong: str) -> None:
    for act, body in (("resolve", {"prediction": str(made[0].id)}), ("retract", {})):
        assert ask("member", "POST", f"{HERE}/{wrong}/{act}", body).status_code == 404
