"""When API keys were last used: noted now and then, never while somebody is answered."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from flyball.stores.database import Database, chunks, rows_of


def note_use(database: Database, connection: Any, digests: Collection[str], moment: datetime) -> None:
    """Set the last use of these keys to ``moment``, unless a later one is noted. Several processes may."""
    at = database.moment_in(moment)
    with database.transaction(connection):
        for some in chunks(sorted(digests)):  # in one order, so that two processes do not wait for each other
            marks = rows_of(1, len(some))
            sql = (
                f"UPDATE flyball_api_key SET last_used_at = ? WHERE digest IN {marks}"  # noqa: S608 - only marks
                " AND (last_used_at IS NULL OR last_used_at < ?)"
            )
            connection.execute(database.sql(sql), [at, *some, at])
