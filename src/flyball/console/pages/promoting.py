"""What changes with a promotion or a rollback, and then the change."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from flyball.console.frame.page import Page, to
from flyball.console.pages.endpoints import crumbs
from flyball.control.jobs.models import Job
from flyball.control.jobs.selectors import ENDED, is_unnoticed
from flyball.control.registry import selectors as registry
from flyball.control.registry.models import Version
from flyball.control.routing import guards, selectors, services
from flyball.control.routing.foreseeing import asking, changes
from flyball.control.routing.foreseeing.effect import foreseen
from flyball.domain.errors import ConfirmationNeeded, Conflict, FlyballError
from flyball.domain.routing import Route


class _Change(Page):
    """What both pages show of a version that would answer."""

    roles = {"GET": "owner", "POST": "owner"}
    is_rollback = False

    def context(self, version: Version, route: Route | None) -> dict[str, Any]:
        """Scores, fields, decisions, and the effect where it has been asked for."""
        name = version.endpoint_id
        champion = None if route is None else registry.version(name, route.champion.version)
        job = asking.last_effect(version, rollback=self.is_rollback)
        return {
            "version": version,
            "champion": champion,
            "expected": 0 if route is None else route.number,
            "selection": guards.selection(name),
            **self._following(version),
            "part": "parts/effect.html",
            "asks": reverse(
                "flyball-rollback-effect" if self.is_rollback else "flyball-promote-effect",
                args=[name] if self.is_rollback else [name, version.number],
            ),
            **effect_context(job, route),
        }

    def _following(self, version: Version) -> dict[str, Any]:
        try:
            following = foreseen(version, rollback=self.is_rollback)
        except FlyballError as error:
            return {"obstacle": error.detail}
        return {
            "fields": changes.field_changes(following),
            "required": following.required,
            "decisions": changes.decisions(following),
        }


def effect_context(job: Job | None, route: Route | None) -> dict[str, Any]:
    """A job of kind ``effect`` as its part of the page shows it."""
    if job is None:
        return {"job": None, "starts": True}
    number = 0 if route is None else route.number
    is_live = job.status not in ENDED
    is_done = job.status == Job.Status.SUCCEEDED
    is_old = is_done and job.result.get("revision") != number
    return {
        "job": job,
        "is_live": is_live,
        "starts": is_old,
        "waits": is_unnoticed(job),
        "effect": job.result if is_done else None,
        "is_old": is_old,
        "examples": asking.examples(job) if is_done else [],
    }


class Promote(_Change):
    """``GET`` and ``POST /endpoints/{endpoint}/promote/{number}``: first what changes, then the change."""

    template = "promote.html"

    def get(self, request: HttpRequest, endpoint: str, number: int) -> HttpResponse:
        """What would change."""
        self.endpoint(endpoint)
        return self._page(registry.version(endpoint, number))

    def post(self, request: HttpRequest, endpoint: str, number: int) -> HttpResponse:
        """Promote; where there is a reason to ask, ask with it."""
        self.endpoint(endpoint)
        try:
            services.promote(
                endpoint=endpoint,
                version=number,
                expected=self.expected(),
                yes="yes" in request.POST,
                user=request.user,
            )
        except ConfirmationNeeded as asked:
            return self._page(registry.version(endpoint, number), asked.detail)
        return to("flyball-endpoint", endpoint=endpoint)

    def _page(self, version: Version, asked: str = "") -> HttpResponse:
        context = self.context(version, selectors.route(version.endpoint_id))
        context |= {"title": f"Promote {version}", "asked": asked}
        return self.show(context, crumbs(version.endpoint_id))


class Rollback(_Change):
    """``GET`` and ``POST /endpoints/{endpoint}/rollback``."""

    template = "rollback.html"
    is_rollback = True

    def get(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """Which version would answer again, and what changes."""
        self.endpoint(endpoint)
        context: dict[str, Any] = {"title": f"Roll back {endpoint}", "name": endpoint}
        if version := _earlier(endpoint):
            context |= self.context(version, selectors.route(endpoint))
        return self.show(context, crumbs(endpoint))

    def post(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """Roll back. Raises ``Conflict``, which becomes a page."""
        self.endpoint(endpoint)
        services.rollback(endpoint=endpoint, expected=self.expected(), user=request.user)
        return to("flyball-endpoint", endpoint=endpoint)


class PromoteEffect(Page):
    """``POST /endpoints/{endpoint}/promote/{number}/effect``: ask for it, as a job."""

    roles = {"POST": "owner"}

    def post(self, request: HttpRequest, endpoint: str, number: int) -> HttpResponse:
        """The page that shows it once it is known."""
        self.endpoint(endpoint)
        asking.ask_effect(version=registry.version(endpoint, number), user=request.user)
        return to("flyball-promote", endpoint=endpoint, number=number)


class RollbackEffect(Page):
    """``POST /endpoints/{endpoint}/rollback/effect``."""

    roles = {"POST": "owner"}

    def post(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """The same for a rollback. Raises ``Conflict`` where there is nothing to go back to."""
        self.endpoint(endpoint)
        version = _earlier(endpoint)
        if version is None:
            raise Conflict(f"{endpoint} has no earlier champion to go back to.")
        asking.ask_effect(version=version, rollback=True, user=request.user)
        return to("flyball-rollback", endpoint=endpoint)


def _earlier(endpoint: str) -> Version | None:
    earlier = selectors.before_champion(endpoint)
    return None if earlier is None else registry.version(endpoint, earlier.champion.version)
