"""Rows as a data frame: one type a kind, and the same frame from a snapshot and from a request."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from flyball.domain.schema import Field, Kind, Schema
from flyball.domain.values import Scalar
from flyball.inference.frame import conform, frame, scalars
from tests.learning import rows

NOON = "2026-03-01T12:00:00.000000Z"

CELLS: list[tuple[str, Kind, Scalar, str, Any]] = [
    ("a number", Kind.NUMBER, 1.5, "float64", 1.5),
    ("an integer for a number", Kind.NUMBER, 2, "float64", 2.0),
    ("an integer", Kind.INTEGER, 7, "float64", 7.0),
    ("true", Kind.BOOLEAN, True, "float64", 1.0),
    ("false", Kind.BOOLEAN, False, "float64", 0.0),
    ("a category", Kind.CATEGORY, "red", "object", "red"),
    ("a category that is a number", Kind.CATEGORY, 3, "object", "3"),
    ("a category that is true", Kind.CATEGORY, True, "object", "true"),
    ("a text", Kind.TEXT, "Grüße", "object", "Grüße"),
    ("an empty text is a text", Kind.TEXT, "", "object", ""),
    ("a timestamp", Kind.TIMESTAMP, NOON, "datetime64[us, UTC]", pd.Timestamp(NOON)),
]


@pytest.mark.parametrize(
    ("kind", "value", "dtype", "cell"), [row[1:] for row in CELLS], ids=[row[0] for row in CELLS]
)
def test_each_kind_has_one_type(kind: Kind, value: Scalar, dtype: str, cell: Any) -> None:
    column = frame(Schema((Field(name="x", kind=kind),)), [{"x": value}])["x"]
    assert (str(column.dtype), column[0], type(column[0])) == (dtype, cell, type(column[0]))


@pytest.mark.parametrize("kind", Kind)
def test_what_is_missing_keeps_the_type_of_its_kind(kind: Kind) -> None:
    schema = Schema((Field(name="x", kind=kind, nullable=True),))
    whole: dict[Kind, Scalar] = {Kind.TIMESTAMP: NOON, Kind.CATEGORY: "a", Kind.TEXT: "a", Kind.BOOLEAN: True}
    full = whole.get(kind, 1)
    there = frame(schema, [{"x": full}])["x"]
    for empty in (frame(schema, [{"x": None}])["x"], frame(schema, [{}])["x"]):
        assert empty.dtype == there.dtype
        assert pd.isna(empty[0])


def test_columns_come_in_the_schemas_order() -> None:
    schema = Schema(tuple(Field(name=name, kind=Kind.NUMBER) for name in ("b", "a-b", "c")))
    assert list(frame(schema, [{"c": 1.0, "a-b": 2.0, "b": 3.0}]).columns) == ["b", "a-b", "c"]


def test_a_snapshot_and_the_same_rows_in_requests_give_one_frame(tmp_path: Path) -> None:
    path = rows.snapshot(tmp_path / "rows.parquet")
    trained = rows.read(path, rows.SCHEMA, "classification").frame
    raw = pq.read_table(path).select(list(rows.SCHEMA.names)).to_pylist()
    sent = [{name: _sent(value) for name, value in row.items()} for row in raw]
    served = frame(rows.SCHEMA, sent)
    pd.testing.assert_frame_equal(trained, served)
    assert scalars(rows.SCHEMA, trained) == sent


def _sent(value: Any) -> Scalar:
    """A value of a Parquet file as JSON has it."""
    if hasattr(value, "strftime"):
        return str(value.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    scalar: Scalar = value
    return scalar


def test_no_rows_give_an_empty_frame_of_the_same_types() -> None:
    empty = frame(rows.SCHEMA, [])
    assert (len(empty), list(empty.columns)) == (0, list(rows.SCHEMA.names))


def test_integers_with_holes_keep_their_spelling_as_categories() -> None:
    schema = Schema((Field(name="x", kind=Kind.CATEGORY, nullable=True, categories=(1, 2)),))
    column = conform(schema, {"x": pd.Series([1, None, 2], dtype=object)})["x"]
    assert column.tolist() == ["1", None, "2"]


def test_numbers_beyond_every_float_are_not_seen_here() -> None:
    schema = Schema((Field(name="x", kind=Kind.NUMBER),))
    assert math.isfinite(frame(schema, [{"x": 1.7e308}])["x"][0])


@pytest.mark.parametrize("others", [[], [NOON], [None]], ids=["alone", "in company", "beside a missing one"])
@pytest.mark.parametrize("text", ["9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00.000000Z"])
def test_dates_that_nanoseconds_do_not_reach_come_back_as_they_were(
    text: str, others: list[str | None]
) -> None:
    schema = Schema((Field(name="x", kind=Kind.TIMESTAMP, nullable=True),))
    sent: list[dict[str, Scalar]] = [{"x": value} for value in [*others, text]]
    assert scalars(schema, frame(schema, sent)) == sent
