"""Schedules as they are declared: what applying changes, named before it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from django.conf import settings

from flyball.control.declarations import selectors as endpoints
from flyball.control.schedules import moments, services
from flyball.control.schedules.models import Schedule
from flyball.domain import schedules as words
from flyball.domain.declaration import Endpoint
from flyball.domain.errors import DeclarationError
from flyball.domain.records import now


class Step(NamedTuple):
    """One change: what it is, as half a sentence, and what makes it."""

    what: str
    act: Callable[[], Any]


def steps(declaration: type[Endpoint]) -> Iterator[Step]:
    """What brings an endpoint's declared schedules in line. Those that were made by hand are left alone.

    Raises ``DeclarationError`` where one of these has the name of a declared one.
    """
    found = {each.name: each for each in Schedule.objects.filter(endpoint_id=declaration.name)}
    for declared in declaration.schedules:
        applied = found.pop(declared.title, None)
        if applied is None:
            what = f"schedule {declared.title} is created ({_said(declared)})"
            yield Step(what, partial(_create, declaration.name, declared))
        elif not applied.is_declared:
            raise DeclarationError(
                f"{declaration.name}: there is a schedule {declared.title} that was made by hand. "
                f"Remove it: flyball schedules remove {declaration.name} {declared.title}"
            )
        elif differing := _differing(declared, applied):
            what = f"schedule {declared.title} is changed ({_said(declared)})"
            yield Step(what, partial(_change, applied, differing))
    for left in found.values():
        if left.is_declared:
            yield Step(f"schedule {left.name} is removed", partial(services.take_out, schedule=left))


def _said(declared: words.Schedule) -> str:
    what = f"{declared.kind}, promoted if better" if declared.promote else declared.kind
    what = f"{what} {declared.batch}" if declared.batch else what
    return f"{declared.times}, {_zone(declared)}: {what}"


def _zone(declared: words.Schedule) -> str:
    return declared.timezone or settings.TIME_ZONE


def _values(declared: words.Schedule) -> dict[str, Any]:
    return {
        "times": declared.times,
        "timezone": _zone(declared),
        "kind": declared.kind,
        "arguments": services.arguments_of(promote=declared.promote, batch=declared.batch),
    }


def _differing(declared: words.Schedule, applied: Schedule) -> dict[str, Any]:
    """The values that are to be written: one that fails is written as a whole, to be tried again."""
    values = _values(declared)
    return {name: value for name, value in values.items() if applied.fault or getattr(applied, name) != value}


def _create(endpoint: str, declared: words.Schedule) -> None:
    values = _values(declared)
    following = moments.read(values["times"], values["timezone"]).after(now())
    applied = endpoints.endpoint(endpoint)
    Schedule.objects.create(
        endpoint=applied, name=declared.title, is_declared=True, next_due_at=following, **values
    )


def _change(applied: Schedule, values: dict[str, Any]) -> None:
    """Other times count from now on; one that is paused stays so."""
    if values.keys() & {"times", "timezone"}:
        times = values.get("times", applied.times)
        following = moments.read(times, values.get("timezone", applied.timezone)).after(now())
        values |= {"next_due_at": None if applied.paused_at else following, "fault": ""}
    Schedule.objects.filter(pk=applied.pk).update(**values)
