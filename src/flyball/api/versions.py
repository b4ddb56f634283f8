"""Versions of an endpoint."""

from __future__ import annotations

import tempfile
from typing import Any

from django.http import StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from flyball.api.described import documents
from flyball.api.described.operations import PAGED, described, listed
from flyball.api.view import ManagementView, actor, body, page, streamed
from flyball.control.registry import portable
from flyball.control.registry import selectors as registry
from flyball.control.registry.compiling import runtime_of
from flyball.control.registry.models import Version
from flyball.control.routing import selectors, services
from flyball.control.routing.foreseeing import asking
from flyball.domain.errors import NotFound
from flyball.domain.routing import Route
from flyball.domain.schema import Field, Kind, Schema

ARCHIVING = Schema((Field(name="archived", kind=Kind.BOOLEAN),))
EFFECT = Schema(())
ZIP = "application/zip"


class Versions(ManagementView):
    """``GET /api/endpoints/{endpoint}/versions``."""

    roles = {"GET": "viewer"}

    @described(listed("versions", documents.Version), query=PAGED)
    def get(self, request: Request, endpoint: str) -> Response:
        """A page of versions with their stage and score, newest first."""
        name = self.endpoint(request, endpoint).name
        route = selectors.route(name)
        versions = page(request, registry.versions(name), "number")
        return Response({"versions": [_summary(version, route) for version in versions]})


class OneVersion(ManagementView):
    """``GET``, ``PATCH`` and ``DELETE /api/endpoints/{endpoint}/versions/{number}``."""

    roles = {"GET": "viewer", "PATCH": "owner", "DELETE": "owner"}

    @described(documents.WholeVersion, "unknown_version")
    def get(self, request: Request, endpoint: str, number: int) -> Response:
        """Everything known about one version, but for its golden rows: they are for servers."""
        name = self.endpoint(request, endpoint).name
        version = registry.version(name, number)
        manifest = {key: value for key, value in version.manifest.items() if key != "golden"}
        summary = _summary(version, selectors.route(name))
        return Response({**summary, "manifest": manifest, "facts": version.facts})

    @described(documents.Version, "unknown_version", "conflict", takes=ARCHIVING)
    def patch(self, request: Request, endpoint: str, number: int) -> Response:
        """``{"archived": true}`` archives a version that the route in force does not name."""
        name = self.endpoint(request, endpoint).name
        wanted = body(request, ARCHIVING)["archived"]
        change = services.archive_version if wanted else services.restore_version
        return Response(_summary(change(endpoint=name, version=number), selectors.route(name)))

    @described(None, "unknown_version", "conflict", status=(204,))
    def delete(self, request: Request, endpoint: str, number: int) -> Response:
        """Remove a version that the route in force does not name."""
        services.remove_version(endpoint=self.endpoint(request, endpoint).name, version=number)
        return Response(status=204)


class VersionFiles(ManagementView):
    """``GET /api/endpoints/{endpoint}/versions/{number}/files.zip``."""

    roles = {"GET": "member"}

    @described({"type": "string", "format": "binary"}, "unknown_version", file=ZIP)
    def get(self, request: Request, endpoint: str, number: int) -> StreamingHttpResponse:
        """The folder that ``flyball export`` writes, zipped; unpacked, ``flyball import`` takes it."""
        version = registry.version(self.endpoint(request, endpoint).name, number)
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
        portable.export_zip(version=version, file=file)
        return streamed(request, file, ZIP)


class Effect(ManagementView):
    """``GET`` and ``POST /api/endpoints/{endpoint}/versions/{number}/effect``."""

    roles = {"GET": "viewer", "POST": "owner"}

    @described(documents.Job, "unknown_version", "not_found")
    def get(self, request: Request, endpoint: str, number: int) -> Response:
        """The job that was asked for last, with what the version would have changed once it has ended.

        Raises ``NotFound`` where nobody has asked.
        """
        version = registry.version(self.endpoint(request, endpoint).name, number)
        job = asking.last_effect(version)
        if job is None:
            raise NotFound("Nobody has asked for it yet: POST to this path.")
        return Response(asking.effect_document(job))

    @described(documents.Job, "unknown_version", "not_ready", "conflict", takes=EFFECT, status=(202,))
    def post(self, request: Request, endpoint: str, number: int) -> Response:
        """The job that asks the version: a new one, or the same one that waits or runs already."""
        version = registry.version(self.endpoint(request, endpoint).name, number)
        body(request, EFFECT)
        job, _ = asking.ask_effect(version=version, user=actor(request).user)
        return Response(asking.effect_document(job), status=202)


def _summary(version: Version, route: Route | None) -> dict[str, Any]:
    return {
        "endpoint": version.endpoint_id,
        "number": version.number,
        "stage": selectors.version_stage(version, route),
        "candidate": version.facts.get("candidate"),
        "metric": version.facts.get("metric"),
        "held_out_score": version.facts.get("held_out_score"),
        "runtime": runtime_of(version),
        "compiling": version.facts.get("compiling"),
        "created_at": version.created_at,
    }
