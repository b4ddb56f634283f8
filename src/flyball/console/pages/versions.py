"""One version: what it is, what it learned from, how it is served; put aside, and removed."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from flyball.console.charts.builds import folds
from flyball.console.frame.charted import ChartedPage, Charts
from flyball.console.frame.page import Page, to
from flyball.console.pages.comparing import FOLDS, compare_crumbs
from flyball.console.pages.endpoints import version_rows
from flyball.control.datasets import selectors as datasets
from flyball.control.monitoring.loading import unloaded
from flyball.control.registry import selectors as registry
from flyball.control.registry.compiling import runtime_of
from flyball.control.registry.models import Version
from flyball.control.registry.side_by_side import fact, sizes
from flyball.control.routing import selectors as routing
from flyball.control.routing import services
from flyball.domain.routing import TESTED, Route
from flyball.domain.values import finite

SHOWN_FIELDS = 100
"""Fields on the page; the snapshot's page has all of them."""


class OneVersion(ChartedPage):
    """``GET`` and ``POST /endpoints/{endpoint}/versions/{number}``."""

    template = "version.html"

    def charts(self, *, endpoint: str, number: int) -> Charts:
        """The scores of its folds."""
        found = self.endpoint(endpoint)
        version = registry.version(endpoint, number)
        scores = {str(version.facts.get("candidate") or version): [finite(each) for each in _folds(version)]}
        return Charts(
            endpoint=found,
            of=f"versions/{number}",
            about=str(version),
            figures=[folds(str(version.facts.get("metric") or "score"), scores)],
            read={"version": version},
        )

    def page(self, charts: Charts) -> HttpResponse:
        """The version on one page."""
        version, endpoint = charts.read["version"], charts.endpoint.name
        route = routing.route(endpoint)
        manifest = registry.manifest(version)
        fields = manifest.schema.fields
        context = {
            "title": str(version),
            "row": version_rows([version], route)[0],
            "part": _part(version, route),
            "unloaded": unloaded([endpoint], version.number),
            "facts": version.facts,
            "figure": self.charted(charts)[0],
            "snapshot": datasets.known(endpoint, fact(version, "snapshot", "digest")),
            "environment": _environment(version),
            "folds": _folds(version),
            "proof": _proof(version),
            "runtime": runtime_of(version),
            "notes": (*manifest.weighing.sentences, *(manifest.finish.notes if manifest.finish else ())),
            "size": sizes({version.number: version.manifest})[version.number],
            "fields": fields[:SHOWN_FIELDS],
            "more_fields": len(fields[SHOWN_FIELDS:]),
            "is_routed": _is_routed(version, route),
            "may_download": self.may(charts.endpoint.team.slug, "member"),
            "may_change": self.may(charts.endpoint.team.slug, "owner"),
        }
        return self.show(context, compare_crumbs(endpoint))


class _Ending(Page):
    """A question, and what a yes does."""

    template = "confirm.html"
    roles = {"GET": "owner", "POST": "owner"}
    verb = ""
    consequence = ""

    def get(self, request: HttpRequest, endpoint: str, number: int) -> HttpResponse:
        """What would happen."""
        self.endpoint(endpoint)
        version = registry.version(endpoint, number)
        context = {
            "title": f"{self.verb} {version}?",
            "version": version,
            "verb": self.verb,
            "consequence": self.consequence,
            "is_routed": _is_routed(version, routing.route(endpoint)),
        }
        return self.show(context, compare_crumbs(endpoint))


class ArchiveVersion(_Ending):
    """``GET`` and ``POST /endpoints/{endpoint}/versions/{number}/archive``."""

    verb = "Archive"
    consequence = (
        "It stays whole, to be restored or promoted; what asks for the newest version passes over it."
    )

    def post(self, request: HttpRequest, endpoint: str, number: int) -> HttpResponse:
        """Put it aside. Raises ``Conflict``, which becomes a page."""
        self.endpoint(endpoint)
        services.archive_version(endpoint=endpoint, version=number)
        return to("flyball-version", endpoint=endpoint, number=number)


class RestoreVersion(Page):
    """``POST /endpoints/{endpoint}/versions/{number}/restore``."""

    roles = {"POST": "owner"}

    def post(self, request: HttpRequest, endpoint: str, number: int) -> HttpResponse:
        """Take it out of the archive."""
        self.endpoint(endpoint)
        services.restore_version(endpoint=endpoint, version=number)
        return to("flyball-version", endpoint=endpoint, number=number)


class RemoveVersion(_Ending):
    """``GET`` and ``POST /endpoints/{endpoint}/versions/{number}/remove``."""

    sensitive = ("GET", "POST")
    verb = "Remove"
    consequence = (
        "Its model, its golden rows and everything known of it go for good; its number is never given again. "
        "Its predictions and outcomes stay, and can be computed again no more; a rollback to it is refused."
    )

    def post(self, request: HttpRequest, endpoint: str, number: int) -> HttpResponse:
        """Remove it. Raises ``Conflict``, which becomes a page."""
        self.endpoint(endpoint)
        services.remove_version(endpoint=endpoint, version=number)
        return to("flyball-versions", endpoint=endpoint)


def _part(version: Version, route: Route | None) -> dict[str, Any] | None:
    """Its arms in the A/B test that runs, where it has any."""
    if route is None or route.test is None:
        return None
    tested = ("champion", *TESTED)
    arms = [each for each in route.arms if each.version == version.number and each.name in tested]
    return {"test": route.test.number, "arms": arms} if arms else None


def _is_routed(version: Version, route: Route | None) -> bool:
    return route is not None and version.number in {arm.version for arm in route.arms}


def _environment(version: Version) -> dict[str, Any]:
    """The code and the libraries, each by its name."""
    found = fact(version, "environment")
    known = dict(found) if isinstance(found, dict) else {}
    libraries = known.pop("libraries", {})
    return {
        "commit": known.pop("commit", None),
        "dirty": known.pop("dirty", None) is True,
        "others": known | (libraries if isinstance(libraries, dict) else {"libraries": libraries}),
    }


def _folds(version: Version) -> list[Any]:
    found = fact(version, "fold_scores")
    return found[:FOLDS] if isinstance(found, list) else []


def _proof(version: Version) -> dict[str, Any]:
    """What compiling has shown: numbers, or the reason why there are none."""
    found = fact(version, "compiling")
    return found if isinstance(found, dict) else {}
