"""What a running data plane answers after a promotion, a rollback and the end of an endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flyball import Field, RequestSource
from flyball.config import Config
from flyball.control.declarations import discovery
from flyball.control.declarations.services import retire
from flyball.control.routing import services
from flyball.domain.access import Principal
from flyball.domain.declaration import forget
from flyball.domain.errors import InvalidInput, Retired
from flyball.domain.records import Prediction
from flyball.serving.app import DataPlane, create
from flyball.serving.calls import Call, Row
from flyball.stores.database import Database
from tests.registry import small
from tests.routing.purchase import applied, pays, promote, second_declaration

pytestmark = pytest.mark.storage

OWNER = Principal(team="default", role="owner")
NARROW = {"features": [RequestSource("age")]}
WIDE = {"features": [RequestSource("age", "job")], "fields": {"job": Field(nullable=True)}}


@pytest.fixture
def plane(database: Database, tmp_path: Path) -> Iterator[DataPlane]:
    """A data plane on an empty database."""
    running = create(Config(home=tmp_path, database_url=database.url, refresh_seconds=600), database)
    running.start()
    yield running
    running.stop()


def predict(plane: DataPlane, entity: dict[str, Any] | None = None, **sent: Any) -> Prediction:
    """The answer once the data plane has looked for what is published."""
    plane.refresher.refresh()
    call = Call(endpoint="purchase", rows=(Row(input=sent, entity=entity or {}),))
    return plane.engine.predict_now(OWNER, call)[0]


def test_a_client_of_the_newer_version_outlives_a_rollback(
    tmp_path: Path, database: Database, plane: DataPlane
) -> None:
    promote(applied(tmp_path, **NARROW))
    with pytest.raises(InvalidInput):
        predict(plane, age=60, job="cook")
    promote(second_declaration(tmp_path, **WIDE))
    assert (predict(plane, age=60, job="cook").version, predict(plane, age=60).version) == (2, 2)
    services.rollback(endpoint="purchase")
    answer = predict(plane, age=60, job="cook")
    assert (answer.version, answer.input) == (1, {"age": 60})
    assert [warning.pointer for warning in answer.warnings] == ["/input/job"]
    with pytest.raises(InvalidInput):
        predict(plane, age=60, hat="red")


def test_what_was_forgotten_is_refused_again(tmp_path: Path, database: Database, plane: DataPlane) -> None:
    promote(applied(tmp_path, **WIDE))
    promote(second_declaration(tmp_path, **NARROW))
    assert predict(plane, age=60, job="cook").version == 2
    services.apply(declarations={"purchase": discovery.find("purchase")}, forget=True)
    with pytest.raises(InvalidInput):
        predict(plane, age=60, job="cook")


def test_an_entity_that_is_needed_no_more_may_still_be_sent(
    tmp_path: Path, database: Database, plane: DataPlane
) -> None:
    promote(applied(tmp_path, features=[RequestSource("job"), pays(tmp_path)]))
    assert predict(plane, {"age": 30}, job="cook").entity == {"age": 30}
    promote(second_declaration(tmp_path, features=[RequestSource("job")]))
    answer = predict(plane, {"age": 30}, job="cook")
    assert (answer.version, answer.entity) == (2, {"age": 30})  # an outcome may name it
    assert [warning.pointer for warning in answer.warnings] == ["/entity/age"]


def test_a_retired_endpoint_answers_nobody_until_it_is_applied_again(
    tmp_path: Path, database: Database, plane: DataPlane
) -> None:
    promote(applied(tmp_path, **NARROW))
    before = predict(plane, age=60)
    forget(discovery.find("purchase"))
    retire(endpoint="purchase", yes=True)
    with pytest.raises(Retired):
        predict(plane, age=60)
    services.apply(declarations={"purchase": small.declare(tmp_path / "rows.csv", **NARROW)})
    assert predict(plane, age=60).output == before.output
