"""On PostgreSQL, predictions are partitioned by month, on their time-ordered ids."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.migrations.operations import CreateModel
from django.db.migrations.state import ProjectState

from flyball.domain.records import first_id, now

DEFAULT = "flyball_prediction_default"

MONTHS_AHEAD = 12
"""How many months are made in advance, each time; rows beyond them land in the default partition."""


def ensure_partitions(connection: BaseDatabaseWrapper, start: datetime | None = None) -> None:
    """Make the partitions of this month and the next ones, where they are missing; all or none.

    Rows that the default partition holds of such a month are moved into it. Does nothing on SQLite.
    ``start`` is the first month (now, where left out).
    """
    if connection.vendor != "postgresql":
        return
    month = (start or now()).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {DEFAULT} PARTITION OF flyball_prediction DEFAULT")
        for _ in range(MONTHS_AHEAD + 1):
            following = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
            name = f"flyball_prediction_{month:%Y_%m}"
            if not _exists(cursor, name):
                _make(cursor, name, first_id(month), first_id(following))
            month = following


def _make(cursor: CursorWrapper, name: str, first: UUID, after: UUID) -> None:
    """Make one month's partition of what the default one holds of it.

    PostgreSQL refuses a new partition while the default one has rows that belong into it.
    """
    cursor.execute(f"LOCK TABLE {DEFAULT} IN ACCESS EXCLUSIVE MODE")  # no row may come in between
    if _exists(cursor, name):  # made by somebody else, before the lock was ours
        return
    cursor.execute(f"CREATE TABLE {name} (LIKE flyball_prediction INCLUDING ALL)")
    cursor.execute(
        f"WITH moved AS (DELETE FROM {DEFAULT} WHERE id >= %s AND id < %s RETURNING *)"  # noqa: S608 - names
        f" INSERT INTO {name} SELECT * FROM moved",
        [first, after],
    )
    # The bounds are literals because DDL takes no parameters; both are UUIDs made right here.
    cursor.execute(
        f"ALTER TABLE flyball_prediction ATTACH PARTITION {name} FOR VALUES FROM ('{first}') TO ('{after}')"
    )


def _exists(cursor: CursorWrapper, name: str) -> bool:
    cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [name])
    return bool(cursor.fetchone()[0])


class CreatePartitioned(CreateModel):
    """Creates a model's table; on PostgreSQL partitioned by ranges of its id, with its partitions."""

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """The table as Django makes it, but for its partitions."""
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.name)
        sql, parameters = schema_editor.table_sql(model)
        schema_editor.execute(f"{sql} PARTITION BY RANGE (id)", parameters or None)
        for index in model._meta.indexes:
            schema_editor.add_index(model, index)
        ensure_partitions(schema_editor.connection)
