"""Snapshots of an endpoint, and their rows as a Parquet file."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse
from rest_framework.request import Request
from rest_framework.response import Response

from flyball.api.view import ManagementView, page
from flyball.control.datasets import selectors as datasets
from flyball.control.datasets.models import Snapshot
from flyball.domain.errors import DataError, NotFound


class Snapshots(ManagementView):
    """``GET /api/endpoints/{endpoint}/snapshots``."""

    roles = {"GET": "viewer"}

    def get(self, request: Request, endpoint: str) -> Response:
        """A page of snapshots, newest first."""
        every = Snapshot.objects.filter(endpoint=self.endpoint(request, endpoint).name)
        return Response({"snapshots": [_summary(snapshot) for snapshot in page(request, every, "id")]})


class OneSnapshot(ManagementView):
    """``GET /api/endpoints/{endpoint}/snapshots/{digest}``; ``latest`` is a digest too."""

    roles = {"GET": "viewer"}

    def get(self, request: Request, endpoint: str, digest: str) -> Response:
        """One snapshot with its schema and profile."""
        snapshot = _find(self.endpoint(request, endpoint).name, digest)
        return Response({**_summary(snapshot), "schema": snapshot.schema, "profile": snapshot.profile})


class SnapshotRows(ManagementView):
    """``GET /api/endpoints/{endpoint}/snapshots/{digest}/rows.parquet``."""

    roles = {"GET": "viewer"}

    def get(self, request: Request, endpoint: str, digest: str) -> FileResponse:
        """The rows, as they were learned from."""
        snapshot = _find(self.endpoint(request, endpoint).name, digest)
        try:
            path = datasets.snapshot_path(snapshot)
        except DataError:
            raise NotFound("The snapshot's file is not on this server.") from None
        media = "application/vnd.apache.parquet"
        return FileResponse(path.open("rb"), content_type=media, filename=path.name, as_attachment=True)


def _find(endpoint: str, digest: str) -> Snapshot:
    every = Snapshot.objects.filter(endpoint=endpoint).order_by("-id")
    found = (every if digest == "latest" else every.filter(digest=digest)).first()
    if found is None:
        raise NotFound("The endpoint has no such snapshot.")
    return found


def _summary(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "id": snapshot.pk,
        "endpoint": snapshot.endpoint,
        "digest": snapshot.digest,
        "rows": snapshot.row_count,
        "outcomes": snapshot.outcome_count,
        "created_at": snapshot.created_at,
    }
