"""Whether the snapshot and the table by hand hold the same values."""

from __future__ import annotations

from pathlib import Path

import duckdb

VALUES = (
    "seen_at::TIMESTAMP, repaid, amount::DOUBLE, purpose, age::BIGINT, income::DOUBLE, city, "
    "born::TIMESTAMP, total::DOUBLE, returned, minutes::DOUBLE, browser"
)
SUM = "SELECT count(*), count(total), sum(hash({})::HUGEINT) FROM '{}'"


def alike(snapshot: Path, by_hand: Path) -> bool:
    """The same rows, by their number and the sum of their hashes."""
    own = VALUES.replace("seen_at", "_time").replace("repaid", "_outcome")
    with duckdb.connect() as duck:
        duck.execute("SET TimeZone = 'UTC'")
        found = duck.execute(SUM.format(f"_key, {own}", snapshot)).fetchone()
        wanted = duck.execute(SUM.format(f"id::VARCHAR, {VALUES}", by_hand)).fetchone()
    return found == wanted
