"""Diagnostics of a version: small tables, computed once by a job."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from flyball.api.described.inside import Diagnosis
from flyball.api.described.operations import WHOLE, described
from flyball.api.view import ManagementView, actor, body, whole
from flyball.control.diagnostics import selectors
from flyball.control.diagnostics.services import ask_diagnosis
from flyball.control.registry import selectors as registry
from flyball.domain.errors import InvalidInput, NotFound, Problem
from flyball.domain.schema import Field, Kind, Schema

ASKED = Schema(
    (
        Field(name="on", kind=Kind.INTEGER, nullable=True),
        Field(name="again", kind=Kind.BOOLEAN, nullable=True),
    )
)
ON = {"on": {**WHOLE, "description": "The version whose held-out rows were asked about; else its own."}}


class Diagnostics(ManagementView):
    """``GET`` and ``POST /api/endpoints/{endpoint}/versions/{number}/diagnostics``."""

    roles = {"GET": "viewer", "POST": "owner"}

    @described(Diagnosis, "unknown_version", "not_found", "conflict", query=ON)
    def get(self, request: Request, endpoint: str, number: int) -> Response:
        """A version's diagnosis with its tables, once they are there.

        Raises ``NotFound`` where nobody has asked, ``Conflict`` where no rows were held out from it.
        """
        name = self.endpoint(request, endpoint).name
        version = registry.version(name, number)
        sent = request.query_params.get("on")
        on = None if sent is None else registry.version(name, _number(sent))
        found = selectors.of(version, on)
        if found is None:
            raise NotFound("Nobody has asked for it yet: POST to this path.")
        return Response(selectors.document(found))

    @described(Diagnosis, "unknown_version", "conflict", takes=ASKED, status=(202,))
    def post(self, request: Request, endpoint: str, number: int) -> Response:
        """Ask for it, as a job; what is there or under way already is given, unless ``again``."""
        name = self.endpoint(request, endpoint).name
        sent = body(request, ASKED)
        version = registry.version(name, number)
        on = sent["on"]
        base = registry.version(name, on) if isinstance(on, int) else version
        made, _ = ask_diagnosis(version=version, on=base, again=bool(sent["again"]), user=actor(request).user)
        return Response(selectors.document(made), status=202)


def _number(text: str) -> int:
    number = whole(text)
    if number is None:
        problem = Problem("/on", "wrong_type", "Expected a whole number.")
        raise InvalidInput("The query does not fit.", problems=[problem])
    return number
