"""Counts by the minute: written by every process as it goes, added up by the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from flyball.stores.database import Database, chunks, rows_of

EVER = 0
"""In place of a minute: the total since the first day. It stays when minutes expire."""
ROWS = 200
"""Rows in one statement."""


class Count(NamedTuple):
    """What is counted of one endpoint in one minute (minutes since 1970, in UTC).

    ``version`` is 0 and ``arm`` empty where none is known. ``name`` is ``answers``; ``decisions`` with the
    decision as the ``label``; ``refused`` or ``failed`` with the error's code, a call each; ``fell_back``
    with the code that an arm failed with, a row each that the fallback answered; ``latency`` with the bound
    of the bucket that it falls into (microseconds, or ``inf``); ``latency_sum`` (microseconds).
    """

    minute: int
    endpoint: str
    version: int
    arm: str
    name: str
    label: str = ""


NAMES = ", ".join(Count._fields)


def minute_of(moment: datetime) -> int:
    """The minute that a moment is in."""
    return int(moment.timestamp() // 60)


def add(database: Database, connection: Any, counts: Mapping[Count, int]) -> None:
    """Add counts to their minutes and to the totals, in the transaction that is open."""
    amounts = dict(counts)
    for each, count in counts.items():
        total = each._replace(minute=EVER)
        amounts[total] = amounts.get(total, 0) + count
    # In one order, so that two processes that add to the same rows wait for each other but never for ever.
    for some in chunks(sorted(amounts), ROWS):
        sql = (
            f"INSERT INTO flyball_minute ({NAMES}, count) VALUES {rows_of(len(some), 7)}"  # noqa: S608 - constants
            f" ON CONFLICT ({NAMES}) DO UPDATE SET count = flyball_minute.count + excluded.count"
        )
        connection.execute(database.sql(sql), [value for each in some for value in (*each, amounts[each])])


def totals(database: Database, connection: Any, endpoints: Collection[str]) -> dict[Count, int]:
    """All that has ever been counted of these endpoints."""
    return _read(database, connection, endpoints, "minute = ?", EVER)


def since(database: Database, connection: Any, endpoints: Collection[str], minute: int) -> dict[Count, int]:
    """What has been counted of these endpoints from a minute on, in order."""
    return _read(database, connection, endpoints, "minute >= ?", max(minute, EVER + 1))


def expire(database: Database, connection: Any, before: int) -> int:
    """Take out the minutes before one; says how many rows. The totals stay."""
    with database.transaction(connection):
        sql = "DELETE FROM flyball_minute WHERE minute > ? AND minute < ?"
        gone: int = connection.execute(database.sql(sql), [EVER, before]).rowcount
    return gone


def _read(
    database: Database, connection: Any, endpoints: Collection[str], which: str, minute: int
) -> dict[Count, int]:
    found: dict[Count, int] = {}
    for some in chunks(sorted(endpoints)):
        sql = (
            f"SELECT {NAMES}, count FROM flyball_minute WHERE {which}"  # noqa: S608 - constants and marks
            f" AND endpoint IN {rows_of(1, len(some))} ORDER BY {NAMES}"
        )
        for *values, count in connection.execute(database.sql(sql), [minute, *some]).fetchall():
            found[Count(*values)] = count
    return found
