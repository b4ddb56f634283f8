"""Predictions, outcomes and minutes: put into their tables by the database itself, by number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from benchmarks.console.size import VERSIONS

PART = 200_000
"""Predictions of one transaction."""
EARLIER = timedelta(days=7)

NUMBERS = {
    "sqlite": "WITH RECURSIVE numbers(n) AS "
    "(SELECT %(first)s UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < %(after)s)",
    "postgresql": "WITH numbers AS (SELECT generate_series(%(first)s::bigint, %(after)s::bigint - 1) AS n)",
}
# A UUID of version 7, whose random part is the row's number.
IDENTITY = {
    "sqlite": "printf('%%012x7%%03x8%%015x', ms, n %% 4096, n)",
    "postgresql": "(lpad(to_hex(ms), 12, '0') || '7' || lpad(to_hex(n %% 4096), 3, '0') || '8'"
    " || lpad(to_hex(n), 15, '0'))::uuid",
}
NAMED = {
    "sqlite": "printf('endpoint_%%04d', place)",
    "postgresql": "'endpoint_' || lpad(place::text, 4, '0')",
}
MOMENT = {
    "sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%f000', ms / 1000.0, 'unixepoch')",
    "postgresql": "to_timestamp(ms / 1000.0)",
}
MILLISECONDS = {
    "sqlite": "%(began)s + CAST(n * %(step)s AS INTEGER)",
    "postgresql": "%(began)s::bigint + (n * %(step)s::float8)::bigint",
}
MINUTE = {
    "sqlite": "CAST(strftime('%%s', created_at) AS INTEGER) / 60",
    "postgresql": "floor(extract(epoch FROM created_at) / 60)::bigint",
}
JSON = {"sqlite": "", "postgresql": "::jsonb"}

# Half are the first endpoint's. Of three, two have a reference; of four, three have one of 20,000 people.
PREDICTIONS = """
<numbers>, spread AS (
    SELECT n, <ms> AS ms, CASE WHEN n %% 2 = 0 THEN 0 ELSE 1 + (n / 2) %% (%(endpoints)s - 1) END AS place,
        CASE WHEN n %% 4 = 3 THEN NULL ELSE '{"person":"' || (n * 7919 %% 20000) || '"}' END AS entity
    FROM numbers)
INSERT INTO flyball_prediction (id, endpoint, version, arm, route, reference, entity, entity_key, input,
    output, decision, latency, warnings, created_at)
SELECT <identity>, <named>, %(version)s, 'champion', 1,
    CASE WHEN n %% 3 = 0 THEN NULL ELSE 'order-' || n END,
    COALESCE(entity, '{}')<json>, entity,
    ('{"age":' || (20 + n %% 50) || ',"income":' || (1000 + n * 37 %% 4000) || ',"visits":' || n %% 11
        || ',"job":"clerk"}')<json>,
    ('{"label":"yes","probabilities":{"no":0.25,"yes":0.75}}')<json>,
    CASE WHEN n %% 5 = 0 THEN 'call' ELSE 'leave' END,
    CASE n %% 4 WHEN 0 THEN 100 WHEN 1 THEN 250 WHEN 2 THEN 500 ELSE 1000 END, '[]'<json>, <moment>
FROM spread ORDER BY n
"""
# Of a hundred predictions with a reference ten have an outcome; two more outcomes of each hundred are held or
# belong to nothing.
OUTCOMES = """
INSERT INTO flyball_outcome (endpoint, state, prediction, bound_by, reference, value, source, occurred_at,
    received_at)
SELECT endpoint, '{state}', {prediction}, {bound_by}, reference, '"yes"'<json>, 'api', created_at, created_at
FROM flyball_prediction WHERE reference LIKE '{which}' ORDER BY id
"""
STATES: tuple[dict[str, str], ...] = (
    {"state": "bound", "prediction": "id", "bound_by": "'reference'", "which": "%%0"},
    {"state": "held", "prediction": "NULL", "bound_by": "NULL", "which": "%%01"},
    {"state": "unmatched", "prediction": "NULL", "bound_by": "NULL", "which": "%%02"},
)
# What a server counts as it answers, and the totals as minute 0.
MINUTES = (
    ("answers", "''", "count(*)"),
    ("decisions", "decision", "count(*)"),
    ("latency", "CAST(latency AS VARCHAR(16))", "count(*)"),
    ("latency_sum", "''", "sum(latency)"),
)
COUNTED = """
INSERT INTO flyball_minute (minute, endpoint, version, arm, name, label, count)
SELECT <minute>, endpoint, version, arm, '{name}', {label}, {amount}
FROM flyball_prediction GROUP BY 1, 2, 3, 4, 6
"""
TOTALS = """
INSERT INTO flyball_minute (minute, endpoint, version, arm, name, label, count)
SELECT 0, endpoint, version, arm, name, label, sum(count) FROM flyball_minute
GROUP BY endpoint, version, arm, name, label
"""


def record(predictions: int, endpoints: int) -> None:
    """Store them, over the last week or what has passed of this month, and what follows from them."""
    after = datetime.now(UTC)
    began = max(after - EARLIER, after.replace(day=1, hour=0, minute=0, second=0, microsecond=0))
    given = {
        "began": int(began.timestamp() * 1000),
        "step": (after - began).total_seconds() * 1000 / predictions,
        "endpoints": endpoints,
        "version": VERSIONS,
    }
    for first in range(0, predictions, PART):
        _run(PREDICTIONS, {**given, "first": first, "after": min(first + PART, predictions)})
    for each in STATES:
        _run(_with(OUTCOMES, each), {})
    for name, label, amount in MINUTES:
        _run(_with(COUNTED, {"name": name, "label": label, "amount": amount}), {})
    _run(TOTALS, {})
    with connection.cursor() as cursor:  # as PostgreSQL does by itself, in the minutes to come
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "PRAGMA optimize")


def _with(sql: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        sql = sql.replace("{" + name + "}", value)
    return sql


def _run(sql: str, given: dict[str, Any]) -> None:
    """Run a statement as this database says it."""
    parts = {
        "numbers": NUMBERS,
        "identity": IDENTITY,
        "named": NAMED,
        "moment": MOMENT,
        "ms": MILLISECONDS,
        "minute": MINUTE,
        "json": JSON,
    }
    for name, said in parts.items():
        sql = sql.replace(f"<{name}>", said[connection.vendor])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, given)
