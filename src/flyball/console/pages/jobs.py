"""Jobs: what is under way and what has ended; one with its log; its end before its time, and another try."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from flyball.console.frame.page import Page, is_text, to
from flyball.console.frame.paging import some
from flyball.control.declarations import selectors as declarations
from flyball.control.jobs import kinds, selectors, services
from flyball.control.jobs.models import Job
from flyball.control.jobs.running import LONGEST_LOG
from flyball.domain.errors import NotFound
from flyball.domain.records import now
from flyball.serving.forms import read_id

ASKED = ("status", "kind", "endpoint")
"""What jobs are looked for by."""
NAMED = 200
"""Endpoints that the box for one proposes."""


class Jobs(Page):
    """``GET /jobs?status=…&kind=…&endpoint=…&before=…``: newest first."""

    template = "jobs.html"
    section = "flyball-jobs"

    def get(self, request: HttpRequest) -> HttpResponse:
        """A page of the jobs of the reader's teams. Raises as the selectors do."""
        asked = {name: request.GET[name] for name in ASKED if request.GET.get(name)}
        if not all(map(is_text, asked.values())):
            raise NotFound("There is no such page.")
        if "endpoint" in asked:
            self.endpoint(asked["endpoint"])
        every = selectors.visible(self.actor, selectors.jobs(**asked)).defer("log", "result", "arguments")
        context = {
            "title": "Jobs",
            "page": some(request, every, "id", read=_id),
            "asked": asked,
            "statuses": Job.Status.values,
            "kinds": sorted(kinds.KINDS),
            "names": declarations.visible(self.actor).order_by("name").values_list("name", flat=True)[:NAMED],
            "part": "parts/jobs.html",
        }
        return self.show(context)


class OneJob(Page):
    """``GET /jobs/{identity}``."""

    template = "job.html"
    section = "flyball-jobs"

    def get(self, request: HttpRequest, identity: UUID) -> HttpResponse:
        """How far it is, what it says, what came of it."""
        job = selectors.visible_job(self.actor, identity, "viewer")
        context = {
            "title": f"{job.kind} of {job.endpoint_id}".capitalize()
            if job.endpoint_id
            else job.kind.capitalize(),
            "job": job,
            "is_live": job.status not in selectors.ENDED,
            "is_unnoticed": selectors.is_unnoticed(job),
            "is_put_off": job.status == Job.Status.QUEUED and job.due_at > now(),
            "is_cut": len(job.log) >= LONGEST_LOG,
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


def _id(text: str | None) -> UUID | None:
    if text is None:
        return None
    found = read_id(text)
    if found is None:
        raise NotFound("There is no such page.")
    return found
