"""Traffic of one A/B test on PostgreSQL: predictions and outcomes, made by the database itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

PART = 500_000
"""Predictions of one transaction."""
EACH = 10
"""Predictions of a unit, on average; its first one has an outcome."""
BACK = timedelta(days=7)

# A UUID of version 7, whose random part is the row's number. Of ten predictions one is a new unit's; the
# others are of units that came before. The arm is the unit's own: the first 48 bits of its SHA-256, in slots.
PREDICTIONS = r"""
WITH numbered AS (
    SELECT n, %(began)s::bigint + (n * %(step)s::float8)::bigint AS ms,
        CASE WHEN n %% %(each)s = 0 THEN n / %(each)s
             ELSE (n * 7919) %% (n / %(each)s + 1) END AS unit
    FROM generate_series(%(first)s::bigint, %(after)s::bigint - 1) AS n),
assigned AS (
    SELECT n, ms, unit, (('x' || encode(substr(sha256(
        convert_to(%(salt)s, 'UTF8') || '\x00'::bytea || convert_to('unit-' || unit, 'UTF8')), 1, 6), 'hex')
        )::bit(48)::bigint * 10000) >> 48 AS slot
    FROM numbered)
INSERT INTO flyball_prediction (id, endpoint, version, arm, route, reference, entity, input, output, latency,
    propensity, test, warnings, created_at)
SELECT (lpad(to_hex(ms), 12, '0') || '7' || lpad(to_hex(n %% 4096), 3, '0') || '8'
        || lpad(to_hex(n), 15, '0'))::uuid,
    %(endpoint)s, CASE WHEN slot < 5000 THEN 1 ELSE 2 END,
    CASE WHEN slot < 5000 THEN 'champion' ELSE 'challenger' END, 2, 'unit-' || unit, '{}',
    '{"age": 30, "income": 2000, "visits": 3, "job": "clerk"}',
    jsonb_build_object('label', 'yes', 'probabilities',
        jsonb_build_object('no', (n * 37 %% 997) / 997.0, 'yes', 1 - (n * 37 %% 997) / 997.0)),
    80 + n %% 300, 0.5, 1, '[]', to_timestamp(ms / 1000.0)
FROM assigned ORDER BY n
"""
# A fifth of the champion's units buy, and a little more of the challenger's.
OUTCOMES = """
INSERT INTO flyball_outcome (endpoint, state, prediction, bound_by, value, source, occurred_at, received_at)
SELECT endpoint, 'bound', id, 'id',
    CASE WHEN random() < 0.2 + 0.004 * (version - 1) THEN '"yes"'::jsonb ELSE '"no"'::jsonb END, 'api',
    created_at, created_at + interval '5 minutes'
FROM flyball_prediction
WHERE endpoint = %(endpoint)s AND ('x' || right(id::text, 12))::bit(48)::bigint %% %(each)s = 0
ORDER BY id
"""


def fill(endpoint: str, salt: str, predictions: int) -> datetime:
    """Store predictions of the test, over the last week or what has passed of this month, and their outcomes.

    Gives the moment of the last one.
    """
    after = datetime.now(UTC) - timedelta(hours=2)  # so long ago that they count
    began = began_at()
    given: dict[str, Any] = {
        "endpoint": endpoint,
        "salt": salt,
        "each": EACH,
        "began": int(began.timestamp() * 1000) + 1000,
        "step": ((after - began).total_seconds() - 1) * 1000 / predictions,
    }
    for first in range(0, predictions, PART):
        _run(PREDICTIONS, {**given, "first": first, "after": min(first + PART, predictions)})
    _run(OUTCOMES, given)
    with connection.cursor() as cursor:  # as PostgreSQL does by itself, in the minutes to come
        cursor.execute("VACUUM ANALYZE")
    return after


def began_at() -> datetime:
    """When the traffic begins."""
    now = datetime.now(UTC)
    return max(now - BACK, now.replace(day=1, hour=0, minute=0, second=0, microsecond=0))


def _run(sql: str, given: dict[str, Any]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, given)
