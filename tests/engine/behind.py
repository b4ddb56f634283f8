"""Versions behind a fallback, and what makes them fail or wait."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from flyball.domain.errors import (
    ModelFailed,
)
from flyball.domain.records import Prediction
from flyball.domain.routing import ABTest, Arm
from flyball.serving.app import DataPlane
from flyball.serving.calls import Call, Row
from flyball.stores import minutes, records
from flyball.stores.database import Database
from tests import published
from tests.engine.conftest import OWNER
from tests.fakes import Acting

SOON, LONG = 0.05, 60.0
"""Deadlines (seconds): one that a model which waits misses, one that nothing here does."""
SPARE = 3
ROW = Row(input=published.ROW, reference="bed 4")


def publish(
    database: Database,
    plane: DataPlane,
    deadline: float | None = None,
    test: ABTest | None = None,
    compiled: bool = True,
    **more: Any,
) -> None:
    """Version 1, with version 2 as its challenger where there is a test, and version 3 behind them."""
    route = published.publish(database, compiled=compiled, **more)
    for version in (2, SPARE):
        published.store(database, version=version, compiled=compiled)
    beside = () if test is None else (Arm("challenger", 2, decision=published.DECISION),)
    spare = Arm("fallback", SPARE, decision=published.DECISION, deadline=deadline)
    published.put(replace(route, number=route.number + 1, arms=(*route.arms, *beside, spare), test=test))
    plane.refresher.refresh()


def acts(plane: DataPlane, version: int, does: Callable[[], object], *, direct: bool = False) -> Acting:
    """Have a version do something before each of its answers."""
    answering = plane.engine.pool.table.endpoints["triage"].versions[version]
    runtime = answering.runtime
    acting = Acting(runtime.real if isinstance(runtime, Acting) else runtime, does, direct=direct)
    plane.engine.pool.keep({("triage", version): (answering.manifest, acting)})
    return acting


def fail() -> None:
    raise ModelFailed


def ask(plane: DataPlane, *sent: Row, **call: Any) -> list[Prediction]:
    return asyncio.run(plane.engine.predict(OWNER, Call(endpoint="triage", rows=sent or (ROW,), **call)))


def ask_now(plane: DataPlane, *sent: Row, **call: Any) -> list[Prediction]:
    return plane.engine.predict_now(OWNER, Call(endpoint="triage", rows=sent or (ROW,), **call))


def stored(database: Database) -> list[Prediction]:
    with closing(database.connect_read_only()) as connection:
        return records.find(database, connection, endpoints=["triage"], limit=1000)


def counted(plane: DataPlane, database: Database) -> dict[tuple[int, str, str, str], int]:
    """What was counted, by version, arm, name and label, after the data plane has stopped."""
    plane.stop()
    found: Counter[tuple[int, str, str, str]] = Counter()
    with closing(database.connect_read_only()) as connection:
        for each, count in minutes.totals(database, connection, ["triage"]).items():
            if each.name in {"answers", "failed", "fell_back", "refused"}:
                found[each.version, each.arm, each.name, each.label] += count
    return dict(found)


ASKING = pytest.mark.parametrize("asking", [ask, ask_now], ids=["on a loop", "blocking"])
COMPILED = pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "scikit-learn"])
