"""Schedules of an endpoint: made by hand, paused, resumed and removed."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from flyball.api.described import documents
from flyball.api.described.operations import described, listed
from flyball.api.view import ManagementView, actor, body
from flyball.control.declarations import selectors as endpoints
from flyball.control.schedules import selectors, services
from flyball.control.schedules.document import all_documents, document
from flyball.control.schedules.models import Schedule
from flyball.domain.errors import InvalidInput, Problem
from flyball.domain.schema import Field, Kind, Schema

SCHEDULE = Schema(
    (
        Field(name="name", kind=Kind.TEXT),
        Field(name="times", kind=Kind.TEXT),
        Field(name="kind", kind=Kind.TEXT),
        Field(name="timezone", kind=Kind.TEXT, nullable=True),
        Field(name="promote", kind=Kind.BOOLEAN, nullable=True),
        Field(name="batch", kind=Kind.TEXT, nullable=True),
    )
)
KINDS = ("snapshot", "build")
"""What may be asked for over this API: a project's own kinds are scheduled where they are declared."""


class Schedules(ManagementView):
    """``GET`` and ``POST /api/endpoints/{endpoint}/schedules``."""

    roles = {"GET": "viewer", "POST": "owner"}

    @described(listed("schedules", documents.Schedule))
    def get(self, request: Request, endpoint: str) -> Response:
        """Every schedule of the endpoint, declared or made by hand, by name."""
        every = selectors.schedules(self.endpoint(request, endpoint).name)
        return Response({"schedules": all_documents(every)})

    @described(documents.Schedule, "conflict", "retired", takes=SCHEDULE, status=(201,))
    def post(self, request: Request, endpoint: str) -> Response:
        """Make a schedule. Raises ``Retired``."""
        name = self.endpoint(request, endpoint).name
        sent: dict[str, Any] = body(request, SCHEDULE)
        if sent["kind"] not in KINDS:
            problem = Problem("/kind", "unknown_kind", f"Expected one of {', '.join(KINDS)}.")
            raise InvalidInput("The body does not fit.", problems=[problem])
        made = services.add(
            endpoint=endpoints.endpoint(name),
            name=sent["name"],
            times=sent["times"],
            kind=sent["kind"],
            timezone=sent["timezone"] or "",
            promote=bool(sent["promote"]),
            batch=sent["batch"] or "",
            user=actor(request).user,
        )
        return Response(document(made), status=201)


class ScheduleView(ManagementView):
    """What a view of one schedule has."""

    def schedule(self, request: Request, endpoint: str, name: str) -> Schedule:
        """The schedule, for an actor with the method's role. Raises as ``endpoint`` does; ``NotFound``."""
        return selectors.schedule(self.endpoint(request, endpoint).name, name)


class OneSchedule(ScheduleView):
    """``GET`` and ``DELETE /api/endpoints/{endpoint}/schedules/{name}``."""

    roles = {"GET": "viewer", "DELETE": "owner"}

    @described(documents.Schedule)
    def get(self, request: Request, endpoint: str, name: str) -> Response:
        """One schedule with its next five runs and its last one."""
        return Response(document(self.schedule(request, endpoint, name)))

    @described(None, "conflict", status=(204,))
    def delete(self, request: Request, endpoint: str, name: str) -> Response:
        """Remove one that was made by hand; its jobs stay."""
        services.remove(schedule=self.schedule(request, endpoint, name))
        return Response(status=204)


class PauseSchedule(ScheduleView):
    """``POST /api/endpoints/{endpoint}/schedules/{name}/pause``: ``{}``."""

    roles = {"POST": "owner"}

    @described(documents.Schedule, "conflict", "retired", takes=Schema(()))
    def post(self, request: Request, endpoint: str, name: str) -> Response:
        """The schedule, which makes no runs."""
        schedule = self.schedule(request, endpoint, name)
        body(request, Schema(()))
        return Response(document(services.pause(schedule=schedule)))


class ResumeSchedule(ScheduleView):
    """``POST /api/endpoints/{endpoint}/schedules/{name}/resume``: ``{}``."""

    roles = {"POST": "owner"}

    @described(documents.Schedule, "conflict", "retired", takes=Schema(()))
    def post(self, request: Request, endpoint: str, name: str) -> Response:
        """The schedule, which makes runs again."""
        schedule = self.schedule(request, endpoint, name)
        body(request, Schema(()))
        return Response(document(services.resume(schedule=schedule)))
