"""Files' newest rows in the database, so that the data plane can look them up."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

from django.db import connection

from flyball.control.datasets.models import OnlineRow
from flyball.domain.declaration import Endpoint, FeatureTable
from flyball.domain.records import now
from flyball.domain.values import canonical
from flyball.snapshots import expressions
from flyball.snapshots.source import Staged
from flyball.snapshots.tables import SeenTable
from flyball.snapshots.workspace import Workspace, parquet
from flyball.stores.database import rows_of

CHUNK = 250
"""Rows written in one transaction: on SQLite the one write lock is held under 50 ms."""


def load(workspace: Workspace, declaration: type[Endpoint], table: FeatureTable, staged: Staged) -> int:
    """Write the newest row of each key as of now, then take out keys that have left the file.

    Readers see old and new rows side by side until the load ends, never none. Returns how many there are.
    """
    number = time.time_ns()
    count = 0
    for chunk in _chunks(workspace, table, staged):
        _write(declaration.name, table.name, number, staged.features, chunk)
        count += len(chunk)
    _remove_left(declaration, table, number)
    return count


def _write(endpoint: str, table: str, number: int, names: Sequence[str], chunk: Sequence[Any]) -> None:
    """One statement, and so one transaction. What a later load has written stays: two may run at once."""
    values: list[Any] = []
    for key, *row in chunk:
        document = {name: canonical(value) for name, value in zip(names, row, strict=True)}
        values += [endpoint, table, key, number, json.dumps(document, ensure_ascii=False, allow_nan=False)]
    marks = rows_of(len(chunk), 5).replace("?", "%s")
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO flyball_online_row (endpoint, feature_table, key, load, "values") '
            f"VALUES {marks} ON CONFLICT (endpoint, feature_table, key) DO UPDATE "
            'SET load = excluded.load, "values" = excluded."values" '
            "WHERE flyball_online_row.load < excluded.load",
            values,
        )


def _chunks(workspace: Workspace, table: FeatureTable, staged: Staged) -> Any:
    seen = SeenTable(table, staged)
    values = [expressions.plain(staged, name, "s") for name in staged.features]
    selected = ", ".join([f"{seen.key().text('s')} AS entity", *values])
    known = f"{seen.key().over('s')} IS NOT NULL AND {seen.newest(now())}"
    found = workspace.duck.execute(f"SELECT {selected} FROM {parquet(*staged.paths)} s WHERE {known}")
    return iter(lambda: found.fetchmany(CHUNK), [])


def _remove_left(declaration: type[Endpoint], table: FeatureTable, number: int) -> None:
    mine = OnlineRow.objects.filter(endpoint=declaration.name, feature_table=table.name, load__lt=number)
    # Found first and deleted then: a transaction that begins by reading may not get SQLite's write lock.
    while left := list(mine.values_list("pk", flat=True)[:CHUNK]):
        OnlineRow.objects.filter(pk__in=left, load__lt=number).delete()
