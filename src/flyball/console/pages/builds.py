"""Builds: the leaderboard of one, and a new one, as a job."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from flyball.console.frame.page import Page, to
from flyball.console.pages.endpoints import crumbs
from flyball.control.registry import selectors as registry
from flyball.control.routing.building import build as ask


class Builds(Page):
    """``POST /endpoints/{endpoint}/builds``."""

    roles = {"POST": "owner"}

    def post(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """Ask for a build; its job's page shows how it goes."""
        self.endpoint(endpoint)
        return to("flyball-job", identity=ask(endpoint, user=request.user).pk)


class OneBuild(Page):
    """``GET /endpoints/{endpoint}/builds/{number}``."""

    template = "build.html"

    def get(self, request: HttpRequest, endpoint: str, number: int) -> HttpResponse:
        """The leaderboard."""
        found = self.endpoint(endpoint)
        build = registry.build(endpoint, number)
        context = {
            "title": f"Build {build.pk}",
            "build": build,
            "board": registry.leaderboard(build),
            "may_promote": self.may(found.team.slug, "owner"),
        }
        return self.show(context, crumbs(endpoint))
