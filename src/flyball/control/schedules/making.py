"""Making jobs of what is due: each due moment once, however many dispatchers look."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import QuerySet

from flyball.control.declarations import discovery
from flyball.control.jobs import kinds
from flyball.control.jobs import services as jobs
from flyball.control.schedules import moments, selectors
from flyball.control.schedules.models import Schedule, ScheduledRun
from flyball.control.schedules.moments import Missed
from flyball.domain.errors import FlyballError

logger = logging.getLogger(__name__)

MOST = 50
"""Runs that are made in one look: on SQLite each takes the one lock, and between looks others have it."""


def make_due(moment: datetime) -> None:
    """Make the runs that are due at ``moment``; of several who do so at once, one makes each.

    Where very many are due, the first of them; the next look makes more. Of due moments that were missed, the
    latest is caught up. An endpoint that is retired, or not declared here, lets its due moments pass. One
    that cannot be read is marked and makes no more runs.
    """
    due = selectors.due(moment, MOST)
    declared = discovery.autodiscover() if due else {}
    for schedule in due:
        try:
            _make(schedule, moment, declared)
        except (OperationalError, InterfaceError):
            raise  # the database is away or busy: all are tried again in a moment
        except Exception as error:  # whatever is wrong with one of them, the others have their runs
            logger.exception("The schedule %s makes no more runs.", schedule)
            _same(schedule).update(next_due_at=None, fault=_reason(error))


def _reason(error: Exception) -> str:
    if not isinstance(error, FlyballError):
        return type(error).__name__
    return " ".join([error.detail, *(problem.message for problem in error.problems)])


def _make(seen: Schedule, moment: datetime, declared: Collection[str]) -> None:
    # Read before the transaction: that holds SQLite's one lock.
    missed = moments.read(seen.times, seen.timezone).missed(seen.next_due_at or moment, moment)
    with transaction.atomic():
        # First of all: whoever comes second waits here for the row, and finds that it is due no more.
        if not _same(seen).update(next_due_at=missed.following):
            return
        schedule = selectors.schedules().get(pk=seen.pk)
        if schedule.endpoint.retired_at is None and schedule.endpoint_id in declared:
            _run(schedule, missed)


def _same(seen: Schedule) -> QuerySet[Schedule]:
    """The schedule, unless its moment has passed or somebody has changed when it is due."""
    return Schedule.objects.filter(
        pk=seen.pk, next_due_at=seen.next_due_at, times=seen.times, timezone=seen.timezone
    )


def _dated(schedule: Schedule, moment: datetime) -> dict[str, str]:
    """The moment that a run is of, for kinds that take it, as the schedule's own clock shows it."""
    if not kinds.find(schedule.kind).is_dated:
        return {}
    return {"due_at": moment.astimezone(moments.read_zone(schedule.timezone)).isoformat()}


def _run(schedule: Schedule, missed: Missed) -> None:
    if schedule.runs.filter(due_at=missed.latest).exists():
        return  # the clock, or the schedule, was put back to before a moment that has its run
    under_way = selectors.under_way(schedule)
    job = under_way or jobs.ask(
        kind=schedule.kind,
        team=schedule.endpoint.team,
        endpoint=schedule.endpoint,
        arguments=schedule.arguments | _dated(schedule, missed.latest),
        user=schedule.created_by,
    )
    ScheduledRun.objects.create(
        schedule=schedule,
        due_at=missed.latest,
        job=job,
        is_joined=under_way is not None,
        skipped=missed.skipped,
    )
    Schedule.objects.filter(pk=schedule.pk).update(last_due_at=missed.latest)
