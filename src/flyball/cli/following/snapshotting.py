"""Snapshots as commands take them, with progress shown; and those that were taken before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.cli.following.progress import steps
from flyball.cli.printing.output import Output
from flyball.domain.errors import NotFound

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
    output.note(
        f"Snapshot {snapshot.digest[:12]}: {snapshot.row_count} rows, "
        f"{snapshot.outcome_count} of them recorded outcomes."
    )
    return snapshot


def stored_snapshot(endpoint: str, digits: str) -> Snapshot:
    """The snapshot whose digest begins so. Raises ``NotFound`` unless there is exactly one."""
    from flyball.control.datasets.models import Snapshot

    found = list(Snapshot.objects.filter(endpoint_id=endpoint, digest__startswith=digits)[:2])
    if len(found) != 1:
        raise NotFound(f"{endpoint} has {'no' if not found else 'more than one'} snapshot of that digest.")
    return found[0]
