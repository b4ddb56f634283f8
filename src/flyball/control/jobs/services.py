"""Writes of those who ask: a job, its end before its time, and another try."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from flyball.control.accounts.models import Team
from flyball.control.declarations.configured import configured
from flyball.control.declarations.models import Endpoint
from flyball.control.jobs import kinds, selectors
from flyball.control.jobs.models import Job
from flyball.control.jobs.selectors import ENDED
from flyball.domain.errors import Conflict
from flyball.domain.records import now

PAGE = 500
"""Jobs that are taken out in one transaction: on SQLite all who write wait for it."""


def ask(
    *,
    kind: str,
    team: Team,
    endpoint: Endpoint | None = None,
    arguments: Mapping[str, Any] | None = None,
    user: Any = None,
    due_at: datetime | None = None,
) -> Job:
    """Ask for a job, in the caller's own transaction: rolled back, it was never asked for.

    ``arguments`` are what the kind's service takes, as JSON; ``due_at`` is when it may begin (now). Raises
    ``NotFound`` for an unknown kind.
    """
    asked = kinds.find(kind)
    return Job.objects.create(
        kind=asked.name,
        queue=asked.queue,
        attempts=asked.attempts,
        team=team,
        endpoint=endpoint,
        arguments=dict(arguments or {}),
        asked_by=user,
        due_at=due_at or now(),
    )


def ask_once(
    *,
    kind: str,
    endpoint: Endpoint,
    arguments: Mapping[str, Any] | None = None,
    user: Any = None,
    again: bool = False,
) -> tuple[Job, bool]:
    """A job of an endpoint, and whether it is a new one: the same one, asked for already, is given instead.

    It is the same with the same kind and arguments, while it waits or runs and nobody has cancelled it. Of
    all who ask at once one makes it. With ``again`` it is always new. Raises as ``ask``.
    """
    wanted = dict(arguments or {})
    with transaction.atomic():
        # Whoever asks for this endpoint waits here; no_key, so that predictions, which refer to it, do not.
        Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
        for job in () if again else selectors.under_way(kind, endpoint):
            if job.arguments == wanted:
                return job, False
        return ask(kind=kind, team=endpoint.team, endpoint=endpoint, arguments=wanted, user=user), True


def ask_next(*, kind: str, endpoint: Endpoint, arguments: Mapping[str, Any], user: Any = None) -> None:
    """Ask once for a job that comes again every minute or so: only the last that ended well is kept.

    Raises as ``ask``.
    """
    with transaction.atomic():
        job, is_new = ask_once(kind=kind, endpoint=endpoint, arguments=arguments, user=user)
        if is_new:
            same = Job.objects.filter(kind=kind, endpoint=endpoint, arguments=dict(arguments))
            same.filter(status=Job.Status.SUCCEEDED).exclude(pk=job.pk).delete()


def cancel(*, job: Job) -> Job:
    """End a job: at once where it waits, within seconds where it runs.

    Asked again while it runs, the first moment stays. Raises ``Conflict`` where it has ended.
    """
    moment = now()
    own = Job.objects.filter(pk=job.pk)
    waiting = own.filter(status=Job.Status.QUEUED)
    running = own.filter(status=Job.Status.RUNNING)
    with transaction.atomic():
        has_waited = waiting.update(
            status=Job.Status.CANCELLED, cancel_requested_at=moment, finished_at=moment
        )
        is_told = has_waited or running.filter(cancel_requested_at=None).update(cancel_requested_at=moment)
        is_ended = is_told or running.exists()
        job.refresh_from_db()
        if has_waited:
            kinds.tell(job.kind, job.result, job.status)
    if not is_ended:
        raise Conflict(f"Job {job.pk} has {job.status} already.")
    return job


def retry(*, job: Job) -> Job:
    """Ask again for a job that failed or was cancelled; it keeps its id. Raises ``Conflict`` else.

    What it has kept is there still, for the next attempt to go on from.
    """
    again = Job.objects.filter(pk=job.pk, status__in=[Job.Status.FAILED, Job.Status.CANCELLED])
    known = kinds.KINDS.get(job.kind)
    with transaction.atomic():
        is_asked = again.update(
            status=Job.Status.QUEUED,
            due_at=now(),
            published_at=None,
            attempt=0,
            attempts=known.attempts if known else job.attempts,
            progress=None,
            message="",
            error="",
            error_code="",
            cancel_requested_at=None,
            started_at=None,
            finished_at=None,
        )
        job.refresh_from_db()
        if is_asked:
            kinds.tell(job.kind, job.result, job.status)
    if not is_asked:
        raise Conflict(f"Job {job.pk} is {job.status}: only one that failed or was cancelled is asked again.")
    return job


def prune() -> int:
    """Take out jobs that ended longer ago than ``FLYBALL_JOB_DAYS``; how many those were."""
    oldest = now() - timedelta(days=configured().job_days)
    old, count = Job.objects.filter(status__in=ENDED, finished_at__lt=oldest), 0
    while page := list(old.values_list("pk", flat=True)[:PAGE]):
        _, counts = old.filter(pk__in=page).delete()  # asked for again meanwhile, it stays
        count += counts.get(Job._meta.label, 0)  # without what other tables have of them
    return count
