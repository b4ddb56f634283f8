"""Writes: a version becomes a shadow, and is one no more; each is one route revision."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F, Max

from flyball.control.declarations import selectors as endpoints
from flyball.control.registry import selectors as registry
from flyball.control.routing import guards
from flyball.control.routing import selectors as routing
from flyball.control.routing.models import Outcome
from flyball.control.routing.publishing import Kind, RouteChange, check_expected
from flyball.control.routing.services import rearm
from flyball.control.shadows import selectors
from flyball.control.shadows.known import arm_of
from flyball.control.shadows.models import Shadow
from flyball.domain.errors import Conflict, NotFound
from flyball.domain.records import first_id, now
from flyball.domain.routing import Arm, Route


def add_shadow(
    *,
    endpoint: str,
    version: int,
    threshold: float | None = None,
    expected: int | None = None,
    user: Any = None,
) -> RouteChange:
    """Let a version answer what is predicted from now on, off the request's path; nobody gets its answers.

    It decides what the champion does, at its own ``threshold`` where that is given. It may need more than
    callers send: what lacks it is counted. ``expected`` is as for ``promote``. Raises ``UnknownVersion``,
    ``Conflict`` before the first promotion and where the version has an arm or is archived, and the errors
    of loading.
    """
    current = _route(endpoint, expected)
    if current is None:
        raise Conflict(f"{endpoint} has no champion to stand beside: promote a version first.")
    chosen = registry.version(endpoint, version)
    held = [arm.name for arm in current.arms if arm.version == version]
    if held:
        raise Conflict(f"{chosen} is {held[0]} already.")
    if chosen.archived_at is not None:
        raise Conflict(f"{chosen} is archived: restore it first.")
    if registry.manifest(chosen).task != current.task:
        raise Conflict(f"{chosen} is for another task than {endpoint}, {current.task}.")
    guards.prove(chosen)
    arms = (*current.arms, Arm("shadow", version, weight=0.0, threshold=threshold))
    with transaction.atomic():
        change = _rearmed(current, arms, f"version {version} became a shadow", user)
        _begin(endpoint, version, user)
    return change


def remove_shadow(
    *, endpoint: str, version: int, expected: int | None = None, user: Any = None
) -> RouteChange:
    """Ask a shadow no more. What it answered stays, and is added to should it become one again.

    Raises ``NotFound`` where the version is no shadow, ``Conflict`` where the route has changed.
    """
    current = _route(endpoint, expected)
    arm = None if current is None else arm_of(current, version)
    if current is None or arm is None:
        raise NotFound(f"{endpoint}@{version} is no shadow.")
    arms = tuple(each for each in current.arms if each != arm)
    with transaction.atomic():
        change = _rearmed(current, arms, f"version {version} is a shadow no more", user)
        selectors.shadows(endpoint).filter(version=version).update(ended_at=now(), turn=F("turn") + 1)
    return change


def _route(endpoint: str, expected: int | None) -> Route | None:
    endpoints.endpoint(endpoint)
    current = routing.route(endpoint)
    check_expected(current, expected)
    return current


def _rearmed(current: Route, arms: tuple[Arm, ...], reason: str, user: Any) -> RouteChange:
    return rearm(
        endpoint=current.endpoint,
        arms=arms,
        test=current.test,
        expected=current.number,
        kind=Kind.ARMS,
        reason=reason,
        user=user,
    )


def _begin(endpoint: str, version: int, user: Any) -> None:
    """From here on: an earlier part of its life keeps its sums, and nobody asks about the time between."""
    here = first_id(now())
    newest = Outcome.objects.filter(endpoint=endpoint).aggregate(newest=Max("id"))["newest"]
    fresh = {"cursor": here, "floor": here, "begun": 0, "ended_at": None, "asked_by": user}
    row, is_new = Shadow.objects.get_or_create(
        endpoint_id=endpoint, version=version, defaults={**fresh, "outcome_cursor": newest or 0}
    )
    if not is_new:
        Shadow.objects.filter(pk=row.pk).update(**fresh, turn=F("turn") + 1)
