"""What changes with a promotion or a rollback, and then the change."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from flyball.console.frame.page import Page, to
from flyball.console.pages.endpoints import crumbs
from flyball.control.declarations.models import Endpoint
from flyball.control.registry import selectors as registry
from flyball.control.registry.models import Version
from flyball.control.routing import selectors, services
from flyball.domain.errors import ConfirmationNeeded


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
