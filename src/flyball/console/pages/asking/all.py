"""``/ask``: what there is to ask."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from flyball.console.asking.languages import here
from flyball.console.frame.tags import words
from flyball.console.pages.asking.page import AskPage
from flyball.control.declarations import selectors as declarations
from flyball.control.routing import selectors as routing
from flyball.domain.asking.words import said

SHOWN = 200
"""Endpoints of the page."""


class AllAsks(AskPage):
    """``GET /ask``: a line for each endpoint that the reader may ask."""

    template = "asking/all.html"
    roles = {"GET": "caller"}

    def get(self, request: HttpRequest) -> HttpResponse:
        """The questions."""
        every = declarations.askable(self.actor).order_by("name")[:SHOWN]
        questions = [found for each in every if (found := _question(each.name))]
        return self.show({"title": "", "questions": questions})


def _question(name: str) -> dict[str, Any] | None:
    route = routing.route(name)
    if route is None:
        return None
    return {"name": name, "question": said(route.asking.question, here()) or words(name)}
