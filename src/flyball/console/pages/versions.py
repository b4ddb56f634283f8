"""One version: what it is, what it learned from, how it is served."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from flyball.console.frame.page import Page
from flyball.console.pages.endpoints import crumbs, version_rows
from flyball.control.registry import selectors as registry
from flyball.control.routing import selectors as routing


class OneVersion(Page):
    """``GET /endpoints/{endpoint}/versions/{number}``."""

    template = "version.html"

    def get(self, request: HttpRequest, endpoint: str, number: int) -> HttpResponse:
        """The version on one page."""
        found = self.endpoint(endpoint)
        version = registry.version(endpoint, number)
        manifest = registry.manifest(version)
        context = {
            "title": str(version),
            "row": version_rows([version], routing.route(endpoint))[0],
            "facts": version.facts,
            "manifest": manifest,
            "may_promote": self.may(found.team.slug, "owner"),
        }
        return self.show(context, crumbs(endpoint))
