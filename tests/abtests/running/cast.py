"""The endpoint ``purchase`` under an A/B test, and people who ask it at any time."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from flyball.control.abtests import services
from flyball.control.abtests.asking import Arm, Asked
from flyball.control.abtests.models import ABTest
from flyball.control.abtests.strata import allocation, label
from flyball.control.routing import selectors as routing
from flyball.control.routing.models import Outcome as StoredOutcome
from flyball.domain.abtests.assignment import slot
from flyball.domain.records import Prediction
from flyball.stores import rows
from flyball.stores.database import Database
from tests.routing.purchase import applied, copy, promote

START = datetime(2030, 1, 1, tzinfo=UTC)
HALF = Asked(challengers=[Arm(2)], share=0.5, at_least=0.0, within=3600.0)


def two_versions(folder: Path, **attributes: Any) -> None:
    """``purchase`` with version 1 as champion, and the same model again as version 2."""
    first = applied(folder, **attributes)
    copy(first)
    promote(first)


def started(asked: Asked = HALF, **changes: Any) -> ABTest:
    """A test of it that is in force."""
    return services.start(endpoint="purchase", asked=replace(asked, **changes)).test


def at(moment: datetime, place: int = 0) -> UUID:
    """An id that was made at a moment; ``place`` tells those of one millisecond apart."""
    milliseconds = int(moment.timestamp() * 1000)
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (0x2 << 62) | place)


def predicted(
    database: Database, units: Sequence[str], begin: datetime, every: timedelta
) -> list[Prediction]:
    """One prediction a unit, by the route in force, written as servers write them."""
    route = routing.route("purchase")
    assert route is not None
    assert route.test is not None
    found = []
    for place, unit in enumerate(units):
        moment = begin + every * place
        name = allocation(route).owner(slot(route.test.salt, unit))
        arm = next(each for each in route.answering if label(each) == name)
        found.append(
            Prediction(
                id=at(moment, (route.number << 32) + place),
                endpoint="purchase",
                version=arm.version,
                arm=arm.name,
                route=route.number,
                input={"age": 30.0},
                output={"label": "yes", "probabilities": {"no": 0.4, "yes": 0.6}},
                created_at=moment,
                reference=unit,
                latency=900,
                test=route.test.number,
                propensity=0.5,
            )
        )
    with closing(database.connect()) as connection, database.transaction(connection):
        rows.insert(database, connection, found)
    return found


def happened(predictions: Sequence[Prediction], value: Callable[[Prediction], str], after: timedelta) -> None:
    """An outcome of each prediction, some time after it."""
    StoredOutcome.objects.bulk_create(
        StoredOutcome(
            endpoint="purchase",
            state=StoredOutcome.State.BOUND,
            prediction=each.id,
            bound_by=StoredOutcome.BoundBy.ID,
            value=value(each),
            source="api",
            received_at=each.created_at + after,
        )
        for each in predictions
    )


def chance(rates: dict[int, float], seed: int = 1) -> Callable[[Prediction], str]:
    """Says yes of each prediction with the rate of the version that answered it."""
    drawn = random.Random(seed)  # noqa: S311 - people, not secrets
    return lambda each: "yes" if drawn.random() < rates[each.version] else "no"
