"""Shadows of an endpoint: made, shown with how far they agree, and taken out."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from flyball.api.described import documents
from flyball.api.described.operations import described, listed
from flyball.api.view import ManagementView, actor, body
from flyball.control.routing import selectors as routing
from flyball.control.shadows import selectors, services
from flyball.domain.schema import Field, Kind, Schema

SHADOW = Schema(
    (
        Field(name="version", kind=Kind.INTEGER),
        Field(name="threshold", kind=Kind.NUMBER, nullable=True),
        Field(name="expected", kind=Kind.INTEGER, nullable=True),
    )
)
LOADING = ("artifact_untrusted", "artifact_corrupt", "golden_mismatch", "unusable")


class Shadows(ManagementView):
    """``GET`` and ``POST /api/endpoints/{endpoint}/shadows``."""

    roles = {"GET": "viewer", "POST": "owner"}

    @described(listed("shadows", documents.Shadow))
    def get(self, request: Request, endpoint: str) -> Response:
        """Every version that is or was a shadow, with how far it agrees with what answered."""
        return Response({"shadows": selectors.documents(self.endpoint(request, endpoint).name)})

    @described(
        documents.Shadow,
        "unknown_version",
        "conflict",
        "retired",
        *LOADING,
        takes=SHADOW,
        status=(201,),
    )
    def post(self, request: Request, endpoint: str) -> Response:
        """Let a version answer beside; ``threshold`` is its own, in place of the champion's."""
        name = self.endpoint(request, endpoint).name
        sent: dict[str, Any] = body(request, SHADOW)
        services.add_shadow(
            endpoint=name,
            version=sent["version"],
            threshold=sent["threshold"],
            expected=sent["expected"],
            user=actor(request).user,
        )
        return Response(_one(name, sent["version"]), status=201)


class OneShadow(ManagementView):
    """``GET`` and ``DELETE /api/endpoints/{endpoint}/shadows/{version}``."""

    roles = {"GET": "viewer", "DELETE": "owner"}

    @described(documents.Shadow, "not_found")
    def get(self, request: Request, endpoint: str, number: int) -> Response:
        """One of them."""
        return Response(_one(self.endpoint(request, endpoint).name, number))

    @described(None, "not_found", "conflict", "retired", status=(204,))
    def delete(self, request: Request, endpoint: str, number: int) -> Response:
        """Ask it no more; what it answered stays."""
        name = self.endpoint(request, endpoint).name
        services.remove_shadow(endpoint=name, version=number, user=actor(request).user)
        return Response(status=204)


def _one(endpoint: str, version: int) -> dict[str, Any]:
    return selectors.document(selectors.shadow(endpoint, version), routing.route(endpoint))
