"""Outcomes as the rows' own source has them now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from flyball.domain.declaration import Endpoint
from flyball.domain.records import now
from flyball.domain.values import Scalar

Pulled = tuple[str, dict[str, Scalar], datetime | None, Scalar]
"""A row's key; its entity; when its outcome was known, or else the row's time, if any; its outcome."""


def pull_outcomes(declaration: type[Endpoint], since: datetime | None = None) -> Iterator[Pulled]:
    """The rows whose outcome is known and final by now; with ``since``, those that became known after it.

    Raises ``DataError`` as a snapshot does.
    """
    from flyball.control.datasets import places, pulling  # a web process needs no DuckDB
    from flyball.snapshots.workspace import workspace

    with workspace(places.snapshots()) as work:
        for key, entity, occurred_at, value in pulling.rows(work, declaration, now()):
            moment = occurred_at and occurred_at.replace(tzinfo=UTC)
            if since is None or (moment is not None and moment > since):
                yield key, entity, moment, value
