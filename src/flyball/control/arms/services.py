"""Writes: which version answers where an arm fails or is too late."""

from __future__ import annotations

from typing import Any

from flyball.control.declarations import selectors as endpoints
from flyball.control.routing import selectors
from flyball.control.routing import services as routing
from flyball.control.routing.models import RouteRevision
from flyball.control.routing.publishing import check_expected
from flyball.control.routing.services import RouteChange
from flyball.domain.errors import Conflict, InvalidInput, Problem
from flyball.domain.routing import FALLBACK, Arm, Route

SHORTEST, LONGEST = 0.001, 60.0
"""Deadlines (seconds)."""


def set_fallback(
    *,
    endpoint: str,
    version: int,
    deadline: float | None = None,
    expected: int | None = None,
    user: Any = None,
) -> RouteChange:
    """Have a version answer where an arm fails, or has not answered ``deadline`` seconds after the call came.

    Without a deadline only where it fails. A test that runs goes on. ``expected`` is the revision that the
    caller has seen in force. Raises ``InvalidInput`` for the champion's own version and for a deadline that
    is none, ``Conflict`` without a champion, or where the version refuses what the champion answers
    or the route has changed, ``UnknownEndpoint``, ``Retired``, ``UnknownVersion``; the errors of loading.
    """
    current = _route(endpoint, expected)
    _check(current, version, deadline)
    said = "" if deadline is None else f" after {deadline:g} s"
    arm = Arm(FALLBACK, version, deadline=deadline)
    return _put(current, arm, f"fallback: version {version}{said}", user)


def remove_fallback(*, endpoint: str, expected: int | None = None, user: Any = None) -> RouteChange:
    """Have no version answer in another arm's place; no revision where none does.

    Raises ``Conflict`` without a champion, or where the route has changed, ``UnknownEndpoint``,
    ``Retired``.
    """
    return _put(_route(endpoint, expected), None, "no fallback", user)


def _route(endpoint: str, expected: int | None) -> Route:
    endpoints.endpoint(endpoint)
    current = selectors.route(endpoint)
    check_expected(current, expected)
    if current is None:
        raise Conflict(f"{endpoint} has no champion yet; promote a version first.")
    return current


def _put(current: Route, arm: Arm | None, reason: str, user: Any) -> RouteChange:
    before = current.fallback
    if _said(before) == _said(arm):
        revision = selectors.revision(current.endpoint, current.number)
        return RouteChange(revision=revision, is_new=False)
    others = tuple(each for each in current.arms if each != before)
    return routing.rearm(
        endpoint=current.endpoint,
        arms=others if arm is None else (*others, arm),
        test=current.test,
        expected=current.number,
        kind=RouteRevision.Kind.ARMS,
        reason=reason,
        user=user,
    )


def _said(arm: Arm | None) -> tuple[int, float | None] | None:
    return None if arm is None else (arm.version, arm.deadline)


def _check(current: Route, version: int, deadline: float | None) -> None:
    problems = []
    if version == current.champion.version:
        said = "It is the champion itself: where that fails, it fails again."
        problems.append(Problem("/version", "conflict", said))
    if deadline is not None and not SHORTEST <= deadline <= LONGEST:
        said = f"A deadline is from {SHORTEST:g} to {LONGEST:g} seconds."
        problems.append(Problem("/deadline", "out_of_range", said))
    if problems:
        raise InvalidInput("The fallback cannot be set so.", problems=problems)
