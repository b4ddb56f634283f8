"""Jobs: what is under way and what has ended; one with its log; its end before its time, and another try."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from flyball.console.frame.page import Page, to
from flyball.control.jobs import selectors, services
from flyball.control.jobs.models import Job
from flyball.domain.errors import NotFound
from flyball.serving.forms import read_id

SHOWN = 50
"""Jobs of a page."""


class Jobs(Page):
    """``GET /jobs?before=…``: newest first."""

    template = "jobs.html"
    section = "flyball-jobs"

    def get(self, request: HttpRequest) -> HttpResponse:
        """A page of the jobs of the reader's teams."""
        every = selectors.visible(self.actor, selectors.jobs())
        before = request.GET.get("before")
        if before is not None:
            every = every.filter(pk__lt=_id(before))
        found = list(every[: SHOWN + 1])
        older = f"{reverse('flyball-jobs')}?before={found[SHOWN - 1].pk}" if len(found) > SHOWN else None
        context = {"title": "Jobs", "jobs": found[:SHOWN], "older": older, "part": "parts/jobs.html"}
        return self.show(context)


class OneJob(Page):
    """``GET /jobs/{identity}``."""

    template = "job.html"
    section = "flyball-jobs"

    def get(self, request: HttpRequest, identity: UUID) -> HttpResponse:
        """How far it is, what it says, what came of it."""
        job = selectors.visible_job(self.actor, identity, "viewer")
        context = {
            "title": f"{job.kind} {str(job.pk)[:18]}",
            "job": job,
            "is_live": job.status not in selectors.ENDED,
            "may_change": self.may(job.team.slug, "owner"),
            "part": "parts/job.html",
        }
        return self.show(context, [("Jobs", reverse("flyball-jobs"))])


class _Change(Page):
    roles = {"POST": "owner"}
    section = "flyball-jobs"

    def job(self, identity: UUID) -> Job:
        """The job, for an owner."""
        return selectors.visible_job(self.actor, identity, "owner")


class CancelJob(_Change):
    """``POST /jobs/{identity}/cancel``."""

    def post(self, request: HttpRequest, identity: UUID) -> HttpResponse:
        """End it."""
        services.cancel(job=self.job(identity))
        return to("flyball-job", identity=identity)


class RetryJob(_Change):
    """``POST /jobs/{identity}/retry``."""

    def post(self, request: HttpRequest, identity: UUID) -> HttpResponse:
        """Ask for it again."""
        services.retry(job=self.job(identity))
        return to("flyball-job", identity=identity)


def _id(text: str) -> UUID:
    found = read_id(text)
    if found is None:
        raise NotFound("There is no such page.")
    return found
