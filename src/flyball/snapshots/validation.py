"""What is refused before joining: keys that say too little, and values that no model can take."""

from __future__ import annotations

from flyball.domain.declaration import FeatureTable
from flyball.snapshots import expressions
from flyball.snapshots.physical import Physical
from flyball.snapshots.source import Staged
from flyball.snapshots.workspace import Workspace, parquet


def check_rows(workspace: Workspace, rows: Staged) -> None:
    """Each row has its own key, and a time where rows have one. Raises ``DataError``."""
    _check_not_empty(workspace, rows)
    _check_usable(workspace, rows)
    if rows.source.key:
        _check_no_null(workspace, rows, rows.source.key, "key", "Every row needs its own.")
        key, _ = expressions.as_key(workspace, rows, rows.source.key, "s")
        _check_once(workspace, rows, [key], f"key {rows.source.key!r}", "Each row needs its own key.")
    if rows.source.time:
        _check_no_null(workspace, rows, rows.source.time, "time", "Use query= to leave those rows out.")


def check_table(workspace: Workspace, table: FeatureTable, staged: Staged) -> None:
    """One row a key; with an event time, one a key and moment: which came first must not matter.

    Rows without a key, or without an event time, are never joined, so they are not counted.
    Raises ``DataError``.
    """
    _check_not_empty(workspace, staged)
    _check_usable(workspace, staged)
    name = str(staged.source.key)
    key, _ = expressions.as_key(workspace, staged, name, "s")
    if table.event_time:
        time = expressions.as_moment(workspace, staged, table.event_time, "s")
        fix = "Give each its own event time, or combine them in a query: which came last is not known."
        _check_once(workspace, staged, [key, time], f"key {name!r} and event time", fix)
    else:
        fix = "Name its event_time=, or combine the rows of a key in a query."
        _check_once(workspace, staged, [key], f"key {name!r}", fix)


def _check_not_empty(workspace: Workspace, staged: Staged) -> None:
    if not workspace.row(f"SELECT count(*) FROM {parquet(staged.path)}")[0]:
        raise staged.source.fail("is empty.", "A snapshot needs at least one row of it.")


UNUSABLE = {
    Physical.NUMBER: ("isinf({0})", "is infinite"),
    Physical.TEXT: ("contains({0}, chr(0))", "holds a NUL character"),
}
"""What can be neither learned from nor sent, by type."""


def _check_usable(workspace: Workspace, staged: Staged) -> None:
    tested = [name for name in staged.features if staged.type_of(name) in UNUSABLE]
    tests = [UNUSABLE[staged.type_of(name)][0].format(staged.column(name)) for name in tested]
    counted = ", ".join(f"count_if({test})" for test in tests) or "0"
    counts = workspace.row(f"SELECT {counted} FROM {parquet(staged.path)}")
    for name, count in zip(tested, counts, strict=False):
        if count:
            what = UNUSABLE[staged.type_of(name)][1]
            fix = "Correct the data, or make the value missing."
            raise staged.source.fail(f"the column {name!r} {what} in {count} rows.", fix)


def _check_no_null(workspace: Workspace, staged: Staged, name: str, what: str, fix: str) -> None:
    column = expressions.plain(staged, name, "s")
    count = workspace.row(f"SELECT count(*) FROM {parquet(staged.path)} s WHERE {column} IS NULL")[0]
    if count:
        raise staged.source.fail(f"{count} rows have no {what} {name!r}.", fix)


def _check_once(workspace: Workspace, staged: Staged, key: list[str], what: str, fix: str) -> None:
    present = " AND ".join(f"{part} IS NOT NULL" for part in key)
    several = f"GROUP BY {', '.join(key)} HAVING count(*) > 1"
    grouped = f"SELECT 1 FROM {parquet(staged.path)} s WHERE {present} {several}"
    count = workspace.row(f"SELECT count(*) FROM ({grouped})")[0]
    if count:
        raise staged.source.fail(f"several rows have the same {what} ({count} times).", fix)
