"""A staged source as one file, in the order of its key: rows that are answered, and not learned from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from flyball.snapshots.expressions import Reading
from flyball.snapshots.source import Staged
from flyball.snapshots.validation import refuse_lost
from flyball.snapshots.workspace import Workspace, parquet


def write(workspace: Workspace, staged: Staged, readings: Sequence[Reading], path: Path) -> int:
    """Write these columns of a source, called ``c0``, ``c1``…; return how many rows there are, maybe none.

    Raises ``DataError`` where a value is not of the type that its column is read as.
    """
    refuse_lost(workspace, staged, readings)
    columns = ", ".join(f"{each.over('s')} AS c{place}" for place, each in enumerate(readings))
    # What has one key is told apart by all the rest: the order is the same each time.
    order = [f"s.{staged.column(str(staged.source.key))}", *map(str, range(1, len(readings) + 1))]
    table = parquet(*staged.paths)
    workspace.save(f"SELECT {columns} FROM {table} s ORDER BY {', '.join(order)}", path)
    return int(workspace.row(f"SELECT count(*) FROM {parquet(path)}")[0])
