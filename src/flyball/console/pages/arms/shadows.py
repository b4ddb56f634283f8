"""Shadows of an endpoint: which there are, how far each agrees with what answered; made, and taken out."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from flyball.console.charts.shadows import over_time
from flyball.console.frame.charted import ChartedPage, Charts
from flyball.console.frame.page import Crumb, Page, to
from flyball.console.frame.paging import is_number
from flyball.console.pages.endpoints import crumbs
from flyball.control.registry import selectors as registry
from flyball.control.routing import selectors as routing
from flyball.control.shadows import selectors, services
from flyball.domain.errors import InvalidInput, Problem

OFFERED = 50
"""Versions that may become a shadow, the newest."""


class Shadows(Page):
    """``GET`` and ``POST /endpoints/{endpoint}/shadows``."""

    template = "shadows.html"
    roles = {"GET": "viewer", "POST": "owner"}

    def get(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """All of them, and a form for one more."""
        found = self.endpoint(endpoint)
        route = routing.route(endpoint)
        armed = set() if route is None else {arm.version for arm in route.arms}
        offered = registry.versions(endpoint).filter(archived_at=None).exclude(number__in=armed)
        context = {
            "title": f"Shadows of {endpoint}",
            "endpoint": found,
            "route": route,
            "shadows": selectors.documents(endpoint),
            "offered": offered.values_list("number", flat=True)[:OFFERED] if route else [],
            "may_change": self.may(found.team.slug, "owner"),
        }
        return self.show(context, crumbs(endpoint))

    def post(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """Let a version answer beside. Raises ``Conflict``, which becomes a page."""
        self.endpoint(endpoint)
        sent = request.POST.get("version", "")
        if not is_number(sent):
            problem = Problem("/version", "wrong_type", "Expected the number of a version.")
            raise InvalidInput("The form does not fit: open its page again.", problems=[problem])
        services.add_shadow(endpoint=endpoint, version=int(sent), expected=self.expected(), user=request.user)
        return to("flyball-shadows", endpoint=endpoint)


class OneShadow(ChartedPage):
    """``GET`` and ``POST /endpoints/{endpoint}/shadows/{version}``."""

    template = "shadow.html"

    def charts(self, *, endpoint: str, number: int) -> Charts:
        """How it agreed over time."""
        found = self.endpoint(endpoint)
        row = selectors.shadow(endpoint, number)
        return Charts(
            endpoint=found,
            of=f"shadows/{number}",
            about=f"{endpoint}@{number} as a shadow; times in UTC",
            figures=[over_time(selectors.hours(row), is_value=found.task == "regression")],
            read={"row": row},
        )

    def page(self, charts: Charts) -> HttpResponse:
        """One shadow on one page."""
        endpoint, row = charts.endpoint.name, charts.read["row"]
        route = routing.route(endpoint)
        context: dict[str, Any] = {
            "title": f"{endpoint}@{row.version} as a shadow",
            "shadow": selectors.document(row, route),
            "expected": 0 if route is None else route.number,
            "figure": self.charted(charts)[0],
            "may_change": self.may(charts.endpoint.team.slug, "owner"),
        }
        return self.show(context, shadow_crumbs(endpoint))


class RemoveShadow(Page):
    """``POST /endpoints/{endpoint}/shadows/{version}/remove``."""

    roles = {"POST": "owner"}

    def post(self, request: HttpRequest, endpoint: str, number: int) -> HttpResponse:
        """Ask it no more. Raises ``Conflict``, which becomes a page."""
        self.endpoint(endpoint)
        services.remove_shadow(endpoint=endpoint, version=number, expected=self.expected(), user=request.user)
        return to("flyball-shadow", endpoint=endpoint, number=number)


def shadow_crumbs(endpoint: str) -> list[Crumb]:
    """The way to the page of all shadows."""
    return [*crumbs(endpoint), ("Shadows", reverse("flyball-shadows", args=[endpoint]))]
