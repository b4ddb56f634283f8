"""Publishing a route: one row more, or a conflict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from django.db import IntegrityError, transaction

from flyball.control.declarations.models import Endpoint
from flyball.control.registry.selectors import version
from flyball.control.routing.models import RouteRevision
from flyball.domain.errors import Conflict
from flyball.domain.routing import Route

Kind = RouteRevision.Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteChange:
    """What a promotion or a rollback came to.

    ``revision`` is in force now; ``is_new`` says whether it was published for this: a version that is
    champion already needs none. ``dropped`` are the names that the champion before took and this one does
    not: callers may go on sending them, they are left out with a warning. ``required`` are those that
    callers could leave out before, and must send now.
    """

    revision: RouteRevision
    is_new: bool = True
    dropped: tuple[str, ...] = ()
    required: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The number of the A/B test that ends with a promotion, and why, in a sentence that a revision keeps.

    ``threshold`` is the winning arm's own, where it has one.
    """

    test: int
    reason: str
    threshold: float | None = None


def publish(*, route: Route, kind: Kind, reason: str, user: Any = None) -> RouteRevision:
    """Insert a route as its endpoint's next revision.

    The number is the lock: of all who read the same route and decided on it, one inserts its successor.
    Raises ``Conflict`` for everybody else, and ``UnknownVersion`` for a version that was removed meanwhile.
    """
    try:
        with transaction.atomic():
            _check_versions(route)
            return RouteRevision.objects.create(
                endpoint_id=route.endpoint,
                kind=kind,
                number=route.number,
                document=msgspec.to_builtins(route),
                reason=reason,
                created_by=user,
            )
    except IntegrityError:
        raise Conflict(f"The route of {route.endpoint} was changed by somebody else.") from None


def _check_versions(route: Route) -> None:
    """Raise ``UnknownVersion`` where somebody has removed a version since the route was composed."""
    Endpoint.objects.select_for_update().filter(name=route.endpoint).first()
    for arm in route.arms:
        version(route.endpoint, arm.version)


def check_expected(current: Route | None, expected: int | None) -> int:
    """The number of the next revision. Raises ``Conflict`` unless ``expected`` is the one in force.

    ``expected`` is the revision that the caller has seen: 0 before the first, ``None`` for any.
    """
    number = 0 if current is None else current.number
    if expected is not None and expected != number:
        raise Conflict(f"The route in force is revision {number}, not {expected}.")
    return number + 1
