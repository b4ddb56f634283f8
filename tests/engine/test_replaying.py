"""Stored predictions computed again: from the artifact's digest, whatever is routed now."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing
from typing import Any

import pytest

from flyball.control.registry.models import Version
from flyball.domain.errors import Erased, UnknownPrediction, UnknownVersion
from flyball.domain.records import Prediction, now
from flyball.serving.app import DataPlane
from flyball.serving.calls import Call, Row
from flyball.serving.http.door import Door, Request
from flyball.serving.replaying import Difference, Replay
from flyball.stores import erasing
from flyball.stores.database import Database
from tests import published
from tests.engine.conftest import OWNER

pytestmark = pytest.mark.storage


def predict(plane: DataPlane, version: int | None = None) -> Prediction:
    call = Call(endpoint="triage", rows=(Row(input=published.ROW),), version=version)
    return asyncio.run(plane.engine.predict(OWNER, call))[0]


def replay(plane: DataPlane, stored: Prediction) -> Replay:
    return asyncio.run(plane.engine.replay(OWNER, stored.id))


def change(database: Database, sql: str, *values: Any) -> None:
    with closing(database.connect()) as connection:
        connection.execute(database.sql(sql), values)


@pytest.fixture(params=[True, False], ids=["compiled", "scikit-learn"])
def stored(plane: DataPlane, database: Database, request: pytest.FixtureRequest) -> Prediction:
    """A prediction of version 1."""
    published.publish(database, compiled=request.param)
    plane.refresher.refresh()
    return predict(plane)


def test_the_same_comes_out_again_and_nothing_is_recorded(plane: DataPlane, stored: Prediction) -> None:
    commits = plane.recorder.commits
    again = replay(plane, stored)
    assert (again.differences, again.output, again.decision) == ((), stored.output, stored.decision)
    assert plane.recorder.commits == commits
    (version,) = Version.objects.all()
    answering = version.manifest["artifacts"][0]
    assert (again.digest, again.runtime) == (answering["digest"], answering["runtime"])


def test_a_version_that_is_not_routed_any_more_is_replayed(
    plane: DataPlane, database: Database, stored: Prediction
) -> None:
    published.publish(database, version=2)
    plane.refresher.refresh()
    assert predict(plane).output != stored.output
    again = replay(plane, stored)
    assert (again.differences, again.prediction.version, again.output) == ((), 1, stored.output)


def test_what_was_changed_in_the_database_is_told(
    plane: DataPlane, database: Database, stored: Prediction
) -> None:
    forged = {"label": "well", "probabilities": {**stored.output["probabilities"], "ill": 0.125}}
    sql = "UPDATE flyball_prediction SET output = ?, decision = ?"
    change(database, sql, json.dumps(forged), "to the ward")
    again = replay(plane, stored)
    assert again.differences == (
        Difference("/output/label", "well", stored.output["label"]),
        Difference("/output/probabilities/ill", 0.125, stored.output["probabilities"]["ill"]),
        Difference("/decision", "to the ward", stored.decision),
    )


def test_a_label_that_is_missing_is_a_difference(
    plane: DataPlane, database: Database, stored: Prediction
) -> None:
    change(database, "UPDATE flyball_prediction SET output = ?", "{}")
    places = [each.pointer for each in replay(plane, stored).differences]
    assert places == ["/output/label", "/output/probabilities"]


def test_a_version_that_was_asked_for_by_number_is_replayed(
    plane: DataPlane, database: Database, stored: Prediction
) -> None:
    published.store(database, version=3)
    by_number = predict(plane, version=3)
    again = replay(plane, by_number)
    assert (again.differences, again.output) == ((), by_number.output)


def test_what_cannot_be_replayed_says_why(plane: DataPlane, database: Database, stored: Prediction) -> None:
    change(database, "UPDATE flyball_version SET removed_at = ?", database.moment_in(now()))
    with pytest.raises(UnknownVersion):
        replay(plane, stored)
    with closing(database.connect()) as connection:
        erasing.erase(database, connection, stored.id, now())
    for ask in (lambda: replay(plane, stored), lambda: plane.engine.replay_now(stored.id)):
        with pytest.raises(Erased):
            ask()
    change(database, "DELETE FROM flyball_prediction")
    for ask in (lambda: replay(plane, stored), lambda: plane.engine.replay_now(stored.id)):
        with pytest.raises(UnknownPrediction):
            ask()


def test_another_teams_prediction_is_unknown(plane: DataPlane, stored: Prediction) -> None:
    door, key = Door(plane.engine, plane.config), published.key(team="harbour")

    def ask(text: str) -> int:
        head = {"authorization": f"Bearer {text}"}
        request = Request(method="GET", path=f"/v1/predictions/{stored.id}/replay", headers=head)
        return asyncio.run(door.handle(request)).status

    own = published.key(role="viewer")
    plane.refresher.refresh()
    assert (ask(key), ask(own), ask("fb_wrong")) == (404, 200, 401)
