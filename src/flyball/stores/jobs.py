"""What the data plane tells of jobs and schedules: how many are in each state, and what is due when."""

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


class Schedule(NamedTuple):
    """One schedule of an endpoint: ``active``, ``paused`` or ``failing``, and its due moments (UTC)."""

    endpoint: str
    name: str
    state: str
    next_due_at: datetime | None
    last_due_at: datetime | None


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


def schedules(database: Database, connection: Any, endpoints: Collection[str]) -> list[Schedule]:
    """The schedules of these endpoints, in order."""
    found: list[Schedule] = []
    for some in chunks(sorted(endpoints)):
        sql = (
            "SELECT endpoint, name, fault, next_due_at, last_due_at FROM flyball_schedule"  # noqa: S608 - marks
            f" WHERE endpoint IN {rows_of(1, len(some))} ORDER BY endpoint, name"
        )
        for endpoint, name, fault, *moments in connection.execute(database.sql(sql), some).fetchall():
            following, last = [None if each is None else database.moment_out(each) for each in moments]
            state = "failing" if fault else "paused" if following is None else "active"
            found.append(Schedule(endpoint, name, state, following, last))
    return found
