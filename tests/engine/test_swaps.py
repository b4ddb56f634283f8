"""A new route is loaded and swapped in whole; what does not load leaves the last good one in force."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from django.utils import timezone

from flyball.control.accounts.models import ApiKey
from flyball.control.accounts.services import revoke_key
from flyball.control.declarations.models import Endpoint
from flyball.control.registry.models import Artifact, ArtifactPart, Version
from flyball.control.routing.models import RouteRevision
from flyball.domain.access import Principal
from flyball.domain.errors import GoldenMismatch, NotReady, Retired, Unauthenticated, UnknownEndpoint
from flyball.domain.routing import Arm
from flyball.serving.app import DataPlane, create
from flyball.serving.calls import Call, Row
from flyball.stores import routes as stored_routes
from flyball.stores.database import Database
from tests import published
from tests.engine.conftest import OWNER

pytestmark = pytest.mark.storage
CALL = Call(endpoint="triage", rows=(Row(input=published.ROW, reference="bed 4"),))


def version(plane: DataPlane, endpoint: str = "triage") -> int:
    call = Call(endpoint=endpoint, rows=(Row(input=published.ROW),))
    return plane.engine.predict_now(OWNER, call)[0].version


def failures(plane: DataPlane) -> Any:
    """Which version of each endpoint does not load, and why."""
    found = plane.engine.status(OWNER)["failures"]
    return {name: (each["version"], each["code"], each["sentence"]) for name, each in found.items()}


def test_a_new_revision_answers_after_the_next_look(database: Database, plane: DataPlane) -> None:
    published.publish(database, version=1)
    plane.refresher.refresh()
    assert version(plane) == 1
    published.publish(database, version=2)
    assert version(plane) == 1
    plane.refresher.refresh()
    assert version(plane) == 2


def test_a_version_that_is_loaded_is_not_loaded_again(database: Database, plane: DataPlane) -> None:
    route = published.publish(database)
    plane.refresher.refresh()
    before = plane.engine.pool.table.endpoints["triage"].versions[1].runtime
    published.put(replace(route, number=2, arms=(Arm("champion", 1),)))
    plane.refresher.refresh()
    assert plane.engine.pool.table.endpoints["triage"].route.number == 2
    assert plane.engine.pool.table.endpoints["triage"].versions[1].runtime is before


def _corrupt(version: Version) -> None:
    ArtifactPart.objects.filter(digest=version.manifest["artifacts"][0]["digest"]).update(data=b"not it")


def _forget_artifact(version: Version) -> None:
    Artifact.objects.filter(digest=version.manifest["artifacts"][0]["digest"]).delete()


def _change_golden(version: Version) -> None:
    (row, output), *rest = version.manifest["golden"]
    wrong = {"label": output["label"], "probabilities": {"ill": 0.25, "well": 0.75}}
    Version.objects.filter(pk=version.pk).update(
        manifest={**version.manifest, "golden": [[row, wrong], *rest]}
    )


def _unreadable(version: Version) -> None:
    Version.objects.filter(pk=version.pk).update(manifest={"no": "manifest"})


def _vanish(version: Version) -> None:
    version.delete()


def _unknown_runtime(version: Version) -> None:
    Version.objects.filter(pk=version.pk).update(
        manifest={
            **version.manifest,
            "artifacts": [{**version.manifest["artifacts"][0], "runtime": "abacus"}],
        }
    )


BROKEN = [_corrupt, _forget_artifact, _change_golden, _unreadable, _vanish, _unknown_runtime]


@pytest.mark.parametrize("breaking", BROKEN, ids=[each.__name__.strip("_") for each in BROKEN])
def test_a_route_that_does_not_load_leaves_the_last_good_one(
    database: Database, plane: DataPlane, breaking: Any
) -> None:
    published.publish(database, version=1)
    plane.refresher.refresh()
    published.publish(database, version=2)
    breaking(Version.objects.get(number=2))
    published.publish(database, endpoint="discharge")
    plane.refresher.refresh()
    assert version(plane) == 1
    assert version(plane, "discharge") == 1
    assert list(failures(plane)) == ["triage"]


def test_the_next_good_revision_ends_the_failure(database: Database, plane: DataPlane) -> None:
    published.publish(database, version=1)
    plane.refresher.refresh()
    published.publish(database, version=2)
    _change_golden(Version.objects.get(number=2))
    plane.refresher.refresh()
    assert failures(plane) == {"triage": (2, "golden_mismatch", GoldenMismatch().detail)}
    published.publish(database, version=3)
    plane.refresher.refresh()
    assert (version(plane), failures(plane)) == (3, {})


def test_a_route_that_cannot_be_read_keeps_nothing_else_back(database: Database, plane: DataPlane) -> None:
    published.publish(database)
    RouteRevision.objects.create(endpoint_id="triage", number=2, document={"no": "route"}, reason="a test")
    published.publish(database, endpoint="discharge")
    plane.refresher.refresh()
    assert version(plane, "discharge") == 1
    with pytest.raises(NotReady):
        version(plane)


def test_one_arm_that_does_not_load_keeps_the_whole_route_back(database: Database, plane: DataPlane) -> None:
    route = published.publish(database, version=1)
    plane.refresher.refresh()
    published.put(replace(route, number=2, arms=(Arm("champion", 1), Arm("challenger", 9))))
    plane.refresher.refresh()
    assert plane.engine.pool.table.endpoints["triage"].route.number == 1
    assert "triage" in failures(plane)


def test_a_new_key_is_let_in_and_a_revoked_one_is_not(database: Database, plane: DataPlane) -> None:
    text = published.key()
    with pytest.raises(Unauthenticated):
        plane.engine.pool.table.keyring.principal(text)
    plane.refresher.refresh()
    assert plane.engine.pool.table.keyring.principal(text) == OWNER
    revoke_key(key=ApiKey.objects.get())
    plane.refresher.refresh()
    with pytest.raises(Unauthenticated):
        plane.engine.pool.table.keyring.principal(text)


def test_an_endpoint_without_a_route_is_not_ready_and_another_teams_is_unknown(
    database: Database, plane: DataPlane
) -> None:
    published.publish(database, team="police")
    RouteRevision.objects.all().delete()
    plane.refresher.refresh()
    with pytest.raises(UnknownEndpoint):
        version(plane)
    published.publish(database, endpoint="discharge")
    RouteRevision.objects.all().delete()
    plane.refresher.refresh()
    with pytest.raises(NotReady):
        version(plane, "discharge")


def test_before_anything_was_read_nobody_is_told_that_a_key_is_wrong(config: Any, database: Database) -> None:
    with pytest.raises(NotReady):
        create(config, database).engine.pool.table.keyring.principal("any")


def test_readers_see_one_champion_while_routes_change(database: Database, plane: DataPlane) -> None:
    routes = [published.publish(database, version=number) for number in (1, 2)]
    plane.refresher.refresh()
    seen: set[tuple[int, int]] = set()
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            served = plane.engine.pool.table.endpoints["triage"]
            seen.add((served.route.number % 2, served.route.champion.version))

    asking = threading.Thread(target=ask)
    asking.start()
    for number in range(3, 13):
        published.put(replace(routes[(number + 1) % 2], number=number))
        plane.refresher.refresh()
    stop.set()
    asking.join()
    assert seen <= {(1, 1), (0, 2)}


def test_a_document_survives_the_way_through_the_database(database: Database) -> None:
    route = published.publish(database)
    connection = database.connect()
    try:
        read = stored_routes.published(database, connection)
    finally:
        connection.close()
    assert read.routes == {"triage": route}
    assert msgspec.to_builtins(read.manifests["triage", 1]) == msgspec.to_builtins(
        published.store(database, version=1)
    )


@pytest.mark.parametrize(
    "arms",
    [(), (Arm("challenger", 2),), (Arm("champion", 1), Arm("champion", 2))],
    ids=["no arm", "no champion", "two champions"],
)
def test_a_route_without_exactly_one_champion_leaves_the_last_good_one(
    database: Database, plane: DataPlane, arms: tuple[Arm, ...]
) -> None:
    route = published.publish(database)
    plane.refresher.refresh()
    published.store(database, version=2)
    published.put(replace(route, number=2, arms=arms))
    plane.refresher.refresh()
    said = "The route does not have exactly one champion."
    assert failures(plane) == {"triage": (None, "internal", said)}
    assert version(plane) == 1
    published.put(replace(route, number=3, arms=(Arm("champion", 2),)))
    plane.refresher.refresh()
    assert (version(plane), failures(plane)) == (2, {})


def test_a_retired_endpoint_answers_no_more_and_what_it_recorded_stays(
    database: Database, plane: DataPlane
) -> None:
    published.publish(database)
    published.publish(database, endpoint="other")
    plane.refresher.refresh()
    (answer,) = plane.engine.predict_now(OWNER, CALL)
    Endpoint.objects.filter(name="triage").update(retired_at=timezone.now())
    plane.refresher.refresh()
    with pytest.raises(Retired):
        plane.engine.predict_now(OWNER, CALL)
    with pytest.raises(Retired):
        plane.engine.problems(OWNER, CALL)
    with pytest.raises(UnknownEndpoint):
        plane.engine.predict_now(Principal(team="police", role="owner"), CALL)
    assert asyncio.run(plane.engine.prediction(OWNER, answer.id)) == answer
    assert asyncio.run(plane.engine.predictions(OWNER, endpoint="triage", reference="bed 4")) == [answer]
    assert version(plane, "other") == 1
    status = plane.engine.status(OWNER)
    assert (list(status["routes"]), status["retired"], status["failures"]) == (["other"], ["triage"], {})
    Endpoint.objects.filter(name="triage").update(retired_at=None)
    plane.refresher.refresh()
    assert plane.engine.status(OWNER)["retired"] == []
    assert plane.engine.predict_now(OWNER, CALL)[0].version == 1
