"""What can be done with datasets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flyball.control.datasets.entities import update_entity
from flyball.control.datasets.models import Snapshot
from flyball.control.declarations import selectors as endpoints
from flyball.domain.declaration import Endpoint
from flyball.domain.errors import DeclarationError
from flyball.domain.faults import faults
from flyball.domain.records import now

__all__ = ["take_snapshot", "update_entity"]


def take_snapshot(
    *,
    declaration: type[Endpoint],
    as_of: datetime | None = None,
    report: Callable[[str], None] | None = None,
) -> Snapshot:
    """Freeze the rows of an endpoint, its feature tables and its recorded outcomes as of ``as_of`` (now).

    ``report`` hears what is being done, a few words at a time. The same content gives the same snapshot.
    Raises ``DataError`` where the data cannot be made into one: it says where, what, and what to do; and
    ``DeclarationError`` where the declaration itself is wrong; ``UnknownEndpoint`` where it has not been
    applied.
    """
    from flyball.control.datasets.snapshotting import SnapshotRun  # a web process needs no DuckDB

    found = [
        f"{declaration.__name__}.{fault.attribute} {fault.message}. {fault.hint}"
        for fault in faults(declaration)
    ]
    if found:
        raise DeclarationError("\n".join(found))
    endpoint = endpoints.endpoint(declaration.name)
    return SnapshotRun(endpoint, declaration, as_of or now(), report or (lambda _: None)).run()
