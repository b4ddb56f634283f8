"""Snapshots of an endpoint, and their rows as a Parquet file."""

from __future__ import annotations

from typing import Any

from django.http import StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from flyball.api.described import documents
from flyball.api.described.operations import PAGED, described, listed
from flyball.api.view import ManagementView, actor, body, page, streamed
from flyball.control.datasets import selectors as datasets
from flyball.control.datasets.models import Snapshot
from flyball.control.declarations import selectors as endpoints
from flyball.control.jobs import services
from flyball.control.jobs.document import document
from flyball.domain.errors import DataError, NotFound
from flyball.domain.schema import Schema

PARQUET = "application/vnd.apache.parquet"


class Snapshots(ManagementView):
    """``GET`` and ``POST /api/endpoints/{endpoint}/snapshots``."""

    roles = {"GET": "viewer", "POST": "owner"}

    @described(listed("snapshots", documents.Snapshot), query=PAGED)
    def get(self, request: Request, endpoint: str) -> Response:
        """A page of snapshots, newest first."""
        every = datasets.snapshots(self.endpoint(request, endpoint).name)
        return Response({"snapshots": [_summary(snapshot) for snapshot in page(request, every, "id")]})

    @described(documents.Job, "retired", takes=Schema(()), status=(202,))
    def post(self, request: Request, endpoint: str) -> Response:
        """The job that takes a snapshot: a new one, or one that waits or runs already."""
        applied = endpoints.endpoint(self.endpoint(request, endpoint).name)
        body(request, Schema(()))
        job, _ = services.ask_once(kind="snapshot", endpoint=applied, user=actor(request).user)
        return Response(document(job), status=202)


class OneSnapshot(ManagementView):
    """``GET /api/endpoints/{endpoint}/snapshots/{digest}``; ``latest`` is a digest too."""

    roles = {"GET": "viewer"}

    @described(documents.WholeSnapshot)
    def get(self, request: Request, endpoint: str, digest: str) -> Response:
        """One snapshot with its schema and profile."""
        snapshot = datasets.snapshot(self.endpoint(request, endpoint).name, digest)
        return Response({**_summary(snapshot), "schema": snapshot.schema, "profile": snapshot.profile})


class SnapshotRows(ManagementView):
    """``GET /api/endpoints/{endpoint}/snapshots/{digest}/rows.parquet``."""

    roles = {"GET": "viewer"}

    @described({"type": "string", "format": "binary"}, file=PARQUET)
    def get(self, request: Request, endpoint: str, digest: str) -> StreamingHttpResponse:
        """The rows, as they were learned from."""
        snapshot = datasets.snapshot(self.endpoint(request, endpoint).name, digest)
        try:
            path = datasets.snapshot_path(snapshot)
        except DataError:
            raise NotFound("The snapshot's file is not on this server.") from None
        return streamed(request, path.open("rb"), PARQUET)


def _summary(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "id": snapshot.pk,
        "endpoint": snapshot.endpoint_id,
        "digest": snapshot.digest,
        "rows": snapshot.row_count,
        "outcomes": snapshot.outcome_count,
        "created_at": snapshot.created_at,
    }
