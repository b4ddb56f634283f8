"""Jobs: how far each is, its end before its time, and another try."""

from __future__ import annotations

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from flyball.api.described import documents
from flyball.api.described.operations import LIMIT, Query, described, listed
from flyball.api.view import ManagementView, actor, body, page
from flyball.control.jobs import selectors, services
from flyball.control.jobs.document import document
from flyball.control.jobs.models import Job
from flyball.domain.errors import NotFound, UnknownEndpoint
from flyball.domain.schema import Schema
from flyball.serving.forms import is_clean, read_id

QUERY: Query = {
    "endpoint": {"type": "string"},
    "status": {"type": "string", "enum": list(Job.Status.values)},
    "before": {"type": "string", "format": "uuid", "description": "The last one's id of the page before."},
    "limit": LIMIT,
}


class Jobs(ManagementView):
    """``GET /api/jobs?endpoint=income&status=running``."""

    roles = {"GET": "viewer"}

    @described(listed("jobs", documents.Job), query=QUERY)
    def get(self, request: Request) -> Response:
        """A page of the jobs of the actor's teams, newest first; ``before`` is an id."""
        every = selectors.jobs(self._endpoint(request), request.query_params.get("status"))
        every = selectors.visible(actor(request), every)
        return Response({"jobs": [document(job) for job in page(request, every, "id", read_id, "an id")]})

    def _endpoint(self, request: Request) -> str | None:
        name = request.query_params.get("endpoint")
        if name is None:
            return None
        if not is_clean(name):
            raise UnknownEndpoint
        return self.endpoint(request, name).name


class OneJob(ManagementView):
    """``GET /api/jobs/{identity}``."""

    roles = {"GET": "viewer"}

    @described(documents.WholeJob)
    def get(self, request: Request, identity: str) -> Response:
        """One job with its log."""
        job = selectors.visible_job(actor(request), _id(identity), "viewer")
        return Response({**document(job), "log": job.log})


class CancelJob(ManagementView):
    """``POST /api/jobs/{identity}/cancel``: ``{}``."""

    roles = {"POST": "owner"}

    @described(documents.Job, "job_ended", takes=Schema(()))
    def post(self, request: Request, identity: str) -> Response:
        """The job, which has ended or is to end within seconds."""
        job = selectors.visible_job(actor(request), _id(identity), "owner")
        body(request, Schema(()))
        return Response(document(services.cancel(job=job)))


class RetryJob(ManagementView):
    """``POST /api/jobs/{identity}/retry``: ``{}``."""

    roles = {"POST": "owner"}

    @described(documents.Job, "conflict", "job_ended", "retired", takes=Schema(()), status=(202,))
    def post(self, request: Request, identity: str) -> Response:
        """The job, which waits again."""
        job = selectors.visible_job(actor(request), _id(identity), "owner")
        body(request, Schema(()))
        return Response(document(services.retry(job=job)), status=202)


def _id(text: str) -> UUID:
    identity = read_id(text)
    if identity is None:
        raise NotFound("There is no job of that id.")
    return identity
