"""Outcomes as the rows' own source has them now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from flyball.domain.declaration import Endpoint
from flyball.domain.records import now
from flyball.stores.pulls import Named, PulledRow


@dataclass(frozen=True, slots=True)
class Pulled:
    """The rows whose outcome is known and final by now, a page at a time.

    ``named`` tells which of some references are keys of rows, of those without an outcome too.
    """

    pages: Iterator[Sequence[PulledRow]]
    named: Named


@contextmanager
def pull_outcomes(
    declaration: type[Endpoint], since: datetime | None = None, *, page: int = 1_000
) -> Iterator[Pulled]:
    """Read the rows' outcomes; with ``since``, those that became known after it.

    Raises ``DataError`` as a snapshot does.
    """
    from flyball.control.datasets import places, pulling  # a web process needs no DuckDB
    from flyball.snapshots.workspace import workspace

    with workspace(places.snapshots()) as work:
        rows = pulling.KnownRows.stage(work, declaration, now())
        yield Pulled(rows.pages(since, page), rows.named)
