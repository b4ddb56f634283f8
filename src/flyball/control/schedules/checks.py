"""Declared schedules as Django system checks: what only the project and this machine know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage

from flyball.control.declarations import checks as declarations
from flyball.control.declarations import discovery
from flyball.control.jobs.kinds import KINDS
from flyball.control.schedules import moments
from flyball.domain.declaration import Endpoint, Fault, declared
from flyball.domain.errors import InvalidInput


def check_schedules(app_configs: Sequence[AppConfig] | None = None, **options: Any) -> list[CheckMessage]:
    """Every fault of the schedules of declarations that are in order by themselves."""
    discovery.load()
    return [message for endpoint in declared() for message in check(endpoint)]


def check(endpoint: type[Endpoint]) -> list[CheckMessage]:
    """The faults of one declaration's schedules, where reading it alone finds none."""
    if declarations.check(endpoint):
        return []
    return [declarations.message_of(endpoint, fault) for fault in _faults(endpoint)]


def _faults(endpoint: type[Endpoint]) -> Iterator[Fault]:
    for schedule in endpoint.schedules:
        place = f"({schedule.title})"
        try:
            zone = moments.read_zone(schedule.timezone or "UTC")
        except InvalidInput as error:
            yield Fault("E031", "schedules", f"has an unknown time zone {place}", error.problems[0].message)
            continue
        try:
            moments.read_times(schedule.times, zone)
        except InvalidInput as error:
            yield Fault("E030", "schedules", f"has times that cannot be {place}", error.problems[0].message)
        known = [name for name, kind in KINDS.items() if kind.is_recurring]
        if schedule.kind not in known:
            hint = f"Use one of {', '.join(sorted(known))}."
            yield Fault("E032", "schedules", f"has an unknown kind of job {place}", hint)
