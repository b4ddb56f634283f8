"""``/``: every endpoint of the reader's teams, what comes in, and what needs attention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse

from flyball.console.page import Page
from flyball.control.declarations import selectors as declarations
from flyball.control.monitoring import traffic
from flyball.control.monitoring.attention import attention
from flyball.control.monitoring.overview import Standing, standings
from flyball.control.registry.models import Version

BAR = 6
"""How far apart bars are."""
HIGH = 16


@dataclass(frozen=True, slots=True)
class Bars:
    """Counts as bars: each with its place, and at least a line where there is none."""

    counts: Sequence[int]

    @property
    def each(self) -> list[tuple[int, int, int]]:
        """The left edge, the upper edge and the height of each."""
        heights = [max(1, round(HIGH * count / (self.most or 1))) for count in self.counts]
        return [(BAR * place, HIGH - height, height) for place, height in enumerate(heights)]

    @property
    def width(self) -> int:
        """All bars together."""
        return BAR * len(self.counts)

    @property
    def total(self) -> int:
        """The sum."""
        return sum(self.counts)

    @property
    def most(self) -> int:
        """The largest."""
        return max(self.counts, default=0)

    @property
    def hours(self) -> int:
        """How many there are."""
        return len(self.counts)


class Home(Page):
    """``GET /``."""

    template = "home.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Every endpoint in a row."""
        names = set(declarations.visible(self.actor).values_list("name", flat=True))
        standing = [each for each in standings() if each.endpoint in names]
        needed = [each for each in attention(standing) if each.endpoint is None or each.endpoint in names]
        context = {"rows": _rows(standing), "attention": needed, "part": "parts/endpoints.html"}
        return self.show({"title": "Endpoints", **context})


def _rows(standing: Sequence[Standing]) -> list[dict[str, Any]]:
    names = [each.endpoint for each in standing]
    hours, late = traffic.hourly(names), traffic.latency(names, 0.95)
    scores = _scores(standing)
    return [
        {
            "standing": each,
            "bars": Bars(hours[each.endpoint]),
            "p95": late[each.endpoint],
            "score": scores.get((each.endpoint, each.champion)),
        }
        for each in standing
    ]


def _scores(standing: Sequence[Standing]) -> dict[tuple[str | int, int | None], float | None]:
    """Of every champion, on the rows that were held out."""
    numbers = {each.champion for each in standing if each.champion}
    every = Version.objects.filter(endpoint_id__in=[each.endpoint for each in standing], number__in=numbers)
    return {
        (name, number): facts.get("held_out_score")
        for name, number, facts in every.values_list("endpoint_id", "number", "facts")
    }
