"""The join gives the values that pandas gives, whatever keys, moments and numbers come in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flyball import Clustering, FeatureTable, RequestSource, Rows
from flyball.domain.declaration import forget
from flyball.domain.errors import DataError
from flyball.snapshots import join
from flyball.snapshots.arrow import RowWriter
from flyball.snapshots.column_types import ColumnType
from flyball.snapshots.source import Source, Staged, rows_source, table_source
from flyball.snapshots.workspace import Workspace, workspace

START = datetime(2026, 1, 1)  # noqa: DTZ001 - staged moments are in UTC without a word
AS_OF = datetime(2030, 1, 1, tzinfo=UTC)
ORDERS = FeatureTable("orders", query="SELECT", on="customer", event_time="at")


class Visits(Clustering):
    """Rows with a time, and a table of events."""

    rows = Rows(query="SELECT", key="id", time="seen")
    features = [RequestSource("mark"), ORDERS]


forget(Visits)  # or every test of this process would find it declared


def staged(
    work: Workspace, source: Source, columns: dict[str, ColumnType], features: tuple[str, ...], rows: Any
) -> Staged:
    """Rows as a source leaves them in the workspace."""
    path = work.path(source.slot)
    with RowWriter(path, list(columns.values())) as writer:
        writer.write(rows)
    return Staged(
        source=source, paths=(path,), names=tuple(columns), types=tuple(columns.values()), features=features
    )


def joined(
    folder: Path, left: Sequence[Sequence[Any]], right: Sequence[Sequence[Any]]
) -> dict[str, tuple[Any, Any]]:
    """Mark and value by key, of rows (id, seen, customer, mark) and events (customer, at, value)."""
    with workspace(folder) as work:
        rows = {
            "id": ColumnType.INTEGER,
            "seen": ColumnType.MOMENT,
            "customer": ColumnType.INTEGER,
            "mark": ColumnType.NUMBER,
        }
        events = {"customer": ColumnType.INTEGER, "at": ColumnType.MOMENT, "value": ColumnType.NUMBER}
        own = staged(work, rows_source(Visits), rows, ("mark",), left)
        orders = staged(work, table_source(Visits, ORDERS), events, ("value",), right)
        join.write(work, Visits, own, [(ORDERS, orders)], AS_OF)
        found = pq.read_table(work.path("joined")).to_pylist()
    return {row["k"]: (row["f0"], row["f1"]) for row in found}


def expected(left: Sequence[Sequence[Any]], right: Sequence[Sequence[Any]]) -> dict[str, tuple[Any, Any]]:
    """The same by pandas, row by row for those without a customer."""
    rows = pd.DataFrame(left, columns=["id", "seen", "customer", "mark"])
    events = pd.DataFrame(right, columns=["customer", "at", "value"]).dropna(subset=["customer", "at"])
    rows["seen"], events["at"] = rows["seen"].astype("M8[us]"), events["at"].astype("M8[us]")
    known = rows.dropna(subset=["customer"]).astype({"customer": "int64"}).sort_values("seen")
    by_customer = events.astype({"customer": "int64"}).sort_values("at")
    merged = pd.merge_asof(known, by_customer, left_on="seen", right_on="at", by="customer")
    found = {str(row.id): (row.mark, row.value) for row in merged.itertuples()}
    return {**{str(row.id): (row.mark, None) for row in rows.itertuples()}, **found}


def plain(value: Any) -> str | None:
    """A number to its last bit; NaN is missing, and there is one zero."""
    return None if value is None or math.isnan(value) else (float(value) + 0.0).hex()


MOMENTS = st.integers(-3, 3).map(lambda each: START + timedelta(microseconds=each))
CUSTOMERS = st.sampled_from([None, 1, 2, -1, 2**53 - 1, -(2**53) + 1])
NUMBERS = st.sampled_from([None, 0.0, -0.0, math.nan, 5e-324, -5e-324, 1e308, -1e308, 0.1, 7.0])
LEFT = st.lists(st.tuples(MOMENTS, CUSTOMERS, NUMBERS), min_size=1, max_size=12)
EVENT = st.tuples(CUSTOMERS, st.one_of(st.none(), MOMENTS), NUMBERS)
RIGHT = st.lists(EVENT, min_size=1, max_size=12, unique_by=lambda event: event[:2])


@settings(max_examples=25)
@given(left=LEFT, right=RIGHT)
def test_the_join_gives_what_pandas_gives(
    tmp_path_factory: pytest.TempPathFactory, left: list[Any], right: list[Any]
) -> None:
    rows = [(number, *row) for number, row in enumerate(left)]
    found = joined(tmp_path_factory.mktemp("join"), rows, right)
    wanted = expected(rows, right)
    assert {key: tuple(map(plain, pair)) for key, pair in found.items()} == {
        key: tuple(map(plain, pair)) for key, pair in wanted.items()
    }


def test_ties_and_recurring_entities_see_the_event_of_their_own_moment(tmp_path: Path) -> None:
    moments = [START + timedelta(microseconds=each) for each in range(4)]
    rows = [(number, moment, 1, math.nan) for number, moment in enumerate(moments)]
    events = [(1, moments[1], -0.0), (1, moments[2], math.nan), (2, moments[0], 9.0)]
    assert joined(tmp_path, rows, events) == {
        "0": (None, None),
        "1": (None, 0.0),
        "2": (None, None),
        "3": (None, None),
    }


UNSOUND: list[tuple[str, list[Any], list[Any]]] = [
    ("an infinite feature", [(1, START, 1, math.inf)], [(1, START, 1.0)]),
    ("a key twice", [(1, START, 1, 0.5), (1, START, 1, 0.5)], [(1, START, 1.0)]),
    ("an event twice", [(1, START, 1, 0.5)], [(1, START, 1.0), (1, START, 2.0)]),
    ("an infinite value of the table", [(1, START, 1, 0.5)], [(1, START, math.inf)]),
    ("a row without a time", [(1, None, 1, 0.5)], [(1, START, 1.0)]),
]


@pytest.mark.parametrize(("left", "right"), [row[1:] for row in UNSOUND], ids=[row[0] for row in UNSOUND])
def test_nothing_is_joined_before_everything_is_found_sound(
    left: list[Any], right: list[Any], tmp_path: Path
) -> None:
    with workspace(tmp_path) as work:
        columns = {"id": ColumnType.INTEGER, "seen": ColumnType.MOMENT, "customer": ColumnType.INTEGER}
        rows = {**columns, "mark": ColumnType.NUMBER}
        events = {"customer": ColumnType.INTEGER, "at": ColumnType.MOMENT, "value": ColumnType.NUMBER}
        own = staged(work, rows_source(Visits), rows, ("mark",), left)
        orders = staged(work, table_source(Visits, ORDERS), events, ("value",), right)
        with pytest.raises(DataError):
            join.write(work, Visits, own, [(ORDERS, orders)], AS_OF)
        assert not work.path("joined").exists()
