"""Builds: the newest of all endpoints, the leaderboard of one while it grows, and a new one, as a job."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from flyball.console.charts.builds import folds, search
from flyball.console.frame.charted import ChartedPage, Charts
from flyball.console.frame.page import Page, to
from flyball.console.frame.paging import some
from flyball.console.pages.endpoints import crumbs
from flyball.control.accounts.selectors import Actor
from flyball.control.declarations import selectors as declarations
from flyball.control.jobs import selectors as jobs
from flyball.control.jobs.models import Job
from flyball.control.registry import selectors as registry
from flyball.control.registry.models import Build, CandidateResult
from flyball.control.registry.side_by_side import sizes
from flyball.control.routing import selectors as routing
from flyball.control.routing.building import build as ask
from flyball.serving.forms import read_id


class AllBuilds(Page):
    """``GET /builds?before=…``: newest first."""

    template = "builds.html"
    section = "flyball-all-builds"

    def get(self, request: HttpRequest) -> HttpResponse:
        """A page of the builds of the reader's endpoints."""
        every = registry.builds_of(declarations.visible(self.actor).values("name"))
        page = some(request, every, "id")
        return self.show({"title": "Builds", "page": page, "part": "parts/builds.html"})


class Builds(Page):
    """``GET`` and ``POST /endpoints/{endpoint}/builds``."""

    template = "builds.html"
    roles = {"GET": "viewer", "POST": "owner"}

    def get(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """A page of the endpoint's builds, newest first."""
        found = self.endpoint(endpoint)
        page = some(request, registry.builds_of([found.name]), "id")
        context = {
            "title": f"Builds of {endpoint}",
            "endpoint": found,
            "page": page,
            "may_build": self.may(found.team.slug, "owner") and found.retired_at is None,
            "part": "parts/builds.html",
        }
        return self.show(context, crumbs(endpoint))

    def post(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """Ask for a build; its job's page shows how it goes."""
        self.endpoint(endpoint)
        return to("flyball-job", identity=ask(endpoint, user=request.user).pk)


class OneBuild(ChartedPage):
    """``GET`` and ``POST /endpoints/{endpoint}/builds/{number}``."""

    template = "build.html"

    def charts(self, *, endpoint: str, number: int) -> Charts:
        """What its folds have scored, and what its search has tried."""
        found = self.endpoint(endpoint)
        build = registry.build(endpoint, number)
        board = registry.leaderboard(build)
        scores = {each.name: each.fold_scores for each in board}
        return Charts(
            endpoint=found,
            of=f"builds/{number}",
            about=f"{build}; times in UTC",
            figures=[folds(build.metric, scores), search(build.metric, *registry.trials(build))],
            read={"build": build, "board": board},
        )

    def page(self, charts: Charts) -> HttpResponse:
        """The leaderboard, and how far the build is."""
        build, board = charts.read["build"], charts.read["board"]
        route = routing.route(charts.endpoint.name)
        context = {
            "title": f"Build {build.pk}",
            "build": build,
            "is_live": build.status not in jobs.ENDED,
            "job": _job(self.actor, build),
            "tried": registry.tried(build),
            "board": _board(build, board),
            "failed": [each for each in board if each.error],
            "ended": [each for each in board if each.ended],
            "champion": None if route is None else route.champion.version,
            "figures": self.charted(charts),
            "may_promote": self.may(charts.endpoint.team.slug, "owner"),
            "part": "parts/build.html",
        }
        return self.show(context, crumbs(charts.endpoint.name))


def _board(build: Build, board: list[CandidateResult]) -> list[dict[str, Any]]:
    """Candidates with the bytes of their models, and the versions that came of them."""
    known = sizes({each.pk: each.manifest for each in board})
    numbers = registry.registered(build)
    return [{"result": each, "size": known[each.pk], "version": numbers.get(each.pk)} for each in board]


def _job(actor: Actor, build: Build) -> Job | None:
    """The job that carries a build out, where it has one that is kept."""
    identity = read_id(str(build.arguments.get("job", "")))
    return jobs.visible(actor, jobs.jobs()).filter(pk=identity).first() if identity else None
