"""What is refused before joining: keys that say too little, and values that no model can take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from flyball.domain.declaration import Endpoint
from flyball.domain.errors import DataError
from flyball.snapshots.column_types import ColumnType
from flyball.snapshots.expressions import Reading, plain
from flyball.snapshots.features import Feature
from flyball.snapshots.rows import SeenRows
from flyball.snapshots.source import Staged
from flyball.snapshots.tables import SeenTable
from flyball.snapshots.workspace import Workspace, parquet

RESERVED = frozenset({"_key", "_time", "_known_at", "_entity", "_origin", "_outcome", "_weight"})
"""Columns that a snapshot has of its own."""

UNUSABLE = {
    ColumnType.NUMBER: ("isinf({0})", "is infinite"),
    ColumnType.TEXT: ("contains({0}, chr(0))", "holds a NUL character"),
    ColumnType.MOMENT: (
        "{0} NOT BETWEEN TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31 23:59:59.999999'",
        "is outside the years 1 to 9999",
    ),
}
"""What can be neither learned from nor sent, by type."""

TYPED = "State another kind in fields=, or correct the data."

HEAVIEST = 1e100
"""The largest weight: squares of larger ones, in sums, overflow."""


def check(
    workspace: Workspace, rows: SeenRows, tables: Sequence[SeenTable], features: Sequence[Feature]
) -> None:
    """Everything that can be wrong with staged sources, before any SQL of the join. Raises ``DataError``."""
    _check_names(rows.declaration, features)
    check_rows(workspace, rows, _of(rows.staged, features))
    _check_weights(workspace, rows)
    for table in tables:
        check_table(workspace, table, _of(table.staged, features))


def check_rows(workspace: Workspace, rows: SeenRows, features: Iterable[Reading] = ()) -> None:
    """Each row has its own key, and a time where rows have one. Raises ``DataError``."""
    staged, source = rows.staged, rows.staged.source
    rules = [*_values(staged, [*rows.readings(), *features])]
    if source.key:
        rules.append(_missing(staged, source.key, "key", "Every row needs its own."))
    if source.time:
        rules.append(_missing(staged, source.time, "time", "Use query= to leave those rows out."))
    _check(workspace, staged, rules)
    if source.key:
        fix = "Each row needs its own key."
        _check_once(workspace, staged, [rows.join_key(source.key)], f"key {source.key!r}", fix)


def _check_weights(workspace: Workspace, rows: SeenRows) -> None:
    """Each row that is learned from has a weight, none is negative, and some row counts.

    Rows whose outcome is not known yet need none: what they weigh may not be known either.
    """
    weight = rows.weight()
    if weight is None:
        return
    name, value, fail = weight.name, weight.over("r"), rows.staged.source.fail
    tests = ("true", f"{value} IS NULL", f"{value} < 0", f"{value} > {HEAVIEST}", f"{value} > 0")
    counted = ", ".join(f"count_if({test})" for test in tests)
    known = f"FROM {parquet(*rows.staged.paths)} r WHERE {rows.known()}"
    every, missing, negative, heavy, positive = workspace.row(f"SELECT {counted} {known}")
    said = f"of {every} rows to learn from have"
    if missing:
        raise fail(f"{missing} {said} no weight {name!r}.", "Correct the data, or leave those rows out.")
    if negative:
        raise fail(f"{negative} {said} a negative weight {name!r}.", "A weight is 0 or more.")
    if heavy:
        raise fail(f"{heavy} {said} a weight {name!r} beyond {HEAVIEST:g}.", "Sums of them would overflow.")
    if every and not positive:
        raise fail(f"every row to learn from has the weight {name!r} 0.", "A row of weight 0 does not count.")


def refuse_lost(workspace: Workspace, staged: Staged, readings: Iterable[Reading]) -> None:
    """Raises ``DataError`` for a value that is not of the type that its column is read as."""
    for each in readings:
        counted = f"SELECT count_if({each.lost('s')}) FROM {parquet(*staged.paths)} s"
        if count := workspace.row(counted)[0]:
            raise staged.source.fail(_lost(each, count), TYPED)


def check_table(workspace: Workspace, seen: SeenTable, features: Iterable[Reading]) -> None:
    """One row a key; with an event time, one a key and moment: which came first must not matter.

    Rows without a key, or without an event time, are never joined, so they are not counted.
    """
    staged, (key, *event) = seen.staged, seen.readings()
    _check(workspace, staged, _values(staged, [key, *event, *features]))
    if event:
        fix = "Give each its own event time, or combine them in a query: which came last is not known."
        _check_once(workspace, staged, [key, *event], f"key {key.name!r} and event time", fix)
    else:
        fix = "Name its event_time=, or combine the rows of a key in a query."
        _check_once(workspace, staged, [key], f"key {key.name!r}", fix)


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition that no row may meet; what is said of how many do; and what to do."""

    condition: str
    said: Callable[[int], str]
    fix: str


def _check_names(declaration: type[Endpoint], features: Sequence[Feature]) -> None:
    names = [feature.name for feature in features]
    for feature in features:
        source, name = feature.reading.staged.source, feature.name
        if name in RESERVED:
            raise source.fail(f"{name!r} is a column of every snapshot.", "Rename it.")
        if names.count(name) > 1:
            raise source.fail(f"the feature {name!r} comes from another source too.", "Choose with columns=.")
    unknown = sorted(set(declaration.fields) - set(names))
    if unknown:
        raise DataError(
            f"{declaration.__name__}.fields: there is no feature {unknown[0]!r}. "
            f"The features are: {', '.join(names)}."
        )


def _of(staged: Staged, features: Sequence[Feature]) -> list[Reading]:
    return [feature.reading for feature in features if feature.reading.staged is staged]


def _values(staged: Staged, readings: Iterable[Reading]) -> Iterator[Rule]:
    """Values that no column may hold, and those that are not what their column is read as."""
    for name, type_ in zip(staged.names, staged.types, strict=True):
        if type_ in UNUSABLE:
            test, what = UNUSABLE[type_]
            fix = "Correct the data, or make the value missing."
            condition = test.format(f"s.{staged.column(name)}")
            yield Rule(condition, partial(_unusable, name, what), fix)
    for each in readings:
        yield Rule(each.lost("s"), partial(_lost, each), TYPED)


def _missing(staged: Staged, name: str, what: str, fix: str) -> Rule:
    return Rule(
        f"{plain(staged, name, 's')} IS NULL", lambda count: f"{count} rows have no {what} {name!r}.", fix
    )


def _check(workspace: Workspace, staged: Staged, rules: Iterable[Rule]) -> None:
    """All rules of a source in one pass over its rows; the first that some row breaks is told."""
    asked = list(rules)
    counted = ", ".join(["count(*)", *(f"count_if({rule.condition})" for rule in asked)])
    total, *counts = workspace.row(f"SELECT {counted} FROM {parquet(*staged.paths)} s")
    if not total:
        raise staged.source.fail("is empty.", "A snapshot needs at least one row of it.")
    for rule, count in zip(asked, counts, strict=True):
        if count:
            raise staged.source.fail(rule.said(count), rule.fix)


def _unusable(name: str, what: str, count: int) -> str:
    return f"the column {name!r} {what} in {count} rows."


def _lost(reading: Reading, count: int) -> str:
    return f"{count} values of the column {reading.name!r} are not of type {reading.type.name.lower()}."


def _check_once(workspace: Workspace, staged: Staged, key: list[Reading], what: str, fix: str) -> None:
    parts = [part.over("s") for part in key]
    present = " AND ".join(f"{part} IS NOT NULL" for part in parts)
    several = f"GROUP BY {', '.join(parts)} HAVING count(*) > 1"
    grouped = f"SELECT 1 FROM {parquet(*staged.paths)} s WHERE {present} {several}"
    count = workspace.row(f"SELECT count(*) FROM ({grouped})")[0]
    if count:
        raise staged.source.fail(f"several rows have the same {what} ({count} times).", fix)
