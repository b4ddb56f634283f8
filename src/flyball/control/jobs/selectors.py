"""Reads: jobs, and which of them are due."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Q, QuerySet

from flyball.control.accounts.selectors import Actor
from flyball.control.declarations.models import Endpoint
from flyball.control.jobs import kinds
from flyball.control.jobs.models import Job
from flyball.domain.errors import Forbidden, InvalidInput, JobEnded, NotFound, Problem
from flyball.domain.records import now

TAKEN_WITHIN = timedelta(seconds=1.5)
LEFT_AFTER = timedelta(minutes=1)
ENDED = (Job.Status.SUCCEEDED, Job.Status.FAILED, Job.Status.CANCELLED)
UNDER_WAY = (Job.Status.QUEUED, Job.Status.RUNNING)


def jobs(endpoint: str | None = None, status: str | None = None, kind: str | None = None) -> QuerySet[Job]:
    """Jobs, newest first: all that were asked for, or those of an endpoint, of a status or of a kind.

    Raises ``InvalidInput``; ``NotFound`` for an unknown kind.
    """
    every = _every() if kind is not None else _every().exclude(kind__in=kinds.parts())
    if endpoint is not None:
        every = every.filter(endpoint_id=endpoint)
    if kind is not None:
        every = every.filter(kind=kinds.find(kind).name)
    if status is None:
        return every
    if status not in Job.Status.values:
        problem = Problem("/status", "unknown_status", f"Expected one of {', '.join(Job.Status.values)}.")
        raise InvalidInput("There is no such status.", problems=[problem])
    return every.filter(status=status)


def job(identity: UUID) -> Job:
    """One job. Raises ``NotFound``."""
    return _one(_every().filter(pk=identity))


def beginning(digits: str) -> Job:
    """The job whose id begins so. Raises ``NotFound`` unless there is exactly one."""
    found = list(_every().filter(pk__startswith=digits)[:2])
    if len(found) != 1:
        raise NotFound(f"There is {'no' if not found else 'more than one'} job of that id.")
    return found[0]


def visible(actor: Actor, every: QuerySet[Job]) -> QuerySet[Job]:
    """Those jobs that exist for the actor: its teams', and none of an endpoint that is not its key's."""
    every = every.filter(team__slug__in=actor.teams("viewer"))
    return every if actor.endpoints is None else every.filter(endpoint_id__in=actor.endpoints)


def visible_job(actor: Actor, identity: UUID, role: str) -> Job:
    """One of them, for an actor with at least that role in its team. Raises ``NotFound``, ``Forbidden``."""
    if not actor.teams(role):
        raise Forbidden(f"This needs the role {role}.")
    found = _one(visible(actor, _every()).filter(pk=identity))
    actor.require(found.team.slug, role)
    return found


def that_made(endpoint: str, digests: Collection[str]) -> dict[str, UUID]:
    """The first job of an endpoint that took each of some snapshots, as far as jobs of then are kept."""
    taken = Q(kind="snapshot", result__digest__in=digests) | Q(kind="build", result__snapshot__in=digests)
    every = jobs(endpoint).select_related(None).filter(taken)
    found = every.values_list("result__digest", "result__snapshot", "pk")  # newest first: the first stays
    return {digest or snapshot: pk for digest, snapshot, pk in found}


def under_way(kind: str, endpoint: Endpoint) -> QuerySet[Job]:
    """An endpoint's jobs of a kind that wait for a worker or have one, newest first."""
    every = jobs(endpoint.name).filter(kind=kind, cancel_requested_at=None)
    # One that is put off, and that nobody has begun, does not answer somebody who asks now.
    waits = Q(status=Job.Status.QUEUED) & (Q(due_at__lte=now()) | Q(attempt__gt=0))
    return every.filter(waits | Q(status=Job.Status.RUNNING))


def status(job: Job | None, *, is_done: bool) -> str:
    """How far something is that a job makes, in the words of its job; also once that is no longer kept."""
    if is_done:
        return Job.Status.SUCCEEDED
    return Job.Status.FAILED if job is None else job.status


def error(job: Job | None, *, is_done: bool) -> str:
    """Why it is not made; empty where it is, or still may be."""
    if is_done:
        return ""
    return JobEnded.__doc__ or "" if job is None else job.error


def is_unnoticed(job: Job) -> bool:
    """Whether no worker has noticed a job that is due."""
    return job.status == Job.Status.QUEUED and job.published_at is None and job.due_at <= now()


def holder(job: UUID, token: int) -> str:
    """The name of who has a job: each attempt has another one."""
    return f"job {job} {token}"


def holders() -> set[str]:
    """Those who have jobs now, and live, as far as anybody knows."""
    held = Job.objects.filter(status=Job.Status.RUNNING, lease_until__gt=now())
    return {holder(*each) for each in held.values_list("pk", "token")}


def due(moment: datetime) -> Q:
    """What may be taken: what waits and is due, and what a worker has left, while attempts are left."""
    waits = Q(status=Job.Status.QUEUED, due_at__lte=moment)
    left = Q(status=Job.Status.RUNNING, lease_until__lte=moment, cancel_requested_at=None)
    return waits | (left & Q(attempt__lt=F("attempts")))


def over(moment: datetime) -> QuerySet[Job]:
    """What a worker has left and nobody is to take again."""
    left = Job.objects.filter(status=Job.Status.RUNNING, lease_until__lte=moment)
    return left.filter(Q(attempt__gte=F("attempts")) | Q(cancel_requested_at__isnull=False))


def is_one_waiting() -> bool:
    """Whether a job that was asked for waits for a slot.

    Not one that has just come, which a free slot takes at once; nor one that has waited for long, for whose
    queue there is no worker.
    """
    moment = now()
    since = Job.objects.filter(status=Job.Status.QUEUED, due_at__lte=moment - TAKEN_WITHIN)
    return since.filter(due_at__gt=moment - LEFT_AFTER).exclude(kind__in=kinds.parts()).exists()


def _every() -> QuerySet[Job]:
    return Job.objects.select_related("team", "asked_by").order_by("-id")


def _one(found: QuerySet[Job]) -> Job:
    one = found.first()
    if one is None:
        raise NotFound("There is no job of that id.")
    return one
