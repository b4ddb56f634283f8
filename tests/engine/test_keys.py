"""A key is for its endpoints, until it ends; when it was last used is noted beside the answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection

from flyball.config import Config
from flyball.control.accounts import services as accounts
from flyball.control.accounts.models import ApiKey, Team
from flyball.domain.access import Principal, key_digest
from flyball.domain.errors import FlyballError, Unauthenticated, UnknownEndpoint, UnknownPrediction
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


REPEATS: list[tuple[dict[str, object], type[FlyballError]]] = [
    ({"endpoint": "triage", "reference": "bed 4", "value": "ill"}, UnknownEndpoint),
    ({"endpoint": "triage", "reference": "bed 4", "value": "well"}, UnknownEndpoint),  # not what was sent
    ({"value": "ill"}, UnknownPrediction),
]


@pytest.mark.parametrize(("sent", "refusal"), REPEATS)
def test_nor_does_what_others_have_sent_for_them(
    plane: DataPlane, asked: Prediction, sent: dict[str, object], refusal: type[FlyballError]
) -> None:
    named = {} if "endpoint" in sent else {"prediction": asked.id}
    first = SentOutcome(**{**sent, **named, "value": "ill"})  # type: ignore[arg-type]  # a table's
    again = SentOutcome(**{**sent, **named})  # type: ignore[arg-type]  # a table's
    asyncio.run(plane.engine.outcomes(OWNER, [first], "key"))
    with pytest.raises(refusal):
        asyncio.run(plane.engine.outcomes(limited("other"), [again], "key"))
    assert asyncio.run(plane.engine.outcomes(limited("triage"), [first], "key")).bound == 1


def test_outcomes_of_its_endpoint_bind_to_no_other_endpoints_predictions(
    database: Database, plane: DataPlane, asked: Prediction
) -> None:
    published.publish(database, endpoint="other", version=1)
    plane.refresher.refresh()
    sent = [
        SentOutcome(value="ill", endpoint="other", prediction=asked.id),
        SentOutcome(value="ill", endpoint="other", reference="bed 4"),
    ]
    counts = asyncio.run(plane.engine.outcomes(limited("other"), sent))
    assert (counts.bound, counts.unmatched, counts.held) == (0, 1, 1)


@pytest.mark.parametrize(
    "name", ["TRIAGE", "triage ", "\uff54riage", "tria\u0261e", "triage\u0000", "\ud800"]
)
def test_a_name_that_only_looks_the_same_is_another(plane: DataPlane, asked: Prediction, name: str) -> None:
    row = Row(input=published.ROW)
    for principal, endpoint in ((limited("triage"), name), (limited(name), "triage")):
        with pytest.raises(UnknownEndpoint):
            plane.engine.predict_now(principal, Call(endpoint=endpoint, rows=(row,)))


def test_the_last_day_that_there_is_keeps_no_server_from_what_is_published(
    config: Config, database: Database
) -> None:
    published.publish(database, version=1)
    last = datetime.combine(date.max, time.max, UTC)
    _, text = accounts.issue_key(team=Team.objects.get(slug=OWNER.team), role="caller", ends_at=last)
    with zone_of_new_connections("Europe/Berlin"):
        plane = create(config, database)
        plane.start()
        plane.stop()
    assert plane.engine.pool.refresh_error == ""
    assert plane.engine.pool.table.keyring.principal(text).role == "caller"


@contextmanager
def zone_of_new_connections(zone: str) -> Iterator[None]:
    """PostgreSQL reads moments in a zone of the database's; SQLite has none."""
    if connection.vendor == "sqlite":
        yield
        return
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name} SET timezone = '{zone}'")
        try:
            yield
        finally:
            cursor.execute(f"ALTER DATABASE {name} RESET timezone")


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


def test_a_use_that_could_not_be_noted_is_kept_for_another_time(config: Config, database: Database) -> None:
    published.publish(database, version=1)
    _, text = accounts.issue_key(team=Team.objects.get(slug=OWNER.team), role="caller")
    plane = create(config, database)
    plane.start()
    plane.engine.pool.table.keyring.principal(text)
    plane.recorder.limit = 0  # as if too much waited
    plane.refresher.stop()
    assert plane.engine.pool.used_keys == {key_digest(text)}
    plane.recorder.stop()


def test_of_several_processes_the_latest_use_stays(database: Database) -> None:
    key, _ = accounts.issue_key(team=accounts.ensure_team(slug="ward"), role="caller")
    late = now()
    own = database.connect()
    for moment in (late, late - timedelta(minutes=5)):
        keys.note_use(database, own, [key.digest], moment)
    own.close()
    key.refresh_from_db()
    assert key.last_used_at == late
