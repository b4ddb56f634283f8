"""What answered when: the revisions of an endpoint's route, as a band and as a table."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from flyball.console.frame.page import Page
from flyball.console.frame.paging import some, whole
from flyball.console.frame.timeline import timeline
from flyball.console.pages.endpoints import crumbs
from flyball.control.routing import selectors


class Revisions(Page):
    """``GET /endpoints/{endpoint}/revisions?before=…``: newest first."""

    template = "revisions.html"

    def get(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """A page of them; ``before`` is a revision's number."""
        name = self.endpoint(endpoint).name
        later = whole(request.GET.get("before"))
        until = None if later is None else selectors.revision(name, later).created_at
        page = some(request, selectors.revisions(name).select_related("created_by"), "number")
        context = {
            "title": "What answered when",
            "name": name,
            "spans": timeline(page.rows, until),
            "page": page,
        }
        return self.show(context, crumbs(name))
