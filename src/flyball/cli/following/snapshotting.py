"""Snapshots as commands take them, with progress shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.cli.following.progress import steps
from flyball.cli.printing.output import Output

if TYPE_CHECKING:
    from flyball.control.datasets.models import Snapshot
    from flyball.domain.declaration import Endpoint


def take_snapshot(output: Output, declaration: type[Endpoint]) -> Snapshot:
    """A new snapshot; the old one again, where nothing has changed."""
    from flyball.control.datasets import services

    with steps(output) as bar:
        snapshot = services.take_snapshot(
            declaration=declaration, report=lambda doing: bar.at(f"{declaration.name}: {doing}")
        )
    tell_snapshot(output, snapshot)
    return snapshot


def tell_snapshot(output: Output, snapshot: Snapshot) -> None:
    """Say which snapshot it is, and how many rows it has."""
    output.note(
        f"Snapshot {snapshot.digest[:12]}: {snapshot.row_count} rows, "
        f"{snapshot.outcome_count} of them recorded outcomes."
    )
