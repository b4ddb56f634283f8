"""Writes: schedules that are made by hand, their pauses, and their end."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from flyball.control.declarations import discovery
from flyball.control.declarations.models import Endpoint
from flyball.control.jobs import kinds
from flyball.control.schedules import moments
from flyball.control.schedules.models import Schedule
from flyball.domain.errors import Conflict, InvalidInput, Problem
from flyball.domain.records import now
from flyball.domain.schedules import NAME, is_name


def add(
    *,
    endpoint: Endpoint,
    name: str,
    times: str,
    kind: str,
    timezone: str = "",
    promote: bool = False,
    batch: str = "",
    user: Any = None,
) -> Schedule:
    """Make a schedule; its first run is at its first due moment from now on.

    ``times`` are read in ``timezone`` (the setting ``TIME_ZONE``, where none is given); ``promote`` makes a
    build's version champion where it is better; ``batch`` is the declared batch that is carried out. Raises
    ``InvalidInput``, ``NotFound`` for an unknown kind, ``UnknownEndpoint`` for a batch of an endpoint that is
    not declared here, ``Conflict`` where the endpoint has a schedule of that name.
    """
    if not is_name(name):
        raise _wrong("name", "wrong_name", f"A schedule {NAME}")
    if promote and kind != "build":
        raise _wrong("promote", "no_build", "Only a build makes a version that could be promoted.")
    if batch or kind == "batch":
        _check_batch(endpoint.name, kind, batch)
    timezone = timezone or settings.TIME_ZONE
    following = moments.read(times, timezone).after(now())
    try:
        with transaction.atomic():
            return Schedule.objects.create(
                endpoint=endpoint,
                name=name,
                kind=kinds.find(kind).name,
                arguments=arguments_of(promote=promote, batch=batch),
                times=times,
                timezone=timezone,
                next_due_at=following,
                created_by=user,
            )
    except IntegrityError:
        raise Conflict(f"{endpoint} has a schedule {name} already. Remove it first.") from None


def arguments_of(*, promote: bool, batch: str) -> dict[str, Any]:
    """What a schedule's jobs are asked for with."""
    return {**({"if_better": True} if promote else {}), **({"batch": batch} if batch else {})}


def _check_batch(endpoint: str, kind: str, batch: str) -> None:
    if kind != "batch":
        raise _wrong("batch", "no_batch", "Only a job of the kind batch answers the rows of one.")
    known = [each.name for each in discovery.find(endpoint).batches]
    if batch not in known:
        listed = ", ".join(known) or "none"
        raise _wrong(
            "batch", "unknown_batch", f"Name a batch that the endpoint declares. There are: {listed}."
        )


def pause(*, schedule: Schedule) -> Schedule:
    """Let it make no runs until it is resumed. Paused again, the first moment stays."""
    Schedule.objects.filter(pk=schedule.pk, paused_at=None).update(paused_at=now(), next_due_at=None)
    schedule.refresh_from_db()
    return schedule


def resume(*, schedule: Schedule) -> Schedule:
    """Let it make runs again, from its next due moment on: what came meanwhile is not caught up.

    One that fails is tried again; one that makes runs stays as it is. Raises ``InvalidInput`` where its times
    or its zone still cannot be read.
    """
    following = moments.read(schedule.times, schedule.timezone).after(now())
    Schedule.objects.filter(pk=schedule.pk, next_due_at=None).update(
        paused_at=None, next_due_at=following, fault=""
    )
    schedule.refresh_from_db()
    return schedule


def remove(*, schedule: Schedule) -> None:
    """Take a schedule out; its jobs stay. Raises ``Conflict`` for a declared one."""
    if schedule.is_declared:
        raise Conflict(
            f"{schedule.name} is declared: apply would bring it back. "
            "Take it out of the declaration, then apply."
        )
    take_out(schedule=schedule)


def take_out(*, schedule: Schedule) -> None:
    """Delete a schedule and its runs; the jobs stay."""
    with transaction.atomic():
        # Held first: a dispatcher that makes a run at the same time has made it, or finds no schedule.
        for each in Schedule.objects.select_for_update().filter(pk=schedule.pk):
            each.delete()


def _wrong(field: str, code: str, message: str) -> InvalidInput:
    return InvalidInput("The schedule does not fit.", problems=[Problem(f"/{field}", code, message)])
