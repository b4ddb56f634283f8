"""The same table by hand: ``COPY`` by psql, Parquet and the join by DuckDB. No checks, profile or digest."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import duckdb

EXPORTED = {
    "visit": "SELECT id, customer_id, seen_at, amount, purpose, repaid FROM measured_visit",
    "customer": "SELECT id, age, income, city, born FROM measured_customer",
    "purchase": "SELECT customer_id, created_at, total, returned FROM measured_purchase",
    "session": "SELECT customer_id, began_at, minutes, browser FROM measured_session",
}
JOINED = """
SELECT v.id, v.seen_at, v.repaid, v.amount, v.purpose, c.age, c.income, c.city, c.born, p.total, p.returned,
    s.minutes, s.browser
FROM 'visit.parquet' v
LEFT JOIN 'customer.parquet' c ON v.customer_id = c.id
ASOF LEFT JOIN 'purchase.parquet' p ON v.customer_id = p.customer_id AND v.seen_at >= p.created_at
ASOF LEFT JOIN 'session.parquet' s ON v.customer_id = s.customer_id AND v.seen_at >= s.began_at
ORDER BY v.seen_at, v.id
"""


def join(folder: Path, url: str) -> Path:
    """Export the tables, and join them in the memory that Flyball's join has; gives the file."""
    joined = folder / "joined.parquet"
    config: dict[str, Any] = {
        "memory_limit": "1GB",
        "temp_directory": str(folder / "spill"),
        "file_search_path": str(folder),
    }
    with duckdb.connect(config=config) as duck:
        duck.execute("SET TimeZone = 'UTC'")
        for name, query in EXPORTED.items():
            exported = folder / f"{name}.csv"
            with exported.open("wb") as file:
                copy = f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER)"
                subprocess.run(["psql", url, "-qc", copy], stdout=file, check=True)
            parquet = folder / f"{name}.parquet"
            duck.read_csv(str(exported)).write_parquet(str(parquet))
            exported.unlink()
        duck.execute(f"COPY ({JOINED}) TO '{joined}' (COMPRESSION zstd)")
    return joined
