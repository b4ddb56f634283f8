"""The instance table: rows and feature tables, joined as of each row's time, never from the future."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flyball.domain.declaration import Endpoint, FeatureTable
from flyball.snapshots import validation
from flyball.snapshots.expressions import Reading, quoted
from flyball.snapshots.features import Layout, features
from flyball.snapshots.rows import SeenRows
from flyball.snapshots.source import ROW_NUMBER, Staged
from flyball.snapshots.tables import SeenTable
from flyball.snapshots.workspace import Workspace, parquet


def write(
    workspace: Workspace,
    declaration: type[Endpoint],
    staged: Staged,
    tables: Sequence[tuple[FeatureTable, Staged]],
    as_of: datetime,
) -> Layout:
    """Write the instance table to the workspace's ``joined`` file, as seen from ``as_of``.

    Everything is validated first, and once. Raises ``DataError``.
    """
    rows, seen = SeenRows(declaration, staged, as_of), [SeenTable(*table) for table in tables]
    outcome = rows.outcome()
    layout = Layout(
        features=tuple(features(declaration, staged, seen)),
        entities=declaration.entity_columns(),
        outcome=outcome.type if outcome else None,
        weight=declaration.rows.weight,
    )
    validation.check(workspace, rows, seen, layout.features)
    workspace.save(_sql(rows, seen, layout), workspace.path("joined"))
    return layout


def _sql(rows: SeenRows, tables: Sequence[SeenTable], layout: Layout) -> str:
    outcome, weight = rows.outcome(), rows.weight()
    values = [rows.key(), "r.seen", rows.known_at(), "'rows'", *rows.entities()]
    values += [each.over("r") for each in (outcome, weight) if each]
    values += [feature.reading.over(feature.alias) for feature in layout.features]
    names = [name for name, _ in layout.columns]
    selected = ", ".join(f"{value} AS {name}" for value, name in zip(values, names, strict=True))
    # ASOF compares columns, so the rows' time becomes one first.
    known = f"SELECT r.*, {rows.time()} AS seen FROM {parquet(*rows.staged.paths)} r WHERE {rows.known()}"
    joins = "\n".join(table.join(rows, f"t{i}") for i, table in enumerate(tables))
    return f"SELECT {selected} FROM ({known}) r {joins}"


@dataclass(frozen=True, slots=True)
class Beside:
    """A feature table whose values go beside rows: ``has`` is the column that says whether it has a row.

    ``readings`` are by the names of their columns.
    """

    table: SeenTable
    has: str
    readings: Mapping[str, Reading]


def write_beside(workspace: Workspace, rows: SeenRows, tables: Sequence[Beside], path: Path) -> None:
    """Write what feature tables have for numbered rows, as of the time of each, in the order of the rows.

    Rows without a time see what was known at ``rows.as_of``. Tables are validated first. Raises
    ``DataError``.
    """
    selected: list[str] = []
    for i, each in enumerate(tables):
        validation.check_table(workspace, each.table, each.readings.values())
        selected.append(f"t{i}.entity IS NOT NULL AS {quoted(each.has)}")
        selected += [f"{read.over(f't{i}')} AS {quoted(name)}" for name, read in each.readings.items()]
    every = f"SELECT r.*, {rows.time()} AS seen FROM {parquet(*rows.staged.paths)} r"
    joins = "\n".join(each.table.join(rows, f"t{i}") for i, each in enumerate(tables))
    order = f"ORDER BY r.{rows.staged.column(ROW_NUMBER)}"
    workspace.save(f"SELECT {', '.join(selected)} FROM ({every}) r {joins} {order}", path)
