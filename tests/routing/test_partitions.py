"""On PostgreSQL the months' partitions are made ahead, and take over what came before them."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from flyball.control.connection import raw
from flyball.control.routing.partitions import ensure_partitions
from flyball.stores import records
from flyball.stores.database import Database
from tests.ids import uuid7
from tests.stores.predictions import keep, made

pytestmark = pytest.mark.storage
FAR = datetime(2040, 5, 3, tzinfo=UTC)
LATER = datetime(2041, 9, 1, tzinfo=UTC)


def place(moment: datetime) -> str | None:
    """The partition of the row that was made at this moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tableoid::regclass::text FROM flyball_prediction WHERE created_at = %s", [moment]
        )
        row = cursor.fetchone()
    return None if row is None else str(row[0])


def test_a_month_that_is_made_late_takes_its_rows_out_of_the_default_partition(database: Database) -> None:
    if not database.is_postgres:
        pytest.skip("SQLite has no partitions.")
    early, late = (
        made(id=uuid7(int(moment.timestamp() * 1000)), created_at=moment) for moment in (FAR, LATER)
    )
    with closing(database.connect()) as own:
        keep(database, own, early, late)
        assert place(FAR) == place(LATER) == "flyball_prediction_default"
        with transaction.atomic():
            ensure_partitions(connection, FAR)
            ensure_partitions(connection, FAR)
            assert place(FAR) == "flyball_prediction_2040_05"
            assert place(LATER) == "flyball_prediction_default"
            moved = records.many(database, raw(), [early.id, late.id])
            transaction.set_rollback(True)  # the tables would stay for the tests that come after
    assert moved == {early.id: early, late.id: late}
