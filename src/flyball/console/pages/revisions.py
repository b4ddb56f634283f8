"""What answered when: the revisions of an endpoint's route, as a band and as a table."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from flyball.console.frame.page import LONGEST_NUMBER, Page
from flyball.console.frame.timeline import timeline
from flyball.console.pages.endpoints import crumbs
from flyball.control.routing import selectors
from flyball.domain.errors import NotFound

SHOWN = 50
"""Revisions of a page."""


class Revisions(Page):
    """``GET /endpoints/{endpoint}/revisions?before=…``: newest first."""

    template = "revisions.html"

    def get(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """A page of them; ``before`` is a revision's number."""
        name = self.endpoint(endpoint).name
        every = selectors.revisions(name).select_related("created_by")
        until = None
        if "before" in request.GET:
            later = selectors.revision(name, _number(request.GET["before"]))
            every, until = every.filter(number__lt=later.number), later.created_at
        found = list(every[: SHOWN + 1])
        address = reverse("flyball-revisions", args=[name])
        context = {
            "title": "What answered when",
            "name": name,
            "spans": timeline(found[:SHOWN], until),
            "older": f"{address}?before={found[SHOWN - 1].number}" if len(found) > SHOWN else None,
            "newest": address if until else None,
        }
        return self.show(context, crumbs(name))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER // 2):
        raise NotFound("There is no such page.")
    return int(text)
