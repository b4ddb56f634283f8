"""What ends with time: outcomes that no prediction came for, old idempotency keys, and what is unseen."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flyball.stores.database import Database, rows_of

PAGE = 500
"""Rows taken out in one transaction."""


def expire_held(database: Database, connection: Any, endpoint: str, before: datetime) -> int:
    """Take out an endpoint's held outcomes that were received before a moment; says how many."""
    found = (
        "SELECT id FROM flyball_outcome WHERE prediction IS NULL AND endpoint = ? AND state = 'held'"
        " AND received_at < ? ORDER BY id LIMIT ?"
    )
    return _expire(
        database,
        connection,
        found,
        (endpoint, database.moment_in(before), PAGE),
        # Bound meanwhile, it stays.
        "DELETE FROM flyball_outcome WHERE state = 'held' AND id IN",
    )


def expire_keys(database: Database, connection: Any, before: datetime) -> int:
    """Take out idempotency keys that were first sent before a moment; says how many."""
    found = "SELECT digest FROM flyball_idempotency_key WHERE created_at < ? ORDER BY created_at LIMIT ?"
    return _expire(
        database,
        connection,
        found,
        (database.moment_in(before), PAGE),
        "DELETE FROM flyball_idempotency_key WHERE digest IN",
    )


def expire_failures(database: Database, connection: Any, before: datetime) -> None:
    """Take out what processes did not load that have written nothing since a moment: they have gone."""
    sql = database.sql("DELETE FROM flyball_load_failure WHERE seen_at < ?")
    with database.transaction(connection):
        connection.execute(sql, [database.moment_in(before)])


def _expire(database: Database, connection: Any, found: str, values: tuple[Any, ...], delete: str) -> int:
    count = 0
    while rows := connection.execute(database.sql(found), values).fetchall():
        with database.transaction(connection):
            sql = f"{delete} {rows_of(1, len(rows))}"
            count += connection.execute(database.sql(sql), [row[0] for row in rows]).rowcount
    return count
