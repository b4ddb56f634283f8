"""Reads: schedules, what becomes of each, and their runs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import OuterRef, QuerySet, Subquery

from flyball.control.accounts.selectors import Actor
from flyball.control.declarations import discovery
from flyball.control.declarations import selectors as declarations
from flyball.control.jobs.models import Job
from flyball.control.jobs.selectors import ENDED
from flyball.control.schedules import moments
from flyball.control.schedules.models import Schedule, ScheduledRun
from flyball.domain.errors import InvalidInput, NotFound
from flyball.domain.records import now

NEXT = 5
"""Runs to come that are told."""


def schedules(endpoint: str | None = None) -> QuerySet[Schedule]:
    """Schedules by endpoint and name: all, or an endpoint's."""
    every = Schedule.objects.select_related("endpoint__team", "created_by").order_by("endpoint", "name")
    return every if endpoint is None else every.filter(endpoint_id=endpoint)


def visible(actor: Actor) -> QuerySet[Schedule]:
    """The schedules of the endpoints that exist for the actor."""
    return schedules().filter(endpoint__in=declarations.visible(actor))


def schedule(endpoint: str, name: str) -> Schedule:
    """One schedule. Raises ``NotFound``."""
    found = schedules(endpoint).filter(name=name).first()
    if found is None:
        raise NotFound("The endpoint has no schedule of that name.")
    return found


def due(moment: datetime, most: int) -> list[Schedule]:
    """What is due, the earliest first, and no more than so many; those that are paused or fail never are."""
    return list(schedules().filter(next_due_at__lte=moment).order_by("next_due_at", "pk")[:most])


def last_run(schedule: Schedule) -> ScheduledRun | None:
    """The run of its last due moment, unless its job has been pruned."""
    return schedule.runs.select_related("job").order_by("-due_at").first()


def last_runs(every: Collection[Schedule]) -> dict[int, ScheduledRun]:
    """The same of several by their numbers, in one query; without the logs of the jobs."""
    newest = ScheduledRun.objects.filter(schedule=OuterRef("pk")).order_by("-due_at").values("pk")[:1]
    own = Schedule.objects.filter(pk__in=[each.pk for each in every]).order_by()
    runs = ScheduledRun.objects.filter(pk__in=own.annotate(newest=Subquery(newest)).values("newest"))
    return {run.schedule_id: run for run in runs.select_related("job").defer("job__log")}


def under_way(schedule: Schedule) -> Job | None:
    """The job of its last run, while that waits or runs. No other is looked at: there may be 100,000."""
    run = last_run(schedule)
    return None if run is None or run.job.status in ENDED else run.job


def state(schedule: Schedule) -> str:
    """``active``; ``due``, where a run is to be made now; or why none is made.

    That is ``paused``, ``failing``, ``retired`` or ``undeclared``.
    """
    if schedule.endpoint.retired_at is not None:
        return "retired"
    if schedule.endpoint_id not in discovery.autodiscover():
        return "undeclared"
    if schedule.fault:
        return "failing"
    if schedule.next_due_at is None:
        return "paused"
    return "active" if schedule.next_due_at > now() else "due"


def next_runs(schedule: Schedule) -> list[datetime]:
    """The next five moments to come, in the schedule's own time zone; none where it makes no runs."""
    if state(schedule) not in {"active", "due"}:
        return []
    try:
        times = moments.read(schedule.times, schedule.timezone)
    except InvalidInput:  # only here: another machine may know the zone
        return []
    found = [now()]
    while len(found) <= NEXT:
        found.append(times.after(found[-1]))
    return [moment.astimezone(times.zone) for moment in found[1:]]
