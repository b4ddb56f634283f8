"""What needs somebody's attention: a rule each, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from flyball.control.jobs import selectors as jobs
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


def attention(standings: Sequence[Standing], moment: datetime | None = None) -> list[Attention]:
    """Everything that needs attention, the gravest first. ``moment`` is what counts as now."""
    moment = moment or now()
    return [*_unanswered(standings), *_no_worker(moment), *_failed_jobs(), *_schedules(moment)]


def _unanswered(standings: Sequence[Standing]) -> Iterator[Attention]:
    for each in standings:
        name = each.endpoint
        if each.failed:
            said = f"{each.failed} calls failed inside the server in the last hour: look into its log."
            yield Attention(endpoint=name, code="calls_failed", sentence=said)
        if each.champion is None:
            said = f"It has no champion, so nothing answers: flyball build {name} --promote"
            yield Attention(endpoint=name, code="no_champion", sentence=said)


def _no_worker(moment: datetime) -> Iterator[Attention]:
    long_ago = moment - UNNOTICED
    unnoticed = Q(status=Job.Status.QUEUED, due_at__lte=long_ago, published_at=None)
    left = Q(status=Job.Status.RUNNING, lease_until__lte=long_ago)
    number = Job.objects.filter(unnoticed | left).count()
    if number:
        said = f"Jobs that no worker takes: {number}. Start one: flyball worker"
        yield Attention(endpoint=None, code="no_worker", sentence=said)


def _failed_jobs() -> Iterator[Attention]:
    """The last job of its kind failed: a later one that succeeds ends that."""
    ended = jobs.jobs().filter(Q(endpoint=None) | Q(endpoint__retired_at=None), status__in=PROVING)
    failed = ended.filter(status=Job.Status.FAILED).order_by("endpoint__name", "kind")
    for endpoint, kind in failed.values_list("endpoint__name", "kind").distinct():
        last = ended.filter(endpoint__name=endpoint, kind=kind).order_by("-finished_at", "-id").first()
        if last is not None and last.status == Job.Status.FAILED:
            run = ScheduledRun.objects.filter(job=last).select_related("schedule").first()
            asked = f", of the schedule {run.schedule.name}," if run else ""
            said = f"Its last {kind}{asked} failed: {last.error} (flyball jobs show {last.pk})"
            yield Attention(endpoint=endpoint, code="job_failed", sentence=said)


def _schedules(moment: datetime) -> Iterator[Attention]:
    for each in schedules.schedules().filter(endpoint__retired_at=None):
        if each.fault:
            said = f"Its schedule {each.name} makes no runs: {each.fault}"
            yield Attention(endpoint=each.endpoint_id, code="schedule_failing", sentence=said)
        elif each.next_due_at is not None and each.next_due_at < moment - UNNOTICED:
            said = f"Its schedule {each.name} is due, and no worker makes its run. Start one: flyball worker"
            yield Attention(endpoint=each.endpoint_id, code="schedule_late", sentence=said)
