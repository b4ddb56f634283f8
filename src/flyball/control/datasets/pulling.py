"""Reading the rows' outcomes without the features."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from flyball.control.datasets.sources.staging import stage
from flyball.domain.declaration import Endpoint
from flyball.snapshots import validation
from flyball.snapshots.rows import SeenRows
from flyball.snapshots.source import rows_source
from flyball.snapshots.workspace import Workspace, parquet

PAGE = 1_000


def rows(workspace: Workspace, declaration: type[Endpoint], as_of: datetime) -> Iterator[tuple[Any, ...]]:
    """Key, entity, moment and outcome of each row whose outcome is known and final. Raises ``DataError``."""
    staged = stage(rows_source(declaration), workspace)
    seen = SeenRows(declaration, staged, as_of)
    outcome = seen.outcome()
    if outcome is None:
        return
    validation.check_rows(workspace, seen)
    names = declaration.entity_columns()
    selected = ", ".join([seen.key(), seen.settled(), outcome.over("r"), *seen.entities()])
    found = workspace.duck.execute(f"SELECT {selected} FROM {parquet(staged.path)} r WHERE {seen.known()}")
    while page := found.fetchmany(PAGE):
        for key, moment, value, *entity in page:
            yield key, dict(zip(names, entity, strict=True)), moment, value
