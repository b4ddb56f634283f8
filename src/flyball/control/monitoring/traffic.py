"""Traffic over time, from the counts of minutes: whole sets of endpoints in one query each."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, IntegerField, Sum
from django.db.models.functions import Cast

from flyball.control.routing.models import Minute
from flyball.domain.records import now
from flyball.stores.minutes import minute_of

HOUR = 60
MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Hours:
    """Of each hour, the oldest first: how many answers, and how long all of them took (microseconds)."""

    answers: list[int]
    latencies: list[int]

    @property
    def means(self) -> list[float]:
        """How long an answer took on average (s); 0 where there was none."""
        pairs = zip(self.latencies, self.answers, strict=True)
        return [latency / answers / MICROSECONDS if answers else 0.0 for latency, answers in pairs]


def hourly(
    endpoints: Collection[str], hours: int = 24, moment: datetime | None = None
) -> dict[str, list[int]]:
    """Answers in each of the last hours, the oldest first; the last one is the hour before ``moment``."""
    return _summed(endpoints, ["answers"], hours, moment)["answers"]


def paces(endpoints: Collection[str], hours: int = 24, moment: datetime | None = None) -> dict[str, Hours]:
    """Answers as ``hourly``, and how long they took, in one query: a histogram has many more rows."""
    found = _summed(endpoints, ["answers", "latency_sum"], hours, moment)
    return {name: Hours(found["answers"][name], found["latency_sum"][name]) for name in endpoints}


def _summed(
    endpoints: Collection[str], names: Sequence[str], hours: int, moment: datetime | None
) -> dict[str, dict[str, list[int]]]:
    """By what is counted and by endpoint, the sum of each hour."""
    first = _first(hours, moment)
    hour = Cast((F("minute") - first) / HOUR, IntegerField())
    counted = Minute.objects.filter(minute__gte=first, endpoint__in=endpoints, name__in=names)
    found = {name: {endpoint: [0] * hours for endpoint in endpoints} for name in names}
    rows = counted.annotate(hour=hour).values_list("name", "endpoint", "hour")
    for name, endpoint, place, count in rows.annotate(sum=Sum("count")).order_by():
        found[name][endpoint][min(place, hours - 1)] += count
    return found


def latency(
    endpoints: Collection[str], part: float, hours: int = 24, moment: datetime | None = None
) -> dict[str, float | None]:
    """Within how many seconds that part of the answers came, by endpoint: the bound of its bucket.

    ``None`` where there were none, infinity for what is beyond the last bound.
    """
    counted = Minute.objects.filter(
        minute__gte=_first(hours, moment), endpoint__in=endpoints, name="latency"
    ).values_list("endpoint", "label")
    buckets: dict[str, dict[float, int]] = {name: {} for name in endpoints}
    for name, label, count in counted.annotate(sum=Sum("count")).order_by():
        buckets[name][float(label) / MICROSECONDS] = count
    return {name: quantile(known, part) for name, known in buckets.items()}


def quantile(buckets: Mapping[float, int], part: float) -> float | None:
    """Within how many seconds that part of the answers came, by the counts of their buckets' bounds."""
    wanted, so_far = math.ceil(part * sum(buckets.values())), 0
    for bound, count in sorted(buckets.items()):
        so_far += count
        if so_far >= wanted:
            return bound
    return None


def _first(hours: int, moment: datetime | None) -> int:
    return minute_of((moment or now()) - timedelta(hours=hours)) + 1
