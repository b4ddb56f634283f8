"""What processes did not load: each writes its own now and then, and takes it back once it loads."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flyball.stores.database import Database, chunks, rows_of

UNSEEN = timedelta(minutes=3)
"""What its process has not written for so long counts no more: that process has gone, or cannot write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The newest route of an endpoint does not load: the error's code, a sentence, and since when (UTC).

    ``version`` is the one that it stopped at; ``None`` where the route itself cannot be read.
    """

    endpoint: str
    version: int | None
    code: str
    sentence: str
    since: datetime


def write(
    database: Database,
    connection: Any,
    process: UUID,
    host: str,
    failures: Collection[Failure],
    moment: datetime,
) -> None:
    """Set what a process did not load, as of a moment; nothing else of it stays."""
    mine, seen_at = database.id_in(process), database.moment_in(moment)
    with database.transaction(connection):
        connection.execute(database.sql("DELETE FROM flyball_load_failure WHERE process = ?"), [mine])
        for some in chunks(list(failures)):
            sql = (
                "INSERT INTO flyball_load_failure"  # noqa: S608 - marks
                " (process, host, seen_at, endpoint, version, code, sentence, since)"
                f" VALUES {rows_of(len(some), 8)}"
            )
            values = [
                value
                for *of, since in map(astuple, some)
                for value in (mine, host, seen_at, *of, database.moment_in(since))
            ]
            connection.execute(database.sql(sql), values)
