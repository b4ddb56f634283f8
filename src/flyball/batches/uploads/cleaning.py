"""What nobody needs any more is erased: rows once they are answered, and everything after some days."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.db import transaction
from django.db.models import Q

from flyball.batches.models import Batch, Upload
from flyball.batches.places import remove
from flyball.batches.uploads.folders import folder_of, root, rows_of
from flyball.control.declarations.configured import configured
from flyball.control.jobs import selectors as jobs
from flyball.domain.errors import Conflict
from flyball.domain.records import now

DEAD = timedelta(hours=1)
"""Long after its last bytes a file arrives no more: they come faster, or it is given up."""
OURS = re.compile(r"\.?([0-9a-f]{32})")
ANSWERED_NOW = Q(batches__job__status__in=jobs.UNDER_WAY, batches__done_at=None)


def spent(batch: Batch) -> None:
    """The rows of a batch that has its answers go; those stay."""
    if batch.upload is not None:
        rows_of(batch.upload).unlink(missing_ok=True)


def clean() -> int:
    """Erase uploads that are older than the settings say and that no batch needs; how many those were.

    What is left of one that never came to its row goes as late; of one that arrives no more, after an hour.
    """
    oldest = now() - timedelta(days=configured().batch_upload_days)
    old = Upload.objects.filter(uploaded_at__lt=oldest)
    erased = [each for each in old.exclude(pk__in=old.filter(ANSWERED_NOW).values("pk")) if _erase(each)]
    _sweep(oldest)
    return len(erased)


def forget(upload: Upload) -> None:
    """Erase an upload, with its answers. Raises ``Conflict`` while a batch answers it."""
    if not _erase(upload):
        raise Conflict("A batch of this upload waits or runs: cancel its job first.")


def _erase(upload: Upload) -> bool:
    """First its row: of what is left without one, ``_sweep`` takes care."""
    with transaction.atomic():
        known = Upload.objects.select_for_update().filter(pk=upload.pk).first()
        if known is not None and Upload.objects.filter(ANSWERED_NOW, pk=upload.pk).exists():
            return False
        Upload.objects.filter(pk=upload.pk).delete()
    remove(folder_of(upload.key))
    return True


def _sweep(oldest: datetime) -> None:
    place = root()
    if not place.is_dir():
        return
    kept = set(Upload.objects.values_list("key", flat=True))
    for each in place.iterdir():
        named = OURS.fullmatch(each.name)
        late = now() - DEAD if each.name.startswith(".") else oldest
        if named and named[1] not in kept and _touched(each) < late:
            remove(each)


def _touched(folder: Path) -> datetime:
    """When something was last written there; what is gone meanwhile is as new as can be."""
    try:
        newest = max(each.stat().st_mtime for each in (folder, *folder.iterdir()))
    except OSError:
        return now()
    return datetime.fromtimestamp(newest, UTC)
