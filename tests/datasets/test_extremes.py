"""Numbers and moments at the ends of their range: kept as they are, missing, or refused in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import connection

from flyball import Classification, Clustering, Outcome, Regression, Rows
from flyball.control.datasets import selectors
from flyball.control.datasets.models import Snapshot
from flyball.domain.errors import DataError
from flyball.domain.values import canonical
from tests.applied import take_snapshot
from tests.shop.models import Measure

pytestmark = [pytest.mark.storage, pytest.mark.django_db]

Taken = Callable[..., list[dict[str, Any]]]
SOURCES = ["model", "query", "csv", "parquet"]
FIRST, LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
NAN, INFINITY = float("nan"), float("inf")
LARGEST, SMALLEST = 1.7976931348623157e308, 5e-324


def rows_of(source: str, project: Path, columns: dict[str, list[Any]], **words: Any) -> Rows:
    """Those columns of measures in one of the four kinds of source; ``words`` are further ones of its."""
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    if source == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), project / "measures.parquet")
        return Rows("measures.parquet", **words)
    if source == "csv":
        spelled = [{name: "" if value is None else value for name, value in row.items()} for row in rows]
        lines = [",".join(str(value) for value in row.values()) for row in spelled]
        (project / "measures.csv").write_text("\n".join([",".join(columns), *lines]) + "\n")
        return Rows("measures.csv", **words)
    Measure.objects.bulk_create(Measure(**row) for row in rows)
    if source == "query":
        return Rows(query=f"SELECT id, {', '.join(columns)} FROM shop_measure", key="id", **words)
    return Rows("shop.Measure", columns=list(columns), **words)


def groups(rows_: Rows) -> Any:
    """A clustering of those rows."""
    return type("Groups", (Clustering,), {"rows": rows_, "__module__": __name__})


def target(rows_: Rows) -> Any:
    """A regression on those rows' target."""
    body = {"rows": rows_, "outcome": Outcome("target"), "__module__": __name__}
    return type("Amount", (Regression,), body)


KEPT: list[tuple[str, str, list[Any], list[Any]]] = [
    ("the largest numbers", "value", [LARGEST, -LARGEST, 1e308, 0.5], [LARGEST, -LARGEST, 1e308, 0.5]),
    ("the smallest numbers", "value", [SMALLEST, -SMALLEST, 0.5], [SMALLEST, -SMALLEST, 0.5]),
    ("a negative zero", "value", [-0.0, 0.5], [0.0, 0.5]),
    ("the ends of 64 bits", "whole", [2**63 - 1, -(2**63), 7], [2**63 - 1, -(2**63), 7]),
    ("the first and the last moment", "at", [FIRST, LAST], [FIRST, LAST]),
    ("the first and the last day", "day", [date.min, date.max], [FIRST, datetime(9999, 12, 31, tzinfo=UTC)]),
]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    ("column", "values", "expected"), [row[1:] for row in KEPT], ids=[row[0] for row in KEPT]
)
def test_a_value_at_the_end_of_its_range_is_kept(
    column: str, values: list[Any], expected: list[Any], source: str, project: Path, taken: Taken
) -> None:
    found = [canonical(row[column]) for row in taken(groups(rows_of(source, project, {column: values})))]
    assert sorted(map(repr, found)) == sorted(repr(canonical(value)) for value in expected)


@pytest.mark.parametrize("source", SOURCES)
def test_outcomes_as_large_as_numbers_go_are_learned_from(source: str, project: Path, taken: Taken) -> None:
    columns = {"value": [1.5, 2.5, 3.5, 4.5], "target": [LARGEST, -LARGEST, SMALLEST, -0.0]}
    found = [row["_outcome"] for row in taken(target(rows_of(source, project, columns)))]
    assert sorted(map(repr, found)) == sorted(map(repr, [LARGEST, -LARGEST, SMALLEST, 0.0]))


def test_the_profile_of_the_largest_numbers_is_finite(project: Path) -> None:
    snapshot = take_snapshot(groups(rows_of("csv", project, {"value": [LARGEST, -LARGEST, 0.5]})))
    shown = snapshot.profile["value"]
    assert [float(shown["quantiles"][name]) for name in ("0.0", "0.5", "1.0")] == [-LARGEST, 0.5, LARGEST]
    assert float(shown["mean"]) == pytest.approx(0, abs=1e300)
    assert float(shown["deviation"]) == pytest.approx(LARGEST * (2 / 3) ** 0.5)


def test_the_schema_of_the_largest_numbers_names_the_same_snapshot(project: Path) -> None:
    snapshot = take_snapshot(groups(rows_of("csv", project, {"value": [LARGEST, -LARGEST, 0.5]})))
    assert selectors.verified_path(Snapshot.objects.get(pk=snapshot.pk)).stem == snapshot.digest


@pytest.mark.parametrize("source", SOURCES)
def test_of_many_numbers_those_that_are_none_are_missing(source: str, project: Path, taken: Taken) -> None:
    found = [row["value"] for row in taken(groups(rows_of(source, project, {"value": [0.5, NAN, 1.5, NAN]})))]
    assert sorted(found, key=repr) == [0.5, 1.5, None, None]


@pytest.mark.parametrize("source", ["query", "parquet"])
def test_an_infinite_outcome_is_refused_in_words(source: str, project: Path) -> None:
    rows_ = rows_of(source, project, {"value": [1.5, 2.5], "target": [0.5, INFINITY]})
    with pytest.raises(DataError, match="the column 'target' is infinite in 1 rows"):
        take_snapshot(target(rows_))


@pytest.mark.parametrize("source", ["model", "query"])
def test_an_infinite_feature_of_the_database_is_refused_in_words(source: str, project: Path) -> None:
    with pytest.raises(DataError, match="the column 'value' is infinite in 1 rows"):
        take_snapshot(groups(rows_of(source, project, {"value": [1.5, INFINITY]})))


@pytest.mark.parametrize("source", SOURCES)
def test_an_outcome_that_is_not_a_number_is_missing(source: str, project: Path, taken: Taken) -> None:
    rows_ = rows_of(source, project, {"value": [1.5, 2.5], "target": [0.5, NAN]})
    assert [row["_outcome"] for row in taken(target(rows_))] == [0.5]


def test_a_number_beyond_64_bits_in_a_parquet_file_is_refused_in_words(project: Path) -> None:
    table = pa.table({"whole": pa.array([1, 2**63], pa.uint64())})
    pq.write_table(table, project / "measures.parquet")
    with pytest.raises(DataError, match="a value is not of its column's type"):
        take_snapshot(groups(Rows("measures.parquet")))


def test_a_moment_after_the_year_9999_is_refused_in_words(project: Path) -> None:
    later = pa.array([0, 300_000_000_000_000_000], pa.timestamp("us"))
    pq.write_table(pa.table({"at": later}), project / "measures.parquet")
    with pytest.raises(DataError, match="the column 'at' is outside the years 1 to 9999 in 1 rows"):
        take_snapshot(groups(Rows("measures.parquet")))


def on_postgres() -> None:
    """SQLite has no such values."""
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has neither numeric NaN nor infinite moments.")


@pytest.mark.parametrize("type_", ["numeric", "real", "double precision"])
def test_a_nan_of_postgresql_is_missing(type_: str, project: Path, taken: Taken) -> None:
    on_postgres()
    query = f"SELECT 1 AS id, CAST('NaN' AS {type_}) AS value, 1 AS target UNION ALL SELECT 2, 0.5, 2"
    query += f" UNION ALL SELECT 3, 1.5, CAST('NaN' AS {type_})"
    rows = taken(target(Rows(query=query, key="id")))
    assert [(row["value"], row["_outcome"]) for row in rows] == [(None, 1.0), (0.5, 2.0)]


def test_a_nan_in_a_models_decimals_is_missing(project: Path, taken: Taken) -> None:
    on_postgres()
    Measure.objects.create(exact=Decimal("1.5"), target=1)
    late = Measure.objects.create(exact=Decimal("2.5"), target=2)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE shop_measure SET exact = 'NaN' WHERE id = %s", [late.pk])
    rows_ = Rows("shop.Measure", columns=["exact"])
    assert [row["exact"] for row in taken(target(rows_))] == [1.5, None]


@pytest.mark.parametrize("type_", ["numeric", "double precision"])
@pytest.mark.parametrize("column", ["value", "target"])
def test_an_infinity_of_postgresql_is_refused_in_words(type_: str, column: str, project: Path) -> None:
    on_postgres()
    other = "target" if column == "value" else "value"
    query = f"SELECT 1 AS id, CAST('-Infinity' AS {type_}) AS {column}, 1.5 AS {other}"
    with pytest.raises(DataError, match=f"the column '{column}' is infinite in 1 rows"):
        take_snapshot(target(Rows(query=query, key="id")))


@pytest.mark.parametrize("moment", ["infinity", "-infinity", "12000-01-01", "0044-03-15 BC"])
@pytest.mark.parametrize("column", ["at", "day"])
@pytest.mark.parametrize("source", ["model", "query"])
def test_a_moment_that_python_cannot_hold_is_refused_in_words(
    source: str, column: str, moment: str, project: Path
) -> None:
    on_postgres()
    rows_ = rows_of(source, project, {"at": [FIRST], "day": [date.min]})
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE shop_measure SET {column} = %s", [moment])
    with pytest.raises(DataError, match="outside the years 1 to 9999") as refused:
        take_snapshot(groups(rows_))
    assert moment not in str(refused.value)


def test_a_label_of_whole_decimals_is_the_whole_number(project: Path, taken: Taken) -> None:
    for exact in (Decimal(1), Decimal("2.0"), Decimal(1)):
        Measure.objects.create(exact=exact, value=0.5)
    body = {"rows": Rows("shop.Measure", columns=["value"]), "outcome": Outcome("exact", positive=1)}
    risk = type("Risk", (Classification,), {**body, "__module__": __name__})
    assert [row["_outcome"] for row in taken(risk)] == [1, 2, 1]
