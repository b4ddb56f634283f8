"""Endpoints, their routes, promotion and rollback."""

from __future__ import annotations

from typing import Any

import msgspec
from rest_framework.request import Request
from rest_framework.response import Response

from flyball.api.described import documents
from flyball.api.described.operations import PAGED, described, listed
from flyball.api.view import ManagementView, actor, body, page
from flyball.control.arms import services as arms
from flyball.control.declarations import services as declarations
from flyball.control.declarations.models import Endpoint
from flyball.control.declarations.selectors import visible
from flyball.control.routing import selectors, services
from flyball.control.routing.models import RouteRevision
from flyball.control.routing.services import RouteChange
from flyball.domain.routing import Route
from flyball.domain.schema import Field, Kind, Schema

EXPECTED = Field(name="expected", kind=Kind.INTEGER, nullable=True)
YES = Field(name="yes", kind=Kind.BOOLEAN, nullable=True)
PROMOTION = Schema((Field(name="version", kind=Kind.INTEGER), EXPECTED, YES))
FALLBACK = Schema(
    (
        Field(name="version", kind=Kind.INTEGER),
        Field(name="deadline", kind=Kind.NUMBER, nullable=True),
        EXPECTED,
    )
)
RETIREMENT = Schema((YES,))
ROLLBACK = Schema((EXPECTED,))
CHANGING = (
    "conflict",
    "confirmation_needed",
    "policy_unmet",
    "retired",
    "artifact_untrusted",
    "artifact_corrupt",
    "golden_mismatch",
    "unusable",
)
"""Codes of the errors that keep a version from being put on the route."""


class Endpoints(ManagementView):
    """``GET /api/endpoints``: those of the actor's teams."""

    roles = {"GET": "viewer"}

    @described(listed("endpoints", documents.Endpoint))
    def get(self, request: Request) -> Response:
        """Every endpoint with the route in force."""
        every = visible(actor(request))
        return Response({"endpoints": [_endpoint(one) for one in every]})


class OneEndpoint(ManagementView):
    """``GET /api/endpoints/{endpoint}``."""

    roles = {"GET": "viewer"}

    @described(documents.Endpoint)
    def get(self, request: Request, endpoint: str) -> Response:
        """One endpoint with the route in force."""
        return Response(_endpoint(self.endpoint(request, endpoint)))


class Routes(ManagementView):
    """``GET /api/endpoints/{endpoint}/routes``: every revision, newest first."""

    roles = {"GET": "viewer"}

    @described(listed("routes", documents.Revision), query=PAGED)
    def get(self, request: Request, endpoint: str) -> Response:
        """A page of revisions."""
        every = selectors.revisions(self.endpoint(request, endpoint).name)
        return Response({"routes": [_revision(one) for one in page(request, every, "number")]})


class Promote(ManagementView):
    """``POST /api/endpoints/{endpoint}/promote``: ``{"version": 3, "expected": 7, "yes": true}``."""

    roles = {"POST": "owner"}

    @described(documents.Change, *CHANGING, "unknown_version", takes=PROMOTION, status=(200, 201))
    def post(self, request: Request, endpoint: str) -> Response:
        """The revision in force now: 201 for a new one, 200 where the version was champion already.

        ``expected`` is the revision in force as the caller knows it.
        """
        name = self.endpoint(request, endpoint).name
        sent: dict[str, Any] = body(request, PROMOTION)
        promoted = services.promote(
            endpoint=name,
            version=sent["version"],
            expected=sent["expected"],
            yes=bool(sent["yes"]),
            user=actor(request).user,
        )
        return _changed(promoted)


class Retire(ManagementView):
    """``POST /api/endpoints/{endpoint}/retire``: ``{"yes": true}``."""

    roles = {"POST": "owner"}

    @described(documents.Endpoint, "conflict", "confirmation_needed", takes=RETIREMENT)
    def post(self, request: Request, endpoint: str) -> Response:
        """The endpoint, which answers no more."""
        name = self.endpoint(request, endpoint).name
        sent: dict[str, Any] = body(request, RETIREMENT)
        return Response(_endpoint(declarations.retire(endpoint=name, yes=bool(sent["yes"]))))


class Rollback(ManagementView):
    """``POST /api/endpoints/{endpoint}/rollback``: ``{"expected": 8}`` or ``{}``."""

    roles = {"POST": "owner"}

    @described(documents.Change, *CHANGING, takes=ROLLBACK, status=(200, 201))
    def post(self, request: Request, endpoint: str) -> Response:
        """The new revision."""
        name = self.endpoint(request, endpoint).name
        sent: dict[str, Any] = body(request, ROLLBACK)
        back = services.rollback(endpoint=name, expected=sent["expected"], user=actor(request).user)
        return _changed(back)


class Fallback(ManagementView):
    """``PUT`` and ``DELETE /api/endpoints/{endpoint}/fallback``: ``{"version": 5, "deadline": 0.2}``."""

    roles = {"PUT": "owner", "DELETE": "owner"}

    @described(documents.Change, *CHANGING, "not_ready", "unknown_version", takes=FALLBACK, status=(200, 201))
    def put(self, request: Request, endpoint: str) -> Response:
        """The revision in force now: 201 for a new one, 200 where it was the fallback already."""
        name = self.endpoint(request, endpoint).name
        sent: dict[str, Any] = body(request, FALLBACK)
        changed = arms.set_fallback(
            endpoint=name,
            version=sent["version"],
            deadline=sent["deadline"],
            expected=sent["expected"],
            user=actor(request).user,
        )
        return _changed(changed)

    @described(documents.Change, *CHANGING, "not_ready", status=(200, 201))
    def delete(self, request: Request, endpoint: str) -> Response:
        """The revision in force now: 201 for a new one, 200 where there was no fallback."""
        name = self.endpoint(request, endpoint).name
        return _changed(arms.remove_fallback(endpoint=name, user=actor(request).user))


def _endpoint(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "name": endpoint.name,
        "team": endpoint.team.slug,
        "task": endpoint.task,
        "description": endpoint.description,
        "retired_at": endpoint.retired_at,
        "route": _route(selectors.route(endpoint.name)),
    }


def _changed(change: RouteChange) -> Response:
    document = {**_revision(change.revision), "dropped": change.dropped, "required": change.required}
    return Response(document, status=201 if change.is_new else 200)


def _revision(revision: RouteRevision) -> dict[str, Any]:
    return {
        **(_route(selectors.document(revision)) or {}),
        "kind": revision.kind,
        "reason": revision.reason,
        "created_at": revision.created_at,
    }


def _route(route: Route | None) -> dict[str, Any] | None:
    if route is None:
        return None
    # Without the lookups: their SQL shows tables and columns of the project.
    return {
        "number": route.number,
        "champion": route.champion.version,
        "arms": msgspec.to_builtins(route.arms),
        "fields": route.fields,
        "keys": route.keys,
    }
