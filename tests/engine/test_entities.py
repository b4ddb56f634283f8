"""A search by entity finds it in every spelling in which it may have been stored."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest

from flyball.domain.records import Prediction
from flyball.domain.routing import Lookup
from flyball.domain.schema import Kind
from flyball.domain.values import Scalar
from flyball.serving.app import DataPlane
from flyball.serving.calls import Call, Row
from flyball.stores.database import Database
from tests import published
from tests.engine.conftest import OWNER

pytestmark = pytest.mark.storage
KEPT = "0193b3a0-0000-7000-8000-00000000000a"
SPELLINGS = [KEPT, KEPT.upper(), KEPT.replace("-", ""), f"{{{KEPT}}}"]


def lookup(*, is_uuid: bool) -> Lookup:
    """A table by ``customer`` that no version takes anything from."""
    return Lookup(table="t", on="customer", key_kind=Kind.TEXT, sql="", columns=(), is_uuid=is_uuid)


def made(
    plane: DataPlane, database: Database, key: str, *lookups: Lookup, name: str = "triage"
) -> Prediction:
    published.publish(database, endpoint=name, lookups=lookups)
    plane.refresher.refresh()
    call = Call(endpoint=name, rows=(Row(input=published.ROW, entity={"customer": key}),))
    return plane.engine.predict_now(OWNER, call)[0]


def found(plane: DataPlane, entity: Mapping[str, Scalar], limit: int = 100) -> list[Prediction]:
    return asyncio.run(plane.engine.predictions(OWNER, entity=entity, limit=limit))


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_uuid_is_found_in_any_spelling(plane: DataPlane, database: Database, spelling: str) -> None:
    answer = made(plane, database, KEPT.upper(), lookup(is_uuid=True))
    assert found(plane, {"customer": spelling}) == [answer]


def test_text_that_looks_like_a_uuid_is_found_as_it_was_sent(plane: DataPlane, database: Database) -> None:
    answer = made(plane, database, KEPT.upper(), lookup(is_uuid=False))
    assert found(plane, {"customer": KEPT.upper()}) == [answer]
    assert found(plane, {"customer": KEPT}) == []


def test_each_endpoint_is_searched_in_its_own_spelling_newest_first(
    plane: DataPlane, database: Database
) -> None:
    text = made(plane, database, KEPT.upper(), lookup(is_uuid=False), name="text")
    uuid = made(plane, database, KEPT.upper(), lookup(is_uuid=True), name="uuid")
    assert found(plane, {"customer": KEPT.upper()}) == [uuid, text]
    assert found(plane, {"customer": KEPT.upper()}, limit=1) == [uuid]


def test_a_column_of_an_earlier_champion_is_found_in_either_spelling(
    plane: DataPlane, database: Database
) -> None:
    answer = made(plane, database, KEPT.upper(), lookup(is_uuid=True))
    route = plane.engine.pool.table.endpoints["triage"].route
    published.put(replace(route, number=2, lookups=(), keys=("customer",)))
    plane.refresher.refresh()
    assert found(plane, {"customer": KEPT.upper()}) == [answer]
