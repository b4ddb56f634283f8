"""A key is for its endpoints, until it ends; when it was last used is noted beside the answers."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from flyball.config import Config
from flyball.control.accounts import services as accounts
from flyball.control.accounts.models import ApiKey, Team
from flyball.domain.access import Principal
from flyball.domain.errors import Unauthenticated, UnknownEndpoint, UnknownPrediction
from flyball.domain.records import Prediction, now
from flyball.serving.app import DataPlane, create
from flyball.serving.calls import Call, Row, SentOutcome
from flyball.stores import keys
from flyball.stores.database import Database
from tests import published
from tests.engine.conftest import OWNER

pytestmark = pytest.mark.storage


def limited(*names: str) -> Principal:
    """An owner of the same team, whose key is for these endpoints."""
    return Principal(team=OWNER.team, role="owner", endpoints=frozenset(names))


@pytest.fixture
def asked(database: Database, plane: DataPlane) -> Prediction:
    """A prediction of an endpoint that the limited key is not for."""
    published.publish(database, version=1)
    plane.refresher.refresh()
    row = Row(input=published.ROW, reference="bed 4")
    return plane.engine.predict_now(OWNER, Call(endpoint="triage", rows=(row,)))[0]


def test_an_endpoint_that_a_key_is_not_for_does_not_exist(plane: DataPlane, asked: Prediction) -> None:
    engine, stranger = plane.engine, limited("other")
    call = Call(endpoint="triage", rows=(Row(input=published.ROW),))
    with pytest.raises(UnknownEndpoint):
        engine.predict_now(stranger, call)
    with pytest.raises(UnknownEndpoint):
        engine.problems(stranger, call)
    with pytest.raises(UnknownEndpoint):
        asyncio.run(engine.predict_entity(stranger, "triage", "1"))
    with pytest.raises(UnknownEndpoint):
        asyncio.run(engine.predictions(stranger, endpoint="triage", reference="bed 4"))
    with pytest.raises(UnknownEndpoint):
        asyncio.run(
            engine.outcomes(stranger, [SentOutcome(value="yes", endpoint="triage", reference="bed 4")])
        )
    assert asyncio.run(engine.predictions(stranger, reference="bed 4")) == []
    assert engine.status(stranger)["routes"] == {}


def test_nor_do_its_predictions(plane: DataPlane, asked: Prediction) -> None:
    engine, stranger = plane.engine, limited("other")
    with pytest.raises(UnknownPrediction):
        asyncio.run(engine.prediction(stranger, asked.id))
    with pytest.raises(UnknownPrediction):
        asyncio.run(engine.erase(stranger, asked.id))
    with pytest.raises(UnknownPrediction):
        asyncio.run(engine.outcomes(stranger, [SentOutcome(value="yes", prediction=asked.id)]))
    assert asyncio.run(engine.prediction(OWNER, asked.id)).erased_at is None


def test_the_endpoints_that_it_is_for_are_as_ever(plane: DataPlane, asked: Prediction) -> None:
    engine, mine = plane.engine, limited("triage", "other")
    assert engine.predict_now(mine, Call(endpoint="triage", rows=(Row(input=published.ROW),)))[0].version == 1
    assert asyncio.run(engine.predictions(mine, reference="bed 4"))[0].id == asked.id
    assert list(engine.status(mine)["routes"]) == ["triage"]


def test_what_is_published_says_what_a_key_is_for_and_when_it_ends(
    database: Database, plane: DataPlane
) -> None:
    published.publish(database, version=1)
    team = Team.objects.get(slug=OWNER.team)
    key, text = accounts.issue_key(
        team=team, role="caller", endpoints=["triage"], ends_at=now() + timedelta(hours=1)
    )
    plane.refresher.refresh()
    keyring = plane.engine.pool.table.keyring
    expected = Principal(team=OWNER.team, role="caller", endpoints=frozenset({"triage"}))
    assert keyring.principal(text) == expected
    _, broad = accounts.issue_key(team=team, role="caller")
    ApiKey.objects.filter(pk=key.pk).update(ends_at=now())  # as if the hour had gone
    plane.refresher.refresh()
    with pytest.raises(Unauthenticated):
        plane.engine.pool.table.keyring.principal(text)
    assert plane.engine.pool.table.keyring.principal(broad).endpoints is None


def test_the_keys_that_were_used_are_noted_when_a_process_ends(config: Config, database: Database) -> None:
    published.publish(database, version=1)
    team = Team.objects.get(slug=OWNER.team)
    (used, text), (idle, _) = (accounts.issue_key(team=team, role="caller") for _ in range(2))
    plane = create(config, database)
    plane.start()
    plane.engine.pool.table.keyring.principal(text)
    plane.stop()
    used.refresh_from_db()
    idle.refresh_from_db()
    assert used.last_used_at is not None
    assert idle.last_used_at is None


def test_of_several_processes_the_latest_use_stays(database: Database) -> None:
    key, _ = accounts.issue_key(team=accounts.ensure_team(slug="ward"), role="caller")
    late = now()
    connection = database.connect()
    for moment in (late, late - timedelta(minutes=5)):
        keys.note_use(database, connection, [key.digest], moment)
    connection.close()
    key.refresh_from_db()
    assert key.last_used_at == late
