"""An A/B test behind what was just asked, a week old, for pictures: run inside the project by ``filling``."""

from __future__ import annotations

import random
from datetime import timedelta

from flyball.control.abtests import analysing, services
from flyball.control.abtests.asking import Arm, Asked, Guard
from flyball.control.abtests.counting.accumulating import add, summed
from flyball.control.abtests.models import ABTest, Look
from flyball.control.abtests.spec import Judged, of_document
from flyball.control.routing.models import RouteRevision
from flyball.domain.records import now

DAYS = 7
LOOKS = 56
UNITS = 40
"""Of each arm from one look to the next."""
RATES = {"champion": 0.3, "1": 0.34}


def begin() -> None:
    """Version 1 beside the champion, a little better, and slower."""
    guards = [Guard("latency_p95", 0.05)]
    asked = Asked(challengers=[Arm(1)], metric="outcome", secondary=["accuracy"], guardrails=guards)
    begun = services.start(endpoint="diagnosis", asked=asked).test
    end, chance = now(), random.Random(3)  # noqa: S311 - pictures
    own = RouteRevision.objects.filter(endpoint_id="diagnosis", number__gt=begun.before)
    own.update(created_at=end - timedelta(days=DAYS))
    moments = [end - timedelta(days=DAYS) * (ago / LOOKS) for ago in reversed(range(LOOKS))]
    for moment in moments:
        _count(begun, chance)
        analysing.look(test=begun, moment=moment)
    Look.objects.filter(test=begun).exclude(at__in=moments).delete()  # the worker's, in between


def _count(begun: ABTest, chance: random.Random) -> None:
    for arm, rate in RATES.items():
        add(begun, "", 0, arm, {"units": UNITS, "predictions": 2 * UNITS})
        for metric in of_document(begun.spec).metrics:
            pairs = [_pair(metric, rate, chance) for _ in range(UNITS)]
            add(begun, metric.name, 0, arm, {"mature": UNITS, "known": UNITS, **summed(metric.shape, pairs)})


def _pair(metric: Judged, rate: float, chance: random.Random) -> tuple[float, float]:
    if metric.shape == "latency":
        return chance.lognormvariate(-7.5, 0.5) * (1 + rate), 0.0
    return float(chance.random() < rate), 1.0
