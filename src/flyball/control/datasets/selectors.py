"""What can be asked about datasets."""

from __future__ import annotations

from pathlib import Path

import msgspec

from flyball.control.datasets import places
from flyball.control.datasets.models import Snapshot
from flyball.domain.errors import DataError, NotFound
from flyball.domain.schema import Schema


def snapshot_path(snapshot: Snapshot) -> Path:
    """The snapshot's file. Raises ``DataError`` where it is not on this machine."""
    path = places.home() / "snapshots" / f"{snapshot.digest}.parquet"
    if not path.is_file():
        raise DataError(f"The file of snapshot {snapshot.digest[:12]} is not here. Take the snapshot again.")
    return path


def snapshot_schema(snapshot: Snapshot) -> Schema:
    """The snapshot's schema."""
    return msgspec.convert(snapshot.schema, Schema)


def latest(endpoint: str) -> Snapshot:
    """The endpoint's newest snapshot. Raises ``NotFound`` where it has none."""
    snapshot = Snapshot.objects.filter(endpoint=endpoint).order_by("-id").first()
    if snapshot is None:
        raise NotFound("The endpoint has no snapshot yet. Take one with: flyball snapshot.")
    return snapshot
