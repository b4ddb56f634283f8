"""One endpoint: who answers, what answered when, its versions and builds; promotion and rollback."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from flyball.console.bars import Bars
from flyball.console.page import Crumb, Page, to
from flyball.control.declarations.models import Endpoint
from flyball.control.monitoring import traffic
from flyball.control.registry import selectors as registry
from flyball.control.registry.models import Version
from flyball.control.routing import selectors, services
from flyball.control.schedules import selectors as schedules
from flyball.control.schedules.document import document
from flyball.domain.errors import ConfirmationNeeded
from flyball.domain.lifecycle import stage
from flyball.domain.routing import Route

SHOWN = 20
"""Rows of each table; the rest is a page of its own."""


def crumbs(endpoint: str) -> list[Crumb]:
    """The way to an endpoint's page."""
    return [("Endpoints", reverse("flyball-home")), (endpoint, reverse("flyball-endpoint", args=[endpoint]))]


def version_rows(versions: list[Version], route: Route | None) -> list[dict[str, Any]]:
    """Versions as a table shows them."""
    arms = () if route is None else route.arms
    return [
        {
            "version": each,
            "stage": stage(
                [arm.name for arm in arms if arm.version == each.number],
                archived=each.archived_at is not None,
            ),
        }
        for each in versions
    ]


class OneEndpoint(Page):
    """``GET /endpoints/{endpoint}``."""

    template = "endpoint.html"

    def get(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """The endpoint on one page."""
        found = self.endpoint(endpoint)
        route = selectors.route(endpoint)
        context = {
            "title": endpoint,
            "endpoint": found,
            "route": route,
            "bars": Bars(traffic.hourly([endpoint], 7 * 24)[endpoint]),
            "p50": traffic.latency([endpoint], 0.5)[endpoint],
            "p95": traffic.latency([endpoint], 0.95)[endpoint],
            "revisions": selectors.revisions(endpoint).select_related("created_by")[:SHOWN],
            "versions": version_rows(list(registry.versions(endpoint)[:SHOWN]), route),
            "schedules": [document(each) for each in schedules.schedules(endpoint)],
            "builds": registry.builds(endpoint)[:SHOWN],
            "may_build": self.may(found.team.slug, "owner"),
            "can_go_back": selectors.before_champion(endpoint) is not None,
        }
        return self.show(context, crumbs(endpoint)[:1])


class Promote(Page):
    """``GET`` and ``POST /endpoints/{endpoint}/promote/{number}``: first what changes, then the change."""

    template = "promote.html"
    roles = {"GET": "owner", "POST": "owner"}

    def get(self, request: HttpRequest, endpoint: str, number: int) -> HttpResponse:
        """What would change."""
        return self._page(self.endpoint(endpoint), registry.version(endpoint, number))

    def post(self, request: HttpRequest, endpoint: str, number: int) -> HttpResponse:
        """Promote; where there is a reason to ask, ask with it."""
        found = self.endpoint(endpoint)
        try:
            services.promote(
                endpoint=endpoint,
                version=number,
                expected=self.expected(),
                yes="yes" in request.POST,
                user=request.user,
            )
        except ConfirmationNeeded as asked:
            return self._page(found, registry.version(endpoint, number), asked.detail)
        return to("flyball-endpoint", endpoint=endpoint)

    def _page(self, endpoint: Endpoint, version: Version, asked: str = "") -> HttpResponse:
        route = selectors.route(endpoint.name)
        context = {
            "title": f"Promote {version}",
            "version": version,
            "champion": selectors.champion(endpoint.name),
            "expected": 0 if route is None else route.number,
            "asked": asked,
        }
        return self.show(context, crumbs(endpoint.name))


class Rollback(Page):
    """``GET`` and ``POST /endpoints/{endpoint}/rollback``."""

    template = "rollback.html"
    roles = {"GET": "owner", "POST": "owner"}

    def get(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """Which version would answer again."""
        self.endpoint(endpoint)
        route, earlier = selectors.route(endpoint), selectors.before_champion(endpoint)
        context = {
            "title": f"Roll back {endpoint}",
            "route": route,
            "earlier": earlier,
            "expected": 0 if route is None else route.number,
        }
        return self.show(context, crumbs(endpoint))

    def post(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """Roll back. Raises ``Conflict``, which becomes a page."""
        self.endpoint(endpoint)
        services.rollback(endpoint=endpoint, expected=self.expected(), user=request.user)
        return to("flyball-endpoint", endpoint=endpoint)
