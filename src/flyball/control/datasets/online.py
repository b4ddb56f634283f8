"""Files' newest rows in the database, so that the data plane can look them up."""

from __future__ import annotations

import time
from typing import Any

from flyball.control.datasets import columns
from flyball.control.datasets.models import OnlineRow
from flyball.control.datasets.plan import Staged
from flyball.control.datasets.seen import literal
from flyball.control.datasets.workspace import Workspace, parquet
from flyball.domain.declaration import Endpoint, FeatureTable
from flyball.domain.records import now
from flyball.domain.values import canonical

CHUNK = 250
"""Rows written in one transaction: on SQLite the one write lock is held under 50 ms."""


def load(workspace: Workspace, declaration: type[Endpoint], table: FeatureTable, staged: Staged) -> int:
    """Write the newest row of each key as of now, then take out keys that have left the file.

    Readers see old and new rows side by side until the load ends, never none. Returns how many there are.
    """
    number = time.time_ns()
    count = 0
    for chunk in _chunks(workspace, table, staged):
        rows = [
            OnlineRow(
                endpoint=declaration.name,
                feature_table=table.name,
                key=key,
                load=number,
                values={name: canonical(value) for name, value in zip(staged.features, values, strict=True)},
            )
            for key, *values in chunk
        ]
        OnlineRow.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["endpoint", "feature_table", "key"],
            update_fields=["load", "values"],
        )
        count += len(rows)
    _remove_left(declaration, table, number)
    return count


def _chunks(workspace: Workspace, table: FeatureTable, staged: Staged) -> Any:
    key, type_ = columns.as_key(workspace, staged, str(staged.source.key), "s")
    values = ", ".join(columns.plain(staged, name, "s") for name in staged.features)
    selected = f"SELECT {columns.as_text(key, type_)} AS entity{', ' if values else ''}{values}"
    known = f"FROM {parquet(staged.path)} s WHERE {key} IS NOT NULL"
    if table.event_time:
        event = columns.as_moment(workspace, staged, table.event_time, "s")
        newest = f"row_number() OVER (PARTITION BY {key} ORDER BY {event} DESC) = 1"
        known += f" AND {event} <= {literal(now())} QUALIFY {newest}"
    found = workspace.duck.execute(f"{selected} {known}")
    return iter(lambda: found.fetchmany(CHUNK), [])


def _remove_left(declaration: type[Endpoint], table: FeatureTable, number: int) -> None:
    mine = OnlineRow.objects.filter(endpoint=declaration.name, feature_table=table.name, load__lt=number)
    # Found first and deleted then: a transaction that begins by reading may not get SQLite's write lock.
    while left := list(mine.values_list("pk", flat=True)[:CHUNK]):
        OnlineRow.objects.filter(pk__in=left, load__lt=number).delete()
