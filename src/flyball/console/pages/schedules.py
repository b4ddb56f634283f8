"""Schedules: those of all of the reader's endpoints; paused, and resumed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse

from flyball.console.frame.page import Page, to
from flyball.console.frame.paging import some
from flyball.control.accounts.selectors import Actor
from flyball.control.schedules import selectors, services
from flyball.control.schedules.document import all_documents
from flyball.control.schedules.models import Schedule
from flyball.domain.schedules import in_words


def schedule_rows(actor: Actor, every: Iterable[Schedule]) -> list[dict[str, Any]]:
    """Schedules as a table shows them; their last runs are read in one query."""
    shown, owned = list(every), actor.teams("owner")
    return [
        {**row, "words": in_words(each.times), "may_change": each.endpoint.team.slug in owned}
        for each, row in zip(shown, all_documents(shown), strict=True)
    ]


class Schedules(Page):
    """``GET /schedules?before=…``: the earliest first."""

    template = "schedules.html"
    section = "flyball-schedules"

    def get(self, request: HttpRequest) -> HttpResponse:
        """A page of the schedules of the reader's endpoints."""
        page = some(request, selectors.visible(self.actor), "id", oldest_first=True)
        return self.show(
            {"title": "Schedules", "page": page, "schedules": schedule_rows(self.actor, page.rows)}
        )


class _Change(Page):
    roles = {"POST": "owner"}

    def schedule(self, endpoint: str, name: str) -> Schedule:
        """The schedule, for an owner."""
        return selectors.schedule(self.endpoint(endpoint).name, name)

    def back(self, endpoint: str) -> HttpResponse:
        """The page with the form."""
        if self.request.POST.get("page") == "schedules":
            return to("flyball-schedules")
        return to("flyball-endpoint", endpoint=endpoint)


class PauseSchedule(_Change):
    """``POST /endpoints/{endpoint}/schedules/{name}/pause``."""

    def post(self, request: HttpRequest, endpoint: str, name: str) -> HttpResponse:
        """Let it make no runs."""
        services.pause(schedule=self.schedule(endpoint, name))
        return self.back(endpoint)


class ResumeSchedule(_Change):
    """``POST /endpoints/{endpoint}/schedules/{name}/resume``."""

    def post(self, request: HttpRequest, endpoint: str, name: str) -> HttpResponse:
        """Let it make runs again."""
        services.resume(schedule=self.schedule(endpoint, name))
        return self.back(endpoint)
