"""One endpoint's charts over a day, a week or a month: a part of its page, which does not wait for it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from flyball.console.charts.traffic import figures
from flyball.console.frame.page import Page
from flyball.console.pages.endpoints import crumbs
from flyball.control.monitoring import history


class Traffic(Page):
    """``GET /endpoints/{endpoint}/traffic``, ``?over=day``, ``week`` or ``month``."""

    template = "traffic.html"

    def get(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """The charts, as a part or as a page of their own."""
        self.endpoint(endpoint)
        over = history.span(request.GET.get("over", history.DEFAULT))
        steps = history.steps(endpoint, over)
        known = history.coverage(endpoint, over, steps)
        promoted = history.promotions(endpoint, steps[0].start)
        context = {
            "title": f"Traffic of {endpoint}",
            "part": "parts/traffic.html",
            "figures": figures(over, steps, known, promoted),
            "over": over.name,
            "spans": list(history.SPANS),
        }
        return self.show(context, crumbs(endpoint))
