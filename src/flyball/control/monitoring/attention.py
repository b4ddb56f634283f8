"""What needs somebody's attention: a rule each, and what to do about it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery

from flyball.control.declarations import selectors as declarations
from flyball.control.jobs.kinds import KINDS
from flyball.control.jobs.models import Job
from flyball.control.monitoring.overview import Standing
from flyball.control.schedules import selectors as schedules
from flyball.control.schedules.models import ScheduledRun
from flyball.domain.records import now

UNNOTICED = timedelta(seconds=60)
"""A job that is due for so long without a worker having been woken waits for one that is not there."""
PROVING = (Job.Status.SUCCEEDED, Job.Status.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """One thing to look after: a stable ``code``, what is wrong, and what to do. ``endpoint`` may be none."""

    endpoint: str | None
    code: str
    sentence: str


def attention(
    standings: Sequence[Standing], moment: datetime | None = None, teams: Collection[str] | None = None
) -> list[Attention]:
    """What needs attention of these endpoints and of jobs without one, the gravest first.

    ``moment`` is what counts as now; ``teams`` are the only ones whose jobs exist for who asks.
    """
    moment = moment or now()
    jobs = Job.objects.all() if teams is None else Job.objects.filter(team__slug__in=teams)
    found = [*_unanswered(standings), *_no_worker(jobs, moment), *_failed_jobs(jobs), *_schedules(moment)]
    names = {None, *(each.endpoint for each in standings)}
    return [each for each in found if each.endpoint in names]


def _unanswered(standings: Sequence[Standing]) -> Iterator[Attention]:
    for each in standings:
        name = each.endpoint
        if each.failed:
            said = f"{each.failed} calls failed inside the server in the last hour: look into its log."
            yield Attention(endpoint=name, code="calls_failed", sentence=said)
        if each.champion is None:
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


def _failed_jobs(jobs: QuerySet[Job]) -> Iterator[Attention]:
    """The last job of its kind failed: a later one that succeeds ends that."""
    last = Job.objects.filter(pk__in=_last_jobs(jobs), status=Job.Status.FAILED)
    failed = last.only("kind", "error", "endpoint")  # a log is long
    runs = ScheduledRun.objects.filter(job__in=failed, is_joined=False).select_related("schedule")
    names = {run.job_id: run.schedule.name for run in runs}
    for job in failed.order_by("endpoint__name", "kind"):
        asked = f", of the schedule {names[job.pk]}," if job.pk in names else ""
        said = f"Its last {job.kind}{asked} failed: {job.error} (flyball jobs show {job.pk})"
        yield Attention(endpoint=job.endpoint_id, code="job_failed", sentence=said)


def _last_jobs(jobs: QuerySet[Job]) -> list[UUID]:
    """Of every kind, the last one of each endpoint that ended by itself, and the last one of none."""
    ended = Job.objects.filter(status__in=PROVING).order_by("-id")
    endpoints = declarations.endpoints().filter(retired_at=None)
    found: list[UUID | None] = []
    for kind in [name for name, known in KINDS.items() if known.is_recurring]:
        last = Subquery(ended.filter(endpoint=OuterRef("name"), kind=kind).values("pk")[:1])
        found += endpoints.annotate(last=last).values_list("last", flat=True)
        ownerless = jobs.filter(status__in=PROVING, endpoint=None, kind=kind).order_by("-id")
        found.append(ownerless.values_list("pk", flat=True).first())
    return [each for each in found if each is not None]


def _schedules(moment: datetime) -> Iterator[Attention]:
    for each in schedules.schedules().filter(endpoint__retired_at=None):
        if each.fault:
            said = f"Its schedule {each.name} makes no runs: {each.fault}"
            yield Attention(endpoint=each.endpoint_id, code="schedule_failing", sentence=said)
        elif each.next_due_at is not None and each.next_due_at < moment - UNNOTICED:
            said = f"Its schedule {each.name} is due, and no worker makes its run. Start one: flyball worker"
            yield Attention(endpoint=each.endpoint_id, code="schedule_late", sentence=said)
