"""Exposing: predictions of a test are read once, in order, and each unit that they name is kept once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, JSONField, Value

from flyball.control.abtests.counting.accumulating import add
from flyball.control.abtests.models import ABTest, Exposure
from flyball.control.abtests.spec import Spec
from flyball.control.abtests.strata import History
from flyball.control.routing.models import Prediction
from flyball.domain.abtests.assignment import identity, slot_of
from flyball.domain.records import first_id, moment_of

CHUNK = 2_000
"""Predictions of one transaction: on SQLite all who write wait for it."""
MOST = 100
"""Predictions of one unit that count."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A prediction of a test: whose it is, where that unit belongs, and when it was."""

    unit: str
    stratum: int
    arm: str
    id: UUID
    at: datetime


def expose(test: ABTest, spec: Spec, history: History, horizon: datetime) -> bool:
    """Take in the next predictions before ``horizon``; whether there may be more.

    In one transaction with the cursor: of two who do so at once, the second goes on where the first ended.
    """
    with transaction.atomic():
        held = ABTest.objects.select_for_update().get(pk=test.pk)
        rows = _next(held, horizon, spec)
        seen = list(_seen(history, rows))
        _keep(held, spec, seen)
        read = rows[-1][0] if len(rows) == CHUNK else first_id(horizon)
        held.cursor = test.cursor = {**held.cursor, "read": read.hex}
        held.save(update_fields=["cursor"])
    return len(rows) == CHUNK


def read_until(test: ABTest) -> datetime:
    """Before which moment all predictions have been taken in."""
    return moment_of(_cursor(test))


def _cursor(test: ABTest) -> UUID:
    read = test.cursor.get("read")
    return first_id(test.created_at) if read is None else UUID(read)


def _next(test: ABTest, horizon: datetime, spec: Spec) -> Sequence[Any]:
    every = Prediction.objects.filter(
        endpoint=test.endpoint_id, id__gt=_cursor(test), id__lt=first_id(horizon), test=test.number
    )
    values = F("input") if spec.unit else Value(None, JSONField())
    names = ("id", "route", "entity", "values", "reference", "erased_at")
    return list(every.annotate(values=values).order_by("id").values_list(*names)[:CHUNK])


def _seen(history: History, rows: Iterable[Any]) -> Iterable[_Seen]:
    """Those whose unit is known: of one that was erased before, nothing is left to know it by."""
    for prediction, route, entity, values, reference, erased_at in rows:
        stratum = history.of_route(route)
        unit = stratum.test.unit_of(entity or {}, values or {}, reference)
        if unit is None or erased_at is not None:
            continue
        known = identity(stratum.test.salt, unit)
        arm = history.owner(stratum.number, slot_of(known))
        yield _Seen(known, stratum.number, arm, prediction, moment_of(prediction))


def _keep(test: ABTest, spec: Spec, seen: Sequence[_Seen]) -> None:
    by_unit: dict[str, list[_Seen]] = defaultdict(list)
    for each in seen:
        by_unit[each.unit].append(each)
    # By one column: pairs of a composite key take Django and PostgreSQL four times as long.
    known = {each.unit: each for each in Exposure.objects.filter(test=test, unit__in=list(by_unit))}
    new, units, predictions = [], Counter[tuple[int, str]](), Counter[tuple[int, str]]()
    for unit, own in by_unit.items():
        exposure = known.get(unit)
        if exposure is None:
            exposure = _exposure(test, own[0])
            units[exposure.stratum, exposure.arm] += 1
            new.append(_extended(exposure, own[1:], spec))
        else:
            _extended(exposure, own, spec)
        predictions[exposure.stratum, exposure.arm] += len(own)
    Exposure.objects.bulk_create(new)
    _count(test, known.values(), by_unit)
    for (stratum, arm), count in predictions.items():
        more = {"units": units[stratum, arm], "predictions": count}
        add(test, "", stratum, arm, more)


def _count(test: ABTest, known: Iterable[Exposure], by_unit: Mapping[str, Sequence[_Seen]]) -> None:
    """Write what has come of units that were there before: mostly one prediction each, in one statement."""
    alike: dict[int, list[str]] = defaultdict(list)
    for exposure in known:
        alike[len(by_unit[exposure.unit])].append(exposure.unit)
        if exposure.more:
            Exposure.objects.filter(test=test, unit=exposure.unit).update(more=exposure.more)
    for count, units in alike.items():
        own = Exposure.objects.filter(test=test, unit__in=units)
        own.update(predictions=F("predictions") + count)


def _exposure(test: ABTest, first: _Seen) -> Exposure:
    return Exposure(
        test=test,
        unit=first.unit,
        stratum=first.stratum,
        arm=first.arm,
        exposed_at=first.at,
        prediction=first.id,
    )


def _extended(exposure: Exposure, own: Sequence[_Seen], spec: Spec) -> Exposure:
    """The unit with further predictions, as far as any metric asks for them (``Unit.within``)."""
    longest = max((each.within for each in spec.metrics if each.outcomes), default=0.0) - spec.maturity
    until = exposure.exposed_at + timedelta(seconds=longest)
    more = [each.id.hex for each in own if each.at <= until]
    if more:
        exposure.more = [*(exposure.more or []), *more][: MOST - 1]
    exposure.predictions += len(own)
    return exposure
