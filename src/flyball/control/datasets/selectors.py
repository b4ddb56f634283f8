"""What can be asked about datasets."""

from __future__ import annotations

from pathlib import Path

import msgspec
from django.db.models import QuerySet

from flyball import typed
from flyball.control.datasets import places
from flyball.control.datasets.models import Snapshot
from flyball.domain.errors import DataError, NotFound
from flyball.domain.schema import Schema

typed.known(Schema)


def snapshot_path(snapshot: Snapshot) -> Path:
    """The snapshot's file. Raises ``DataError`` where it is not on this machine."""
    path = places.home() / "snapshots" / f"{snapshot.digest}.parquet"
    if not path.is_file():
        raise DataError(f"The file of snapshot {snapshot.digest[:12]} is not here. Take the snapshot again.")
    return path


def verified_path(snapshot: Snapshot) -> Path:
    """The snapshot's file, once its content has been found to be what its name says.

    Raises ``DataError`` where it is not on this machine, cannot be read, or holds something else.
    """
    import pyarrow as pa  # a web process has no pyarrow to load

    from flyball.snapshots.digest import of_file

    path = snapshot_path(snapshot)
    try:
        found = of_file(path, snapshot_schema(snapshot))
    except (pa.ArrowException, OSError, ValueError, KeyError):  # cut short, or no such columns
        found = ""
    if found != snapshot.digest:
        raise DataError(
            f"The file of snapshot {snapshot.digest[:12]} is damaged. Take the snapshot again, "
            "from the same data."
        )
    return path


def snapshot_schema(snapshot: Snapshot) -> Schema:
    """The snapshot's schema."""
    return msgspec.convert(snapshot.schema, Schema)


def snapshots(endpoint: str) -> QuerySet[Snapshot]:
    """The endpoint's snapshots, newest first."""
    return Snapshot.objects.filter(endpoint_id=endpoint).order_by("-id")


def summaries(endpoint: str) -> QuerySet[Snapshot]:
    """The same without schemas and profiles, which may be megabytes."""
    return snapshots(endpoint).defer("schema", "profile")


def snapshot(endpoint: str, digest: str) -> Snapshot:
    """One snapshot by its digest; ``latest`` is the newest. Raises ``NotFound``."""
    every = snapshots(endpoint)
    found = (every if digest == "latest" else every.filter(digest=digest)).first()
    if found is None:
        raise NotFound(f"{endpoint} has no such snapshot. Take one with: flyball snapshot {endpoint}")
    return found


def known(endpoint: str, digest: object) -> Snapshot | None:
    """The endpoint's snapshot of a digest that somebody names, without its fields, where there is one."""
    return summaries(endpoint).filter(digest=digest).first() if isinstance(digest, str) else None


def beginning(endpoint: str, digits: str) -> Snapshot:
    """The snapshot whose digest begins so. Raises ``NotFound`` unless there is exactly one."""
    found = list(snapshots(endpoint).filter(digest__startswith=digits)[:2])
    if len(found) != 1:
        raise NotFound(f"{endpoint} has {'no' if not found else 'more than one'} snapshot of that digest.")
    return found[0]
