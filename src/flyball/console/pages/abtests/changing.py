"""What changes an A/B test that runs: other weights, and its end; each first asked."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from flyball.console.frame.page import Page, is_text, to
from flyball.console.pages.abtests.all import abtest_crumbs
from flyball.console.pages.abtests.asked import said
from flyball.control.abtests import selectors, services
from flyball.control.abtests.asking import parse_share
from flyball.control.abtests.judging import standing
from flyball.control.abtests.models import ABTest
from flyball.control.abtests.strata import CHAMPION
from flyball.control.routing import selectors as routing
from flyball.control.routing.models import RouteRevision
from flyball.domain.errors import Conflict, InvalidInput, Problem

LONGEST = 120
"""Of a reason, in characters."""


class _Change(Page):
    """A form that changes the route of a test in force."""

    roles = {"GET": "owner", "POST": "owner"}
    sensitive = ("GET", "POST")
    verb = ""

    def get(self, request: HttpRequest, endpoint: str, number: int) -> HttpResponse:
        """What would change. Raises ``Conflict``, which becomes a page."""
        self.endpoint(endpoint)
        return self.page(selectors.abtest(endpoint, number))

    def page(self, test: ABTest, status: int = 200, **more: Any) -> HttpResponse:
        """The form."""
        route = routing.route(test.endpoint_id)
        stands = standing.standing(test)
        if route is None or stands["state"] != "running":
            raise Conflict(f"A/B test {test.number} of {test.endpoint_id} is not in force.")
        context = {
            "title": f"{self.verb} A/B test {test.number} of {test.endpoint_id}",
            "test": stands,
            "expected": route.number,
            "longest": LONGEST,
            **more,
        }
        return self.show(context, abtest_crumbs(test.endpoint_id, test.number), status)

    def reason(self, otherwise: str) -> str:
        """Why, as somebody wrote it."""
        text = self.request.POST.get("reason", "").strip()
        return (text if is_text(text) else "")[:LONGEST] or otherwise


class ReweighTest(_Change):
    """``GET`` and ``POST /endpoints/{endpoint}/tests/{number}/weights``."""

    template = "abtests/weights.html"
    verb = "Change the weights of"

    def post(self, request: HttpRequest, endpoint: str, number: int) -> HttpResponse:
        """Change them. Raises ``Conflict``, which becomes a page."""
        self.endpoint(endpoint)
        test = selectors.abtest(endpoint, number)
        try:
            shares = self._shares(test)
            services.reweigh(
                test=test,
                shares=shares,
                reason=self.reason(f"has other weights: {_written(shares)}"),
                kind=RouteRevision.Kind.TEST,
                expected=self.expected(),
                user=request.user,
            )
        except InvalidInput as error:
            faults = said(error.problems)
            return self.page(test, 422, fault=" ".join(faults.values()) or error.detail, sent=request.POST)
        return to("flyball-abtest", endpoint=endpoint, number=number)

    def _shares(self, test: ABTest) -> dict[str, float]:
        """Of each challenger in force. Raises ``InvalidInput``."""
        arms = [each["name"] for each in standing.standing(test)["arms"] if each["share"]]
        try:
            shares = {
                name: parse_share(self.request.POST.get(f"share.{name}", "").strip())
                for name in arms
                if name != CHAMPION
            }
        except ValueError as error:
            problem = Problem("/shares", "wrong_type", str(error))
            raise InvalidInput("The weights cannot be read.", problems=[problem]) from None
        if not 0 < sum(shares.values()) <= 0.99:
            message = "Challengers have from 0.01 % each to 99 % together; the champion has the rest."
            raise InvalidInput("They do not fit.", problems=[Problem("/shares", "out_of_range", message)])
        return shares


class StopTest(_Change):
    """``GET`` and ``POST /endpoints/{endpoint}/tests/{number}/stop``."""

    template = "abtests/stop.html"
    verb = "Stop"

    def post(self, request: HttpRequest, endpoint: str, number: int) -> HttpResponse:
        """Stop it. Raises ``Conflict``, which becomes a page."""
        self.endpoint(endpoint)
        services.stop(
            test=selectors.abtest(endpoint, number),
            reason=self.reason("is stopped"),
            expected=self.expected(),
            user=request.user,
        )
        return to("flyball-abtest", endpoint=endpoint, number=number)


def _written(shares: dict[str, float]) -> str:
    return ", ".join(f"{name} {share:.3g}" for name, share in shares.items())
