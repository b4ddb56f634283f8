"""One endpoint over the last day, week or month: what it answered, how fast, and what became known of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db.models import Case, Count, F, IntegerField, Sum, Value, When
from django.db.models.functions import Cast

from flyball.control.monitoring.traffic import MICROSECONDS, quantile
from flyball.control.routing.models import Minute, Outcome, RouteRevision
from flyball.control.routing.selectors import champion_of
from flyball.domain.errors import InvalidInput, Problem
from flyball.domain.records import first_id, now
from flyball.stores.minutes import minute_of

HOUR, DAY = 60, 24 * 60
NAMES = ("answers", "refused", "failed", "fell_back", "latency")
MOST = 50_000
"""Outcomes that are counted: reading more of the index would make a page wait."""
PROMOTIONS = 50


@dataclass(frozen=True, slots=True)
class Span:
    """How far back, in whole units of ``unit`` minutes, in steps of ``step`` minutes; all in UTC."""

    name: str
    unit: int
    units: int
    step: int

    def first(self, moment: datetime) -> int:
        """The minute with which it begins: the unit in which the moment is is the last one."""
        return (minute_of(moment) // self.unit - self.units + 1) * self.unit


SPANS = {each.name: each for each in (Span("day", HOUR, 24, HOUR), Span("week", DAY, 7, 3 * HOUR))}
SPANS["month"] = Span("month", DAY, 30, DAY)
DEFAULT = "week"


@dataclass(slots=True)
class Step:
    """What was counted in one step: ``answers`` by version, ``latencies`` by the bound of a bucket (s)."""

    start: datetime
    answers: Counter[int] = field(default_factory=Counter)
    refused: int = 0
    failed: int = 0
    fell_back: int = 0
    latencies: Counter[float] = field(default_factory=Counter)

    def within(self, part: float) -> float | None:
        """Within how many seconds that part of its answers came: the bound of a bucket, as ``quantile``."""
        return quantile(self.latencies, part)


@dataclass(frozen=True, slots=True)
class Known:
    """Of the predictions of one unit, how many there are and how many have an outcome.

    ``with_outcome`` is ``None`` where there are too many newer ones to count.
    """

    start: datetime
    predictions: int
    with_outcome: int | None


def span(name: str) -> Span:
    """The span of a name. Raises ``InvalidInput``."""
    if name not in SPANS:
        problem = Problem("/over", "wrong_value", f"Expected one of {', '.join(SPANS)}.")
        raise InvalidInput(f"Traffic is shown over a {', '.join(SPANS)}: choose one.", problems=[problem])
    return SPANS[name]


def steps(endpoint: str, over: Span, moment: datetime | None = None) -> list[Step]:
    """What was counted in each step, the oldest first, in one query; the last one is under way."""
    moment = moment or now()
    first = over.first(moment)
    found = [Step(_start(each)) for each in range(first, minute_of(moment) + 1, over.step)]
    counted = Minute.objects.filter(minute__gte=first, endpoint=endpoint, name__in=NAMES)
    place = Cast((F("minute") - first) / over.step, IntegerField())
    rows = counted.annotate(place=place).values_list("place", "version", "name", "label")
    for at, version, name, label, count in rows.annotate(sum=Sum("count")).order_by():
        step = found[min(at, len(found) - 1)]
        match name:
            case "answers":
                step.answers[version] += count
            case "latency":
                step.latencies[float(label) / MICROSECONDS] += count
            case "refused":
                step.refused += count
            case "fell_back":
                step.fell_back += count
            case _:
                step.failed += count
    return found


def coverage(
    endpoint: str, over: Span, counted: Sequence[Step], moment: datetime | None = None
) -> list[Known]:
    """How many predictions of each unit have an outcome, from ``steps`` and two looks into one index.

    Of the newest ``MOST`` outcomes: units before are not told. Ids of predictions are in the order of time.
    """
    moment = moment or now()
    starts = [_start(each) for each in range(over.first(moment), minute_of(moment) + 1, over.unit)]
    bound = Outcome.objects.filter(endpoint=endpoint, prediction__isnull=False)
    ids = bound.order_by("-prediction").values_list("prediction", flat=True)
    oldest = ids[MOST : MOST + 1].first()
    told = [each for each in starts if oldest is None or first_id(each) > oldest]
    with_outcome = _with_outcome(endpoint, told)
    predictions: Counter[datetime] = Counter()
    for step in counted:
        unit = minute_of(step.start) // over.unit * over.unit
        predictions[_start(unit)] += step.answers.total()
    return [Known(each, predictions[each], with_outcome.get(each)) for each in starts]


def promotions(endpoint: str, since: datetime) -> list[tuple[datetime, int]]:
    """When which version became champion since a moment, the newest first, at most ``PROMOTIONS``."""
    kinds = (RouteRevision.Kind.PROMOTION, RouteRevision.Kind.ROLLBACK)
    made = RouteRevision.objects.filter(endpoint_id=endpoint, kind__in=kinds, created_at__gte=since)
    rows = made.order_by("-number").values_list("created_at", "document__arms")[:PROMOTIONS]
    return [(created_at, champion_of(arms)) for created_at, arms in rows]


def _with_outcome(endpoint: str, starts: Sequence[datetime]) -> dict[datetime, int]:
    """By the start of each unit; the last one is open."""
    if not starts:
        return {}
    cases = [When(prediction__gte=first_id(start), then=Value(place)) for place, start in enumerate(starts)]
    rows = Outcome.objects.filter(endpoint=endpoint, prediction__gte=first_id(starts[0]))
    unit = Case(*reversed(cases), output_field=IntegerField())
    counts = rows.annotate(unit=unit).values_list("unit").annotate(many=Count("prediction", distinct=True))
    found = dict.fromkeys(starts, 0)
    for place, many in counts.order_by():
        found[starts[place]] = many
    return found


def _start(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)
