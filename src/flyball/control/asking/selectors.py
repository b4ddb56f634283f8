"""Reads: somebody's own uploads, their bytes, and what became of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from flyball.control.asking.models import KnownColumns, Upload, UploadAnswers, UploadPart
from flyball.domain.errors import NotFound


def own(endpoint: str, user: Any) -> QuerySet[Upload]:
    """What somebody has uploaded for an endpoint, newest first."""
    return Upload.objects.filter(endpoint_id=endpoint, uploaded_by=user).select_related("job").order_by("-id")


def upload(endpoint: str, user: Any, number: int) -> Upload:
    """One of them. Raises ``NotFound``, also for somebody else's."""
    found = own(endpoint, user).filter(pk=number).first()
    if found is None:
        raise NotFound("There is no such file of yours.")
    return found


def head(upload: Upload) -> bytes:
    """The first bytes of a file, as far as they arrived together."""
    first = UploadPart.objects.filter(upload=upload, number=0).first()
    return b"" if first is None else bytes(first.content)


def content(upload: Upload) -> bytes:
    """All bytes of a file."""
    parts = UploadPart.objects.filter(upload=upload).order_by("number")
    return b"".join(bytes(each) for each in parts.values_list("content", flat=True))


def known_columns(endpoint: str, user: Any) -> dict[str, str]:
    """Which field each column was the last time, by its name."""
    found = KnownColumns.objects.filter(endpoint_id=endpoint, user=user).first()
    return {} if found is None else dict(found.fields)


def answers(upload: Upload) -> Iterator[UploadAnswers]:
    """What became of a file's rows, some hundred at a time; no cursor stays open meanwhile."""
    number: int | None = 0
    while number is not None:
        found = UploadAnswers.objects.filter(upload=upload, number=number).first()
        if found is not None:
            yield found
        number = number + 1 if found is not None else None


def counts(upload: Upload) -> tuple[int, int]:
    """How many rows have been answered, and how many left out, so far."""
    job = upload.job
    kept = {} if job is None else job.result
    return int(kept.get("answered", 0)), int(kept.get("rejected", 0))
