"""Schedules of an endpoint: paused, and resumed."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from flyball.console.frame.page import Page, to
from flyball.control.schedules import selectors, services
from flyball.control.schedules.models import Schedule


class _Change(Page):
    roles = {"POST": "owner"}

    def schedule(self, endpoint: str, name: str) -> Schedule:
        """The schedule, for an owner."""
        return selectors.schedule(self.endpoint(endpoint).name, name)


class PauseSchedule(_Change):
    """``POST /endpoints/{endpoint}/schedules/{name}/pause``."""

    def post(self, request: HttpRequest, endpoint: str, name: str) -> HttpResponse:
        """Let it make no runs."""
        services.pause(schedule=self.schedule(endpoint, name))
        return to("flyball-endpoint", endpoint=endpoint)


class ResumeSchedule(_Change):
    """``POST /endpoints/{endpoint}/schedules/{name}/resume``."""

    def post(self, request: HttpRequest, endpoint: str, name: str) -> HttpResponse:
        """Let it make runs again."""
        services.resume(schedule=self.schedule(endpoint, name))
        return to("flyball-endpoint", endpoint=endpoint)
