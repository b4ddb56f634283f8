"""Predictions by the million, put into the table by the database itself: ``python -m benchmarks.filling``."""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

from flyball.stores.database import Database

PART = 500_000
"""Rows of one transaction."""
EARLIER = timedelta(days=1)
"""How far back they reach: within this month, so that on PostgreSQL they are where new ones go."""
Answered = Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]

# A UUID of version 7: 48 bits of milliseconds, 4 of the version, 12 random, 2 of the variant, 62 random. The
# random part is the row's number here, so that no two are equal.
SQLITE = """
WITH RECURSIVE numbers(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :after),
timed AS (SELECT n, :began + CAST(n * :step AS INTEGER) AS ms FROM numbers)
INSERT INTO flyball_prediction
    (id, endpoint, version, arm, route, reference, entity, input, output, latency, warnings, created_at)
SELECT printf('%012x7%03x8%015x', ms, abs(random()) % 4096, n), :endpoint, 1, 'champion', 1,
    'filled-' || n, '{}', input, output, 50, '[]',
    strftime('%Y-%m-%d %H:%M:%f000', ms / 1000.0, 'unixepoch')
FROM timed JOIN filling ON place = n % :samples ORDER BY n
"""
POSTGRES = """
INSERT INTO flyball_prediction
    (id, endpoint, version, arm, route, reference, entity, input, output, latency, warnings, created_at)
SELECT (lpad(to_hex(ms), 12, '0') || '7' || lpad(to_hex((random() * 4095)::int), 3, '0') || '8'
        || lpad(to_hex(n), 15, '0'))::uuid, %(endpoint)s, 1, 'champion', 1,
    'filled-' || n, '{}', input, output, 50, '[]', to_timestamp(ms / 1000.0)
FROM (SELECT n, %(began)s::bigint + (n * %(step)s::float8)::bigint AS ms
      FROM generate_series(%(first)s::bigint, %(after)s::bigint - 1) AS n) AS timed
JOIN filling ON place = n %% %(samples)s ORDER BY n
"""


def main() -> None:
    """Fill the database of a URL, for a look by hand; inputs and outputs are those that it holds already."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.filling", description=__doc__)
    parser.add_argument("url", help="sqlite:///… or postgresql://…, with Flyball's tables")
    parser.add_argument("endpoint", help="whose predictions they are; it has answered some already")
    parser.add_argument("--rows", type=int, default=10_000_000)
    options = parser.parse_args()
    database = Database(options.url)
    answered = stored(database, options.endpoint)
    began = time.perf_counter()
    fill(database, options.endpoint, options.rows, answered)
    print(f"{options.rows:,} predictions in {time.perf_counter() - began:.0f} s")


def stored(database: Database, endpoint: str, most: int = 1000) -> Answered:
    """Inputs and outputs of predictions that are stored. Raises ``SystemExit`` where there are none."""
    sql = "SELECT input, output FROM flyball_prediction WHERE endpoint = ? AND input IS NOT NULL LIMIT ?"
    with closing(database.connect()) as connection:
        found = connection.execute(database.sql(sql), (endpoint, most)).fetchall()
    if not found:
        raise SystemExit(
            f"{endpoint} has answered nothing yet: ask it once, so that there is a row to repeat."
        )
    return [(database.json_out(sent), database.json_out(output)) for sent, output in found]


def fill(database: Database, endpoint: str, rows: int, answered: Answered, part: int = PART) -> None:
    """Store so many predictions, spread over the last day, each with a reference; ``answered`` in turn.

    Each transaction stores a ``part`` of them.
    """
    after = datetime.now(UTC)
    began = max(after - EARLIER, after.replace(day=1, hour=0, minute=0, second=0, microsecond=0))
    given = {
        "endpoint": endpoint,
        "began": int(began.timestamp() * 1000),
        "step": (after - began).total_seconds() * 1000 / rows,
        "samples": len(answered),
    }
    with closing(database.connect()) as connection:
        _prepare(database, connection, answered)
        for first in range(0, rows, part):
            with database.transaction(connection):
                some = {**given, "first": first, "after": min(first + part, rows)}
                connection.execute(POSTGRES if database.is_postgres else SQLITE, some)
        if database.is_postgres:  # as it would do by itself, in the minutes to come
            connection.execute("VACUUM (FREEZE, ANALYZE) flyball_prediction")
            connection.execute("CHECKPOINT")
        else:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    os.sync()  # what is measured next does not wait for what was written here


def _prepare(database: Database, connection: Any, answered: Answered) -> None:
    if not database.is_postgres:
        # Nobody is promised anything of these.
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -500000")
    json_type = "jsonb" if database.is_postgres else "text"
    connection.execute(
        f"CREATE TEMPORARY TABLE filling (place integer PRIMARY KEY, input {json_type}, output {json_type})"
    )
    for place, (sent, output) in enumerate(answered):
        sql = database.sql("INSERT INTO filling VALUES (?, ?, ?)")
        connection.execute(sql, (place, json.dumps(sent), json.dumps(output)))


if __name__ == "__main__":
    main()
