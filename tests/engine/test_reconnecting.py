"""A database server that throws everybody out is asked again, on new connections."""

from __future__ import annotations

import asyncio

import pytest
from django.db import connection

from flyball.serving.app import DataPlane
from flyball.serving.calls import Call, Row
from flyball.stores.database import Database
from tests import published
from tests.engine.conftest import OWNER

pytestmark = pytest.mark.storage


def test_connections_that_the_server_ends_are_opened_again(database: Database, plane: DataPlane) -> None:
    if not database.is_postgres:
        pytest.skip("SQLite has no server that could end a connection.")
    published.publish(database)
    plane.refresher.refresh()
    call = Call(endpoint="triage", rows=(Row(input=published.ROW),), idempotency_key="once")
    first = plane.engine.predict_now(OWNER, call)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert cursor.rowcount >= 2
    again = asyncio.run(plane.engine.predict(OWNER, call))
    other = asyncio.run(plane.engine.predict(OWNER, Call(endpoint="triage", rows=call.rows)))
    assert again == first
    assert other != first
    assert plane.recorder.durability == "synchronous_commit=on"
