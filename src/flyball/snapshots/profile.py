"""What the instance table shows of each column: its schema and its profile."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from flyball.domain import declaration as words
from flyball.domain.errors import DataError
from flyball.domain.schema import Field, Kind, Schema
from flyball.domain.values import Scalar, canonical, label_of
from flyball.snapshots.column_types import KIND, ColumnType
from flyball.snapshots.features import Feature, Layout
from flyball.snapshots.workspace import Workspace

CATEGORIES = 50
"""Text with at most so many different values is a category; with more it is text."""
SHOWN = 100
"""How many categories a profile counts, the most frequent first."""
LARGE, SCALE = 1e150, 2.0**600
"""The square of a number beyond the first is infinite; a power of two scales it to the last bit."""
HELD = 10_000_000
"""How many values DuckDB holds in memory (80 MB) to find their quantiles; more are sorted on the disk."""
QUANTILES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)

Profile = dict[str, dict[str, Any]]


def describe(
    workspace: Workspace, table: str, layout: Layout, declaration: type[words.Endpoint]
) -> tuple[Schema, Profile]:
    """The schema of the features and the profile of features and outcome.

    A profile holds, for each column, ``kind``, ``count`` and ``missing``; for numbers ``mean``,
    ``deviation`` and ``quantiles``; for categories and booleans ``categories`` as pairs of value and
    count; for text ``distinct`` and the quantiles of its ``length``; for timestamps ``first`` and ``last``.
    """
    profile: Profile = {}
    fields = []
    for i, feature in enumerate(layout.features):
        stated = declaration.fields.get(feature.name, words.Field())
        kind = Kind(stated.kind) if stated.kind else _kind(workspace, table, f"f{i}", feature)
        shown = _column(workspace, table, f"f{i}", kind)
        profile[feature.name] = shown
        seen = _seen(workspace, table, f"f{i}") if kind is Kind.CATEGORY else ()
        fields.append(_field(feature, kind, shown, seen, stated, declaration))
    if declaration.outcome is not None and layout.outcome is not None:
        kind = Kind.CATEGORY if declaration.task == "classification" else Kind.NUMBER
        profile[declaration.outcome.column] = _column(workspace, table, "y", kind)
        _check_positive(declaration, _seen(workspace, table, "y") if kind is Kind.CATEGORY else ())
    return Schema(tuple(fields)), profile


def _kind(workspace: Workspace, table: str, column: str, feature: Feature) -> Kind:
    if feature.enumeration is not None:
        return Kind.CATEGORY
    if feature.type is not ColumnType.TEXT:
        return KIND[feature.type]
    distinct = workspace.row(f"SELECT count(DISTINCT {column}) FROM {table}")[0]
    return Kind.CATEGORY if distinct <= CATEGORIES else Kind.TEXT


def _field(
    feature: Feature,
    kind: Kind,
    shown: dict[str, Any],
    seen: tuple[Scalar, ...],
    stated: words.Field,
    declaration: type[words.Endpoint],
) -> Field:
    categories = _categories(feature, seen) if stated.categories is None else stated.categories
    known = feature.enumeration.labels if feature.enumeration else {}
    quantiles = shown.get("quantiles", {}) if kind in {Kind.NUMBER, Kind.INTEGER} else {}
    return Field(
        name=feature.name,
        kind=kind,
        nullable=bool(shown["missing"]) if stated.nullable is None else stated.nullable,
        categories=categories if kind is Kind.CATEGORY else (),
        labels=tuple(known.get(value, str(value)) for value in categories)
        if known and kind is Kind.CATEGORY
        else (),
        low=quantiles.get("0.0") if stated.low is None else stated.low,
        high=quantiles.get("1.0") if stated.high is None else stated.high,
        source=feature.source,
        unseen=stated.unseen or declaration.unseen,
    )


def _categories(feature: Feature, seen: tuple[Scalar, ...]) -> tuple[Scalar, ...]:
    """The values that the source declares, in its order; then the others that are seen."""
    enumeration = feature.enumeration
    declared = tuple(enumeration.labels) if enumeration and enumeration.declared else ()
    return (*declared, *(value for value in seen if value not in declared))


def _seen(workspace: Workspace, table: str, column: str) -> tuple[Scalar, ...]:
    """The categories in order, so that the schema does not depend on the order of the rows."""
    sql = f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY 1"
    return tuple(row[0] for row in workspace.duck.execute(sql).fetchall())


def _column(workspace: Workspace, table: str, column: str, kind: Kind) -> dict[str, Any]:
    count, missing = workspace.row(f"SELECT count({column}), count(*) - count({column}) FROM {table}")
    shown: dict[str, Any] = {"kind": str(kind), "count": count, "missing": missing}
    if kind in {Kind.NUMBER, Kind.INTEGER}:
        return shown | _numbers(workspace, table, column)
    if kind in {Kind.CATEGORY, Kind.BOOLEAN}:
        return shown | {"categories": _counts(workspace, table, column)}
    if kind is Kind.TIMESTAMP:
        first, last = workspace.row(f"SELECT min({column}), max({column}) FROM {table}")
        return shown | {"first": canonical(first), "last": canonical(last)}
    distinct = workspace.row(f"SELECT count(DISTINCT {column}) FROM {table}")[0]
    return shown | {"distinct": distinct, "length": _quantiles(workspace, table, f"length({column})")}


def _numbers(workspace: Workspace, table: str, column: str) -> dict[str, Any]:
    """Mean, deviation and quantiles. Numbers whose sums or squares no float can hold are scaled meanwhile."""
    least, most = workspace.row(f"SELECT min({column})::DOUBLE, max({column})::DOUBLE FROM {table}")
    largest = max(abs(least or 0), abs(most or 0))
    scale = SCALE if largest > LARGE else 1.0
    scaled = f"{column}::DOUBLE / {scale!r}::DOUBLE" if scale != 1 else column
    mean, deviation = workspace.row(f"SELECT avg({scaled}), stddev_pop({scaled}) FROM {table}")
    quantiles = {name: value * scale for name, value in _quantiles(workspace, table, scaled).items()}
    ends = {"0.0": least, "1.0": most} if quantiles else {}  # to the last bit: they are the schema's range
    return {
        "mean": None if mean is None else mean * scale,
        "deviation": None if deviation is None else deviation * scale,
        "quantiles": quantiles | ends,
    }


def _quantiles(workspace: Workspace, table: str, expression: str) -> dict[str, float]:
    """The quantiles of an expression's values; none where there is none."""
    count = workspace.row(f"SELECT count({expression}) FROM {table}")[0]
    quantiles = sorted_quantiles if count > HELD else held_quantiles
    return dict(zip(map(str, QUANTILES), quantiles(workspace, table, expression), strict=False))


def held_quantiles(workspace: Workspace, table: str, expression: str) -> Sequence[float]:
    """The quantiles, of values that are all held in memory."""
    wanted = ", ".join(map(str, QUANTILES))
    found = workspace.row(f"SELECT quantile_cont(({expression})::DOUBLE, [{wanted}]) FROM {table}")[0]
    return found or ()


def sorted_quantiles(workspace: Workspace, table: str, expression: str) -> Sequence[float]:
    """The same, but for the last bit, of values that are sorted on the disk: memory need not hold them."""
    workspace.duck.execute(
        f"CREATE OR REPLACE TABLE ordered AS SELECT ({expression})::DOUBLE AS v FROM {table} "
        f"WHERE ({expression}) IS NOT NULL ORDER BY v"
    )
    count = workspace.row("SELECT count(*) FROM ordered")[0]
    places = [quantile * (count - 1) for quantile in QUANTILES if count]
    wanted = {each for place in places for each in (math.floor(place), math.ceil(place))}
    sql = f"SELECT rowid, v FROM ordered WHERE rowid IN ({', '.join(map(str, wanted)) or 'NULL'})"
    at: dict[int, float] = dict(workspace.duck.execute(sql).fetchall())
    workspace.duck.execute("DROP TABLE ordered")
    return [_between(at[math.floor(place)], at[math.ceil(place)], place % 1) for place in places]


def _between(low: float, high: float, share: float) -> float:
    return low * (1 - share) + high * share if share else low


def _counts(workspace: Workspace, table: str, column: str) -> list[list[Any]]:
    sql = (
        f"SELECT {column}, count(*) FROM {table} WHERE {column} IS NOT NULL "
        f"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {SHOWN}"
    )
    return [list(row) for row in workspace.duck.execute(sql).fetchall()]


def _check_positive(declaration: type[words.Endpoint], labels: tuple[Scalar, ...]) -> None:
    """The positive class is one of the labels. Raises ``DataError``, with the labels that there are."""
    positive = declaration.outcome.positive
    if positive is None or label_of(positive, labels) is not None:
        return
    shown = ", ".join(map(repr, labels[:10]))
    raise DataError(
        f"{declaration.__name__}.outcome: no row has the positive class {positive!r}. "
        f"The outcomes are: {shown}."
    )
