"""Reads: the tests of an endpoint, and the one in force."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from flyball.control.abtests.models import ABTest, Look
from flyball.control.declarations import selectors as endpoints
from flyball.control.routing import selectors as routing
from flyball.domain.errors import NotFound
from flyball.domain.routing import Route


def tests(endpoint: str) -> QuerySet[ABTest]:
    """The A/B tests of an endpoint, newest first."""
    return ABTest.objects.filter(endpoint_id=endpoint).order_by("-number")


def abtest(endpoint: str, number: int) -> ABTest:
    """One test. Raises ``NotFound``."""
    found = tests(endpoint).filter(number=number).first()
    if found is None:
        raise NotFound(f"{endpoint} has no A/B test {number}.")
    return found


def in_force(endpoint: str) -> ABTest | None:
    """The test by which units are assigned now."""
    return of_route(routing.route(endpoint))


def of_route(route: Route | None) -> ABTest | None:
    """The test of a route."""
    if route is None or route.test is None:
        return None
    return tests(route.endpoint).filter(number=route.test.number).first()


def running(endpoint: str) -> ABTest:
    """The same. Raises ``UnknownEndpoint``, and ``NotFound`` where none is in force."""
    found = in_force(endpoints.recorded(endpoint).name)
    if found is None:
        raise NotFound(f"No A/B test of {endpoint} runs.")
    return found


def newest(endpoint: str) -> ABTest:
    """The test in force, else the newest. Raises ``NotFound`` where there was none."""
    found = in_force(endpoint) or tests(endpoint).first()
    if found is None:
        raise NotFound(f"{endpoint} has had no A/B test.")
    return found


def due(moment: datetime, limit: int) -> list[ABTest]:
    """Tests that are to be looked at by a moment, those that wait longest first."""
    return list(ABTest.objects.filter(next_look_at__lte=moment).order_by("next_look_at")[:limit])


def looks(test: ABTest) -> list[Look]:
    """What looks at a test saw, the oldest first."""
    return list(Look.objects.filter(test=test).order_by("at"))
