"""The A/B tests of an endpoint, newest first; and the words that all of their pages have in common."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from flyball.console.frame.page import Crumb, Page
from flyball.console.frame.paging import some
from flyball.console.pages.endpoints import crumbs
from flyball.control.abtests import selectors
from flyball.control.abtests.wording.listing import summaries
from flyball.control.routing import selectors as routing


def abtest_crumbs(endpoint: str, number: int | None = None) -> list[Crumb]:
    """The way to what is below the tests of an endpoint, or below one of them."""
    found = [*crumbs(endpoint), ("A/B tests", reverse("flyball-abtests", args=[endpoint]))]
    if number is None:
        return found
    return [*found, (f"A/B test {number}", reverse("flyball-abtest", args=[endpoint, number]))]


class AllTests(Page):
    """``GET /endpoints/{endpoint}/tests?before=…``."""

    template = "abtests/all.html"

    def get(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """A page of them."""
        found, route = self.endpoint(endpoint), routing.route(endpoint)
        page = some(request, selectors.tests(endpoint), "number")
        may = self.may(found.team.slug, "owner") and found.retired_at is None
        context = {
            "title": f"A/B tests of {endpoint}",
            "endpoint": found,
            "page": page,
            "rows": summaries(endpoint, page.rows),
            "is_running": route is not None and route.test is not None,
            "may_start": may and route is not None,
        }
        return self.show(context, crumbs(endpoint))
