"""What the data plane tells of jobs: how many there are in each state, and when one last ended."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from flyball.stores.database import Database, chunks, rows_of


class Jobs(NamedTuple):
    """The jobs of one kind of one endpoint in one state.

    ``ended_at`` is when the last of them ended, ``due_at`` when the first of them was due (UTC).
    """

    endpoint: str
    kind: str
    status: str
    number: int
    ended_at: datetime | None
    due_at: datetime


def states(database: Database, connection: Any, endpoints: Collection[str]) -> list[Jobs]:
    """The jobs of these endpoints, in order."""
    found: list[Jobs] = []
    for some in chunks(sorted(endpoints)):
        sql = (
            "SELECT endpoint, kind, status, COUNT(*), MAX(finished_at), MIN(due_at) FROM flyball_job"  # noqa: S608 - marks
            f" WHERE endpoint IN {rows_of(1, len(some))} GROUP BY endpoint, kind, status ORDER BY 1, 2, 3"
        )
        for *of, ended_at, due_at in connection.execute(database.sql(sql), some).fetchall():
            endpoint, kind, status, number = of
            ended = None if ended_at is None else database.moment_out(ended_at)
            found.append(Jobs(endpoint, kind, status, number, ended, database.moment_out(due_at)))
    return found
