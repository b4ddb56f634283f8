"""Closing: each unit counts once per metric, as it was when its time was over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from flyball.control.abtests.counting.accumulating import Pair, add, of_day, summed
from flyball.control.abtests.counting.exposing import read_until
from flyball.control.abtests.counting.measures.units import Brought, Measure, Unit, what_they_bring
from flyball.control.abtests.models import ABTest, Exposure
from flyball.control.abtests.spec import Spec
from flyball.control.abtests.strata import History
from flyball.domain.abtests.assignment import slot_of
from flyball.domain.abtests.metrics import Shape
from flyball.domain.values import parse_timestamp, timestamp_text

DAYS = 28
"""Days since the first prediction of which effects are kept."""
CHUNK = 1_000
"""Units that are counted in one transaction."""


def close(test: ABTest, spec: Spec, history: History, measures: Sequence[Measure]) -> bool:
    """Count the next units whose time is over, of every metric; whether there may be more.

    In one transaction with the cursors, as ``expose``.
    """
    more = False
    for within in sorted({each.within for each in measures}):
        alike = [each for each in measures if each.within == within]
        more = _close(test, history, alike, timedelta(seconds=within)) or more
    return more


def _close(test: ABTest, history: History, measures: Sequence[Measure], within: timedelta) -> bool:
    name = f"{within.total_seconds():g}"
    until = read_until(test) - within
    units = _next(test, test.cursor.get(name), until)
    if not units:
        return False
    counted = [unit for unit in units if not _has_moved(history, unit, within)]
    found = {
        measure.name: what_they_bring(measure, counted) for measure in measures
    }  # reads much: before the lock
    with transaction.atomic():
        held = ABTest.objects.select_for_update().get(pk=test.pk)
        if held.cursor.get(name) != test.cursor.get(name):  # somebody else has counted them
            test.cursor = held.cursor
            return True
        for measure in measures:
            _add(held, measure, counted, found[measure.name])
        last = [timestamp_text(units[-1].exposed_at), units[-1].identity]
        held.cursor = test.cursor = {**held.cursor, name: last}
        held.save(update_fields=["cursor"])
    return len(units) == CHUNK


def _next(test: ABTest, cursor: Any, until: datetime) -> list[Unit]:
    every = Exposure.objects.filter(test=test, exposed_at__lt=until)
    if cursor is not None:
        moment, unit = parse_timestamp(cursor[0]), cursor[1]
        # The first condition alone lets an index begin where it is to.
        every = every.filter(exposed_at__gte=moment).filter(Q(exposed_at__gt=moment) | Q(unit__gt=unit))
    return [Unit.of(each) for each in every.order_by("exposed_at", "unit")[:CHUNK]]


def _has_moved(history: History, unit: Unit, within: timedelta) -> bool:
    """Whether the unit belonged to another arm, or to none, before its time was over."""
    until = history.counts_until(unit.stratum, slot_of(unit.identity))
    return until is not None and until < unit.exposed_at + within


def _add(test: ABTest, measure: Measure, units: Sequence[Unit], found: Iterable[Brought]) -> None:
    """Units with nothing to be known by are mature, and lack."""
    by_arm: dict[tuple[int, str], list[Brought]] = defaultdict(list)
    for unit, brought in zip(units, found, strict=True):
        by_arm[unit.stratum, unit.arm].append(brought)
    shape: Shape = "ratio" if measure.shape == "ratio" else "mean"
    for (stratum, arm), every in sorted(by_arm.items()):
        known = [each.all for each in every if each.all is not None]
        document = {"mature": len(every), "known": len(known), **summed(measure.shape, known)}
        add(test, measure.name, stratum, arm, document)
        for day, pairs in _by_day(every).items():
            add(test, of_day(measure.name, day), stratum, arm, summed(shape, pairs))


def _by_day(every: Iterable[Brought]) -> dict[int, list[Pair]]:
    days: dict[int, list[Pair]] = defaultdict(list)
    for brought in every:
        for day, pair in brought.days.items():
            if day < DAYS:
                days[day].append(pair)
    return days
