"""Reads: which shadows an endpoint has, and how far each agrees with what answered."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet

from flyball.control.declarations import discovery
from flyball.control.jobs import selectors as jobs
from flyball.control.jobs.models import Job
from flyball.control.routing import selectors as routing
from flyball.control.routing.models import Prediction
from flyball.control.shadows.known import KIND, arm_of, unjudged
from flyball.control.shadows.models import Shadow, ShadowHour
from flyball.domain.abtests.sequences import Interval
from flyball.domain.errors import NotFound
from flyball.domain.routing import Route
from flyball.domain.shadows.agreement import (
    DISTANCES,
    OTHERS,
    SECONDS,
    Agreement,
    of_document,
    quantile,
)
from flyball.domain.shadows.judged import LEVEL, Judged
from flyball.domain.values import finite

LABELS = 20
"""Labels of the table of confusion; the rest is one more."""
WAITING = 100_000
"""Up to so many that wait are counted."""
HOURS = 24 * 30
"""Hours of a chart, the newest."""


def shadows(endpoint: str) -> QuerySet[Shadow]:
    """Every version of an endpoint that is or was a shadow, by number."""
    return Shadow.objects.filter(endpoint_id=endpoint).order_by("version")


def shadow(endpoint: str, version: int) -> Shadow:
    """One of them. Raises ``NotFound``."""
    found = shadows(endpoint).filter(version=version).first()
    if found is None:
        raise NotFound(f"{endpoint}@{version} is no shadow, and never was one.")
    return found


def hours(row: Shadow) -> list[ShadowHour]:
    """What it did in each hour, in order, of the newest."""
    return list(reversed(row.hours.order_by("-hour")[:HOURS]))


def moment_of(hour: ShadowHour) -> datetime:
    """When an hour began."""
    return datetime.fromtimestamp(hour.hour * 3600, UTC)


def documents(endpoint: str) -> list[dict[str, Any]]:
    """Every shadow of an endpoint, as every door shows it."""
    route = routing.route(endpoint)
    return [document(each, route) for each in shadows(endpoint).prefetch_related("agreements")]


def document(row: Shadow, route: Route | None) -> dict[str, Any]:
    """One shadow: how far it is, and how far it agrees with each version that answered."""
    arm = None if route is None else arm_of(route, row.version)
    every = {(each.version, each.arm): of_document(each.document) for each in row.agreements.all()}
    waiting = Prediction.objects.filter(endpoint=row.endpoint_id, id__gt=row.cursor)
    failed, not_asked = Counter[str](), Counter[str]()
    for each in every.values():
        failed += each.failed
        not_asked += each.not_asked
    return {
        "endpoint": row.endpoint_id,
        "version": row.version,
        "is_answering": arm is not None and row.ended_at is None,
        "threshold": None if arm is None else arm.threshold,
        "since": row.since,
        "ended_at": row.ended_at,
        "waiting": waiting[:WAITING].count() if arm is not None else 0,
        "asked": sum(each.asked for each in every.values()),
        "answered": sum(each.answered for each in every.values()),
        "failed": [{"code": code, "count": count} for code, count in failed.most_common()],
        "not_asked": _reasons(not_asked),
        "dropped": _reasons(Counter(row.dropped)),
        **_faults(row),
        "unjudged": unjudged(discovery.autodiscover().get(row.endpoint_id)),
        "beside": [_beside(row.version, *key, every[key]) for key in sorted(every, reverse=True)],
    }


def _faults(row: Shadow) -> dict[str, Any]:
    """How many of its jobs failed, of those that are kept, and why the last one did, where it did."""
    every = jobs.jobs(row.endpoint_id).filter(kind=KIND, arguments__version=row.version)
    failed = every.filter(status=Job.Status.FAILED)
    last = every.filter(status__in=jobs.ENDED).select_related(None).only("status", "error").first()
    is_failing = last is not None and last.status == Job.Status.FAILED
    return {"failed_jobs": failed.count(), "fault": last.error if last is not None and is_failing else ""}


def _reasons(counted: Counter[str]) -> list[dict[str, Any]]:
    return [{"reason": reason, "count": count} for reason, count in counted.most_common()]


def _beside(own: int, version: int, arm: str, one: Agreement) -> dict[str, Any]:
    return {
        "version": version,
        "arm": arm or None,
        "answered": one.answered,
        "agreement": _share(one.answered - one.differing, one.answered),
        "labels": _confusion(one.labels),
        "decisions": _confusion(one.decisions),
        "differences": _differences(one),
        "latency": _latency(one),
        "outcomes": _outcomes(own, version, one) if one.judged.rows else None,
    }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _confusion(counted: Mapping[tuple[str, str], int]) -> dict[str, Any] | None:
    """How often which answer met which, and how often both were the same; rows are what answered."""
    if not counted:
        return None
    often: Counter[str] = Counter()
    for (before, after), count in counted.items():
        often[before] += count
        often[after] += count
    # In their own order: two pages beside each other have the same rows.
    names = sorted(name for name, _ in often.most_common(LABELS))
    named = {name: name if name in names else OTHERS for name in often}
    cells: Counter[tuple[str, str]] = Counter()
    for (before, after), count in counted.items():
        cells[named[before], named[after]] += count
    if any(name == OTHERS for pair in cells for name in pair) and OTHERS not in names:
        names.append(OTHERS)
    same = sum(count for (before, after), count in counted.items() if before == after)
    return {
        "names": names,
        "counts": [[cells[before, after] for after in names] for before in names],
        "agreement": same / sum(counted.values()),
    }


def _differences(one: Agreement) -> dict[str, float | None] | None:
    if not one.differences.units:
        return None
    pair = one.differences.pair()
    return {
        "mean": float(pair.first.mean),
        "mean_absolute": float(pair.second.mean),
        "median": _finite(quantile(one.distances, DISTANCES.edges, 0.5)),
        "p95": _finite(quantile(one.distances, DISTANCES.edges, 0.95)),
    }


def _latency(one: Agreement) -> dict[str, float | None] | None:
    if not one.seconds:
        return None
    return {
        f"{name}{suffix}": _finite(quantile(counts, SECONDS.edges, part))
        for suffix, counts in (("", one.seconds), ("_beside", one.seconds_beside))
        for name, part in (("p50", 0.5), ("p99", 0.99))
    }


def _outcomes(own: int, version: int, one: Agreement) -> dict[str, Any]:
    judged, interval = one.judged, one.judged.interval()
    has_logs = judged.log_losses.units > 0
    return {
        "rows": judged.rows,
        "better": judged.better,
        "worse": judged.worse,
        "entities": judged.losses.units,
        "loss": _interval(interval),
        "log_loss": _interval(judged.log_interval()) if has_logs else None,
        "sentences": sentences(own, version, judged, interval, is_label=bool(one.labels)),
    }


def _interval(found: Interval) -> dict[str, float | None]:
    return {
        "difference": float(found.estimate),
        "low": _finite(float(found.lower)),
        "high": _finite(float(found.upper)),
    }


def _finite(value: float | None) -> float | None:
    return None if value is None else finite(value)


def sentences(own: int, version: int, judged: Judged, interval: Interval, *, is_label: bool) -> Sequence[str]:
    """What outcomes say of a shadow, in plain words."""
    less = judged.better - judged.worse
    if is_label:
        how = f"on {abs(less):,} {'fewer' if less > 0 else 'more'}" if less else "as often"
        first = (
            f"On {judged.rows:,} rows with an outcome version {own} is wrong {how} than version {version}."
        )
        first = first if less else first.replace(" than ", " as ")
        scale, unit = 100.0, "errors in 100"
    else:
        first = (
            f"On {judged.rows:,} rows with an outcome version {own} is closer than version {version} on"
            f" {judged.better:,}, and further off on {judged.worse:,}."
        )
        scale, unit = 1.0, "squared error a row"
    low, high = float(interval.lower) * scale, float(interval.upper) * scale
    if not (math.isfinite(low) and math.isfinite(high)):
        return [first, "Too few of these rows differ to say what comes of more."]
    where = f"between {low:+.3g} and {high:+.3g} {unit}".replace("-", "−")
    verdict = "is better" if high < 0 else "is worse" if low > 0 else "may be either"
    return [
        first,
        f"By one row of each of {judged.losses.units:,} entities that is {where}: it {verdict}.",
        f"Such an interval is wrong in at most {100 * LEVEL:g} % of comparisons, however often one looks.",
    ]
