"""``/ask``: what there is to ask."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from flyball.console.asking.languages import here
from flyball.console.frame.page import is_text
from flyball.console.frame.tags import words
from flyball.console.pages.asking.page import AskPage
from flyball.control.declarations import selectors as declarations
from flyball.control.routing import selectors as routing
from flyball.domain.asking.words import said

SHOWN = 50
"""Endpoints of a page."""


class AllAsks(AskPage):
    """``GET /ask?after=…``: a line for each endpoint that the reader may ask, by name."""

    template = "asking/all.html"
    roles = {"GET": "caller"}

    def get(self, request: HttpRequest) -> HttpResponse:
        """The questions."""
        after = request.GET.get("after", "")
        every = declarations.askable(self.actor).filter(name__gt=after if is_text(after) else "")
        names = list(every.order_by("name").values_list("name", flat=True)[: SHOWN + 1])
        asked = routing.questions(names[:SHOWN])
        context: dict[str, Any] = {
            "title": "",
            "questions": [
                {"name": name, "question": _said(asked[name]) or words(name)}
                for name in names[:SHOWN]
                if name in asked
            ],
            "following": names[SHOWN - 1] if len(names) > SHOWN else None,
        }
        return self.show(context)


def _said(published: Any) -> str:
    """The question in the page's language; a route of an earlier release has none."""
    pairs = published if isinstance(published, list) else []
    return said(tuple((str(code), str(text)) for code, text in pairs), here())
