"""``/``: every endpoint of the reader's teams, what comes in, and what needs attention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse

from flyball.console.frame.bars import Bars
from flyball.console.frame.page import Page, is_text, to
from flyball.control.declarations import selectors as declarations
from flyball.control.declarations.models import Endpoint
from flyball.control.monitoring import traffic
from flyball.control.monitoring.attention import attention
from flyball.control.monitoring.overview import Standing, standings
from flyball.control.registry.models import Version

SHOWN = 50
"""Endpoints of a page."""
NEEDED = 20
"""Lines of what needs attention; ``flyball status`` has all."""


class Home(Page):
    """``GET /?after=…``: a page of endpoints, by name."""

    template = "home.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """An endpoint in a row; what needs attention is said of all."""
        mine, teams = declarations.visible(self.actor), self.actor.teams("viewer")
        if not teams and self.actor.teams("caller"):
            return to("flyball-asks")  # a caller reads nothing else
        needed = attention(mine, teams=teams)
        after = request.GET.get("after", "")
        names = _names(mine.filter(retired_at=None), after)
        context = {
            "title": "Endpoints",
            "rows": _rows(standings(names[:SHOWN])),
            "following": names[SHOWN - 1] if len(names) > SHOWN else None,
            "after": after,
            "attention": needed[:NEEDED],
            "left_out": len(needed[NEEDED:]),
            "reads": bool(teams),
            "part": "parts/endpoints.html",
        }
        return self.show(context)


def _names(mine: QuerySet[Endpoint], after: str) -> list[str]:
    """Of a page, and one more where there is one."""
    if not is_text(after):
        return []  # no endpoint is called so, and PostgreSQL refuses to look for it
    return list(mine.filter(name__gt=after).order_by("name").values_list("name", flat=True)[: SHOWN + 1])


def _rows(standing: Sequence[Standing]) -> list[dict[str, Any]]:
    names = [each.endpoint for each in standing]
    paces, late = traffic.paces(names), traffic.latency(names, 0.95, hours=1)
    scores = _scores(standing)
    return [
        {
            "standing": each,
            "answers": Bars(paces[each.endpoint].answers),
            "means": Bars(paces[each.endpoint].means),
            "p95": late[each.endpoint],
            "score": scores.get((each.endpoint, each.champion)),
        }
        for each in standing
    ]


def _scores(standing: Sequence[Standing]) -> dict[tuple[str | int, int | None], float | None]:
    """Of every champion, on the rows that were held out."""
    champions = Q(pk__in=[])
    for each in standing:
        if each.champion is not None:
            champions |= Q(endpoint=each.endpoint, number=each.champion)
    every = Version.objects.filter(champions)
    return {
        (name, number): score
        for name, number, score in every.values_list("endpoint_id", "number", "facts__held_out_score")
    }
