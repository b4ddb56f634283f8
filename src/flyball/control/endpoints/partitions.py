"""On PostgreSQL, predictions are partitioned by month, on their time-ordered ids."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.db.backends.base.base import BaseDatabaseWrapper

MONTHS_AHEAD = 12
"""How many months are made in advance, each time; rows beyond them land in the default partition."""


def ensure_partitions(connection: BaseDatabaseWrapper, start: datetime | None = None) -> None:
    """Make the partitions of this month and the next ones, where they are missing.

    Does nothing on SQLite. ``start`` is the first month (now, where left out).
    """
    if connection.vendor != "postgresql":
        return
    month = (start or datetime.now(UTC)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        for _ in range(MONTHS_AHEAD + 1):
            following = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
            # The bounds are literals because DDL takes no parameters; both are UUIDs made right here.
            cursor.execute(
                f"CREATE TABLE IF NOT EXISTS flyball_prediction_{month:%Y_%m} "
                f"PARTITION OF flyball_prediction "
                f"FOR VALUES FROM ('{_first_id(month)}') TO ('{_first_id(following)}')"
            )
            month = following
        cursor.execute(
            "CREATE TABLE IF NOT EXISTS flyball_prediction_default PARTITION OF flyball_prediction DEFAULT"
        )


def _first_id(moment: datetime) -> UUID:
    return UUID(int=int(moment.timestamp() * 1000) << 80)
