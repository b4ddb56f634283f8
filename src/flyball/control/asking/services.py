"""Writes: a file arrives part by part, is told which column is which, and is answered by a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from flyball.control.asking.models import KnownColumns, Upload, UploadAnswers, UploadPart
from flyball.control.declarations.models import Endpoint
from flyball.control.jobs import services as jobs
from flyball.control.jobs.models import Job
from flyball.control.jobs.selectors import UNDER_WAY
from flyball.domain.errors import BodyTooLarge, Conflict, InvalidInput, Problem
from flyball.domain.records import now
from flyball.domain.values import storable

KIND = "answer_file"
MOST_BYTES = 32 * 1024 * 1024
"""Of one file."""
MOST_PART = 1024 * 1024
"""Bytes that are written in one transaction."""
KEPT = timedelta(days=1)
"""How long a file waits for its start."""
MOST_WAITING = 20
"""Files that one person may have under way at once for an endpoint."""


def begin_upload(*, endpoint: Endpoint, user: Any, name: str, size: int, language: str) -> Upload:
    """A file that is about to arrive; what this person began and never had answered is gone.

    Raises ``BodyTooLarge``; ``InvalidInput`` for an empty one; ``Conflict`` where too many are under way.
    """
    if size > MOST_BYTES:
        raise BodyTooLarge(f"The file is larger than {MOST_BYTES // 1024 // 1024} MiB.")
    if size < 1:
        problem = Problem("/file", "missing", "The file is empty.")
        raise InvalidInput("The file is empty.", problems=[problem])
    mine = Q(endpoint=endpoint, uploaded_by=user)
    with transaction.atomic():
        Upload.objects.filter(mine | Q(uploaded_at__lt=now() - KEPT), job=None).delete()
        if Upload.objects.filter(mine, job__status__in=UNDER_WAY).count() >= MOST_WAITING:
            raise Conflict(f"{MOST_WAITING} of your files are being answered: wait until some are done.")
        return Upload.objects.create(
            endpoint=endpoint,
            name=storable(name)[:255] or "rows.csv",
            size=size,
            language=language,
            uploaded_by=user,
        )


def add_part(*, upload: Upload, place: int, content: bytes) -> Upload:
    """Some bytes of a file, which begin at ``place``; the same ones sent again change nothing.

    Raises ``BodyTooLarge``, and ``Conflict`` where they do not follow what has arrived.
    """
    if len(content) > MOST_PART or place + len(content) > upload.size:
        raise BodyTooLarge("More has been sent than was announced.")
    with transaction.atomic():
        known = Upload.objects.select_for_update().get(pk=upload.pk)
        if place < known.arrived and place + len(content) <= known.arrived:
            return known
        if place != known.arrived or known.job_id is not None or not content:
            raise Conflict("These bytes do not follow those that have arrived.")
        number = UploadPart.objects.filter(upload=known).count()
        UploadPart.objects.create(upload=known, number=number, content=content)
        known.arrived = place + len(content)
        known.save(update_fields=["arrived"])
        return known


def describe(
    *, upload: Upload, names: Sequence[str], places: Sequence[str], decimal: str, encoding: str
) -> None:
    """Say which column is which field, for this file and for the next ones of its person."""
    with transaction.atomic():
        Upload.objects.filter(pk=upload.pk, job=None).update(
            places=list(places), decimal=decimal, encoding=encoding
        )
        known, _ = KnownColumns.objects.get_or_create(endpoint=upload.endpoint, user=upload.uploaded_by)
        known.fields = {**known.fields, **dict(zip(names, places, strict=True))}
        known.save(update_fields=["fields"])


def start(*, upload: Upload) -> Job:
    """Have a file answered. Raises ``Conflict`` where it has not arrived, or is being answered already."""
    with transaction.atomic():
        known = Upload.objects.select_for_update().select_related("endpoint__team").get(pk=upload.pk)
        check_whole(known)
        if known.job_id is not None:
            raise Conflict("The file is being answered already.")
        known.job = jobs.ask(
            kind=KIND,
            team=known.endpoint.team,
            endpoint=known.endpoint,
            arguments={"upload": known.pk},
            user=known.uploaded_by,
        )
        known.save(update_fields=["job"])
        known.job.result = {"upload": known.pk}  # so that the bytes go with it, also where it never begins
        known.job.save(update_fields=["result"])
        return known.job


def check_whole(upload: Upload) -> None:
    """Raises ``Conflict`` where some of a file has not arrived."""
    if upload.arrived != upload.size:
        raise Conflict("Not all of the file has arrived: upload it again.")


def keep(
    *, upload: Upload, number: int, answered: Sequence[Sequence[Any]], rejected: Sequence[Sequence[Any]]
) -> None:
    """What became of some rows."""
    UploadAnswers.objects.create(upload=upload, number=number, answered=answered, rejected=rejected)


def forget(*, upload: Upload) -> None:
    """Delete a file with all that is kept of it; its predictions stay. Raises ``Conflict`` while it runs."""
    if upload.job is not None and upload.job.status in UNDER_WAY:
        raise Conflict("The file is being answered: cancel that first.")
    Upload.objects.filter(pk=upload.pk).delete()


def follow(kept: Mapping[str, Any], status: str, error: str = "") -> None:
    """The bytes of a file go when its job has ended; one that waits again goes on with them."""
    if status != Job.Status.QUEUED:
        UploadPart.objects.filter(upload=kept.get("upload", 0)).delete()
