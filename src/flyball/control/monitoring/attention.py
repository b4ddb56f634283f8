"""What needs somebody's attention: a rule each, and what to do about it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Sum

from flyball.control.declarations import selectors as declarations
from flyball.control.declarations.models import Endpoint
from flyball.control.jobs.kinds import KINDS
from flyball.control.jobs.models import Job
from flyball.control.monitoring.loading import unloaded
from flyball.control.routing.models import Minute, Outcome, RouteRevision
from flyball.control.schedules import selectors as schedules
from flyball.control.schedules.models import ScheduledRun
from flyball.domain.records import now
from flyball.stores.minutes import minute_of

UNNOTICED = timedelta(seconds=60)
"""A job that is due for so long without a worker having been woken waits for one that is not there."""
SILENT = timedelta(days=7)
"""So long without an outcome, where outcomes used to come, is told."""
PROVING = (Job.Status.SUCCEEDED, Job.Status.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """One thing to look after: a stable ``code``, what is wrong, and what to do. ``endpoint`` may be none."""

    endpoint: str | None
    code: str
    sentence: str


def attention(
    endpoints: QuerySet[Endpoint] | None = None,
    teams: Collection[str] | None = None,
    moment: datetime | None = None,
) -> list[Attention]:
    """What needs attention of these endpoints (all of them) and of jobs without one, the gravest first.

    Those that are retired need none. ``teams`` are the only ones whose jobs exist for who asks; ``moment`` is
    what counts as now.
    """
    moment = moment or now()
    asked = declarations.endpoints() if endpoints is None else endpoints
    mine = asked.filter(retired_at=None).order_by("name")
    jobs = Job.objects.all() if teams is None else Job.objects.filter(team__slug__in=teams)
    return [
        *_not_loaded(mine, moment),
        *_unanswered(mine, moment),
        *_no_worker(jobs, moment),
        *_failed_jobs(mine, jobs),
        *_schedules(mine, moment),
        *_no_outcomes(mine, moment),
    ]


def _not_loaded(mine: QuerySet[Endpoint], moment: datetime) -> Iterator[Attention]:
    for each in unloaded(mine.values("name"), moment=moment):
        said = f"{each.told} Promote another, or go back: flyball rollback {each.endpoint}"
        yield Attention(endpoint=each.endpoint, code="not_loaded", sentence=said)


def _unanswered(mine: QuerySet[Endpoint], moment: datetime) -> Iterator[Attention]:
    hour = minute_of(moment - timedelta(minutes=59))
    counted = Minute.objects.filter(minute__gte=hour, name="failed", endpoint__in=mine.values("name"))
    for name, failed in counted.values_list("endpoint").annotate(sum=Sum("count")).order_by("endpoint"):
        said = f"{failed} calls failed inside the server in the last hour: look into its log."
        yield Attention(endpoint=name, code="calls_failed", sentence=said)
    behind = Minute.objects.filter(minute__gte=hour, name="fell_back", endpoint__in=mine.values("name"))
    by_version = behind.values_list("endpoint", "version").annotate(sum=Sum("count"))
    for name, version, rows in by_version.order_by("endpoint", "version"):
        said = f"Version {version} failed {rows} rows in the last hour; its fallback answered them."
        yield Attention(endpoint=name, code="fallback_answers", sentence=said)
    has_route = Exists(RouteRevision.objects.filter(endpoint=OuterRef("name")))
    for name in mine.filter(~has_route).values_list("name", flat=True):
        said = f"It has no champion, so nothing answers: flyball build {name} --promote"
        yield Attention(endpoint=name, code="no_champion", sentence=said)


def _no_worker(jobs: QuerySet[Job], moment: datetime) -> Iterator[Attention]:
    long_ago = moment - UNNOTICED
    unnoticed = Q(status=Job.Status.QUEUED, due_at__lte=long_ago, published_at=None)
    left = Q(status=Job.Status.RUNNING, lease_until__lte=long_ago)
    number = jobs.filter(unnoticed | left).count()
    if number:
        said = f"Jobs that no worker takes: {number}. Start one: flyball worker"
        yield Attention(endpoint=None, code="no_worker", sentence=said)


def _failed_jobs(mine: QuerySet[Endpoint], jobs: QuerySet[Job]) -> Iterator[Attention]:
    """The last job of its kind failed: a later one that succeeds ends that."""
    last = Job.objects.filter(pk__in=_last_failed(mine, jobs))
    failed = last.only("kind", "error", "endpoint")  # a log is long
    runs = ScheduledRun.objects.filter(job__in=failed, is_joined=False).select_related("schedule")
    names = {run.job_id: run.schedule.name for run in runs}
    for job in failed.order_by("endpoint__name", "kind"):
        asked = f", of the schedule {names[job.pk]}," if job.pk in names else ""
        said = f"Its last {job.kind}{asked} failed: {job.error} (flyball jobs show {job.pk})"
        yield Attention(endpoint=job.endpoint_id, code="job_failed", sentence=said)


def _last_failed(mine: QuerySet[Endpoint], jobs: QuerySet[Job]) -> list[UUID]:
    """Of every kind, the last one of each endpoint that ended by itself, and of none, where it failed."""
    ended = Job.objects.filter(status__in=PROVING).order_by("-id")
    found: list[UUID] = []
    for kind in [name for name, known in KINDS.items() if known.is_recurring]:
        last = ended.filter(endpoint=OuterRef("name"), kind=kind)
        status, pk = (Subquery(last.values(column)[:1]) for column in ("status", "pk"))
        failed = mine.annotate(status=status).filter(status=Job.Status.FAILED).annotate(last=pk)
        found += failed.values_list("last", flat=True)
        ownerless = jobs.filter(status__in=PROVING, endpoint=None, kind=kind).order_by("-id")
        one = ownerless.only("status").first()
        if one is not None and one.status == Job.Status.FAILED:
            found.append(one.pk)
    return found


def _schedules(mine: QuerySet[Endpoint], moment: datetime) -> Iterator[Attention]:
    late = Q(next_due_at__lt=moment - UNNOTICED)
    needing = schedules.schedules().filter(~Q(fault="") | late, endpoint__in=mine.values("name"))
    for each in needing:
        if each.fault:
            said = f"Its schedule {each.name} makes no runs: {each.fault}"
            yield Attention(endpoint=each.endpoint_id, code="schedule_failing", sentence=said)
        else:
            said = f"Its schedule {each.name} is due, and no worker makes its run. Start one: flyball worker"
            yield Attention(endpoint=each.endpoint_id, code="schedule_late", sentence=said)


def _no_outcomes(mine: QuerySet[Endpoint], moment: datetime) -> Iterator[Attention]:
    """It goes on answering, and outcomes that used to come have stopped: nobody knows how good it is."""
    newest = Outcome.objects.filter(endpoint=OuterRef("name")).order_by("-id").values("received_at")[:1]
    week = minute_of(moment - SILENT)
    answers = Minute.objects.filter(endpoint=OuterRef("name"), name="answers", minute__gte=week)
    silent = mine.annotate(outcome_at=Subquery(newest)).filter(outcome_at__lt=moment - SILENT)
    for name in silent.filter(Exists(answers)).values_list("name", flat=True):
        said = (
            f"No outcome has come for {SILENT.days} days, and it goes on answering: flyball outcomes {name}"
        )
        yield Attention(endpoint=name, code="no_outcomes", sentence=said)
