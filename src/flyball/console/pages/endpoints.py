"""One endpoint: who answers, what answered when and last, its versions, builds and schedules."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from flyball.console.frame.bars import Bars
from flyball.console.frame.page import Crumb, Page
from flyball.console.frame.predicted import rows
from flyball.console.frame.timeline import timeline
from flyball.console.pages.calling import calling
from flyball.console.pages.schedules import schedule_rows
from flyball.control.abtests import selectors as abtests
from flyball.control.abtests.wording.listing import summaries
from flyball.control.monitoring import history, recorded, traffic
from flyball.control.monitoring.loading import unloaded
from flyball.control.monitoring.recorded import Search
from flyball.control.registry import selectors as registry
from flyball.control.registry.models import Version
from flyball.control.routing import selectors
from flyball.control.schedules import selectors as schedules
from flyball.domain.lifecycle import stage
from flyball.domain.routing import Route

SHOWN = 20
"""Rows of each table; the rest is a page of its own."""
LATEST = 10
"""Predictions, the newest."""


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
        revisions = list(selectors.revisions(endpoint).select_related("created_by")[: SHOWN + 1])
        context = {
            "title": endpoint,
            "endpoint": found,
            "route": route,
            "test": running(route),
            "unloaded": unloaded([endpoint]),
            "over": history.span(request.GET.get("over", history.DEFAULT)).name,
            "bars": Bars(traffic.hourly([endpoint])[endpoint]),
            "p50": traffic.latency([endpoint], 0.5)[endpoint],
            "p95": traffic.latency([endpoint], 0.95)[endpoint],
            "spans": timeline(revisions[:SHOWN]),
            "has_older": len(revisions) > SHOWN,
            **_calling(request, route),
            "rows": rows(recorded.search(Search(endpoints=[endpoint]), LATEST).predictions),
            "versions": version_rows(list(registry.versions(endpoint)[:SHOWN]), route),
            "schedules": schedule_rows(self.actor, schedules.schedules(endpoint)),
            "builds": registry.builds(endpoint)[:SHOWN],
            "may_build": self.may(found.team.slug, "owner"),
            "can_go_back": selectors.before_champion(endpoint) is not None,
        }
        return self.show(context, crumbs(endpoint)[:1])


def running(route: Route | None) -> dict[str, Any] | None:
    """The A/B test of a route, as its endpoint's page shows it: two queries, where there is one."""
    test = abtests.of_route(route)
    return None if route is None or test is None else summaries(route.endpoint, [test])[0]


def _calling(request: HttpRequest, route: Route | None) -> dict[str, Any]:
    if route is None:
        return {}
    champion = registry.version(route.endpoint, route.champion.version)
    return calling(request, route, registry.manifest(champion))
