"""Reads: batches of an endpoint, and one as every door shows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db.models import Count, QuerySet, Sum

from flyball.batches.models import Batch, Upload
from flyball.control.jobs import selectors as jobs
from flyball.domain.errors import NotFound
from flyball.domain.values import moment_text, timestamp_text


def batches(endpoint: str) -> QuerySet[Batch]:
    """An endpoint's batches, newest first."""
    every = Batch.objects.filter(endpoint_id=endpoint)
    return every.select_related("job", "asked_by", "upload").order_by("-id")


def batch(endpoint: str, number: int) -> Batch:
    """One of them. Raises ``NotFound``."""
    found = batches(endpoint).filter(pk=number).first()
    if found is None:
        raise NotFound(f"{endpoint} has no batch {number}.")
    return found


def under_way(like: Batch) -> Batch | None:
    """Another one that answers the same by the same, while it waits or runs and nobody has cancelled it."""
    return (
        batches(like.endpoint_id)
        .filter(source=like.source, out=like.out, version=like.version, route=like.route)
        .filter(options=like.options, job__in=jobs.under_way("batch", like.endpoint))
        .exclude(pk=like.pk)
        .first()
    )


def is_another_under_way(batch: Batch, upload: Upload) -> bool:
    """Whether another one answers an upload, in whatever way."""
    others = Batch.objects.filter(upload=upload, done_at=None).exclude(pk=batch.pk)
    return others.filter(job__status__in=jobs.UNDER_WAY).exists()


def status(batch: Batch) -> str:
    """How far it is, in the words of its job; also once that is no longer kept."""
    return jobs.status(batch.job, is_done=batch.done_at is not None)


def error(batch: Batch) -> str:
    """Why it has not ended well; empty where it has, or still may."""
    return jobs.error(batch.job, is_done=batch.done_at is not None)


def counts(batch: Batch) -> dict[str, int]:
    """Rows that are done with so far, those answered and those rejected; and all that there are."""
    if batch.counts:
        return dict(batch.counts)
    done = batch.chunks.exclude(done_at=None).aggregate(
        rows=Sum("rows", default=0), rejected=Sum("rejected", default=0), chunks=Count("pk")
    )
    return {"rows": done["rows"], "answered": done["rows"] - done["rejected"], "rejected": done["rejected"]}


def document(batch: Batch) -> dict[str, Any]:
    """What was asked, how far it is and what came of it; of an upload no path of this server."""
    files = {"source": batch.source, "out": batch.out, "rejects": batch.wanted.rejects}
    if batch.upload is not None:
        files = {name: Path(path).name for name, path in files.items()} | {"source": batch.upload.name}
    return {
        "number": batch.pk,
        "endpoint": batch.endpoint_id,
        "version": batch.version,
        "route": batch.route,
        **files,
        "upload": batch.upload_id,
        "status": status(batch),
        "error": error(batch),
        "error_code": "" if batch.job is None else batch.job.error_code,
        **counts(batch),
        "job": None if batch.job is None else str(batch.job.pk),
        "asked_by": batch.asked_by and batch.asked_by.get_username(),
        "asked_at": timestamp_text(batch.asked_at),
        "done_at": moment_text(batch.done_at),
    }
