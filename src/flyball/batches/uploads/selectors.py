"""Reads: an upload, as every door shows it."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from flyball.batches.models import Upload
from flyball.domain.errors import NotFound
from flyball.domain.values import timestamp_text


def uploads(endpoint: str) -> QuerySet[Upload]:
    """An endpoint's, newest first."""
    return Upload.objects.select_related("uploaded_by").filter(endpoint_id=endpoint).order_by("-id")


def upload(endpoint: str, number: int) -> Upload:
    """One of them. Raises ``NotFound``."""
    found = uploads(endpoint).filter(pk=number).first()
    if found is None:
        raise NotFound(f"{endpoint} has no upload {number}.")
    return found


def lock(upload: Upload) -> None:
    """Have it stay until the transaction ends. Raises ``NotFound`` where it was erased meanwhile."""
    if Upload.objects.select_for_update().filter(pk=upload.pk).first() is None:
        raise NotFound(f"{upload.endpoint_id} has no upload {upload.pk}.")


def document(upload: Upload) -> dict[str, Any]:
    """What has arrived."""
    return {
        "number": upload.pk,
        "endpoint": upload.endpoint_id,
        "name": upload.name,
        "bytes": upload.bytes,
        "uploaded_by": upload.uploaded_by and upload.uploaded_by.get_username(),
        "uploaded_at": timestamp_text(upload.uploaded_at),
    }
