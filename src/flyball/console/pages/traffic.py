"""One endpoint's charts over a day, a week or a month: a part of its page, which does not wait for it."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse

from flyball.console.charts.traffic import figures
from flyball.console.frame.charted import ChartedPage, Charts
from flyball.console.pages.endpoints import crumbs
from flyball.control.monitoring import history


class Traffic(ChartedPage):
    """``GET`` and ``POST /endpoints/{endpoint}/traffic``, ``?over=day``, ``week`` or ``month``."""

    template = "traffic.html"

    def charts(self, *, endpoint: str) -> Charts:
        """What was answered up to now, how fast, what was not, and of what the outcome is known."""
        found = self.endpoint(endpoint)
        over = self._over
        steps = history.steps(endpoint, over)
        known = history.coverage(endpoint, over, steps)
        promoted = history.promotions(endpoint, steps[0].start)
        until = steps[-1].start + timedelta(minutes=over.step)
        return Charts(
            endpoint=found,
            of=f"traffic/{over.name}",
            about=f"{endpoint}, until {until:%d %B %Y, %H:%M}; times in UTC",
            figures=figures(over, steps, known, promoted),
            read={},
        )

    def page(self, charts: Charts) -> HttpResponse:
        """The charts, as a part or as a page of their own."""
        context = {
            "title": f"Traffic of {charts.endpoint}",
            "part": "parts/traffic.html",
            "figures": self.charted(charts),
            "over": self._over.name,
            "spans": list(history.SPANS),
        }
        return self.show(context, crumbs(charts.endpoint.name))

    @property
    def address(self) -> str:
        """The page of the same span."""
        return f"{super().address}?over={self._over.name}"

    @property
    def _over(self) -> history.Span:
        return history.span(self.request.GET.get("over", history.DEFAULT))
