"""A week of traffic behind what was just asked, for pictures: run inside the project by ``filling``."""

from __future__ import annotations

import math
import random
from datetime import datetime, timedelta

from django.db.models import F

from flyball.control.routing.models import Minute, Outcome, RouteRevision
from flyball.domain.records import now
from flyball.stores.minutes import minute_of
from tests.ids import uuid7

HOURS = 7 * 24
PROMOTED = {1: timedelta(days=6, hours=20), 2: timedelta(days=2, hours=5)}
"""How long ago each revision of the route began."""
LATENCIES = {"500": 0.35, "1000": 0.45, "2500": 0.16, "5000": 0.04}
"""Of a hundred answers, how many came within which bound (microseconds)."""


def week() -> None:
    """Patients by day more than by night, an hour that went wrong, and outcomes that come in over days."""
    chance = random.Random(7)  # noqa: S311 - pictures
    end = now()
    for number, before in PROMOTED.items():
        RouteRevision.objects.filter(number=number).update(created_at=end - before)
    first = Minute.objects.filter(version=1, minute__gt=0)
    first.update(minute=F("minute") - minute_of(end) + minute_of(end - PROMOTED[2]) - 1)
    counted, known = [], []
    for ago in reversed(range(1, HOURS)):
        moment = end - timedelta(hours=ago)
        version = 1 if ago > PROMOTED[2] / timedelta(hours=1) else 2
        many = round((26 - 20 * math.cos(math.tau * (moment.hour - 2) / 24)) * chance.uniform(0.8, 1.2))
        counted += _counts(moment, version, many, is_bad=ago == 62)
        told = int(many * (0.92 if ago > 88 else ago / 96))
        known += [_outcome(moment + timedelta(seconds=each), chance) for each in range(told)]
    Minute.objects.bulk_create(counted)
    Outcome.objects.bulk_create(known)


def _counts(moment: datetime, version: int, many: int, *, is_bad: bool) -> list[Minute]:
    latencies = [("latency", bound, round(many * part)) for bound, part in LATENCIES.items()]
    faults = [("refused", "invalid_input", many % 4 // 3 + 9 * is_bad), ("failed", "internal", 4 * is_bad)]
    return [
        Minute(
            minute=minute_of(moment),
            endpoint="diagnosis",
            version=version,
            arm="champion",
            name=name,
            label=label,
            count=count,
        )
        for name, label, count in [("answers", "", many), *latencies, *faults]
        if count
    ]


def _outcome(moment: datetime, chance: random.Random) -> Outcome:
    return Outcome(
        endpoint="diagnosis",
        state=Outcome.State.BOUND,
        prediction=uuid7(int(moment.timestamp() * 1000)),
        value=chance.choice(["benign", "malignant"]),
        source="api",
        received_at=moment,
    )
