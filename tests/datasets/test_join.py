"""Rows and feature tables are joined as of each row's time."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flyball import Classification, Clustering, FeatureTable, Outcome, Regression, RequestSource, Rows
from flyball.domain.errors import DataError
from flyball.domain.records import entity_key
from tests.applied import take_snapshot
from tests.datasets import cast

Taken = Callable[..., list[dict[str, Any]]]

LOANS = Rows("shop.Loan", key="id", time="applied_at")
ORDERS = FeatureTable(
    "orders", model="shop.Order", on="customer_id", event_time="created_at", columns=["total", "returned"]
)
QUERY = "SELECT customer_id, created_at, total, returned FROM shop_order"


def orders_table(source: str, project: Path) -> FeatureTable:
    """The orders from one of the four kinds of source."""
    common: dict[str, Any] = {"on": "customer_id", "event_time": "created_at"}
    if source == "model":
        return FeatureTable("orders", model="shop.Order", columns=["total", "returned"], **common)
    if source == "query":
        return FeatureTable("orders", query=QUERY, **common)
    write = cast.write_csv if source == "csv" else cast.write_parquet
    write(project / f"orders.{source}", cast.orders_as_rows())
    return FeatureTable("orders", file=f"orders.{source}", **common)


@pytest.mark.storage
@pytest.mark.parametrize("source", ["model", "query", "csv", "parquet"])
def test_each_row_sees_the_newest_event_at_or_before_its_time(
    source: str, shop: cast.Shop, project: Path, taken: Taken
) -> None:
    class Risk(Classification):
        rows = LOANS
        features = [RequestSource("amount"), orders_table(source, project)]
        outcome = Outcome("status")

    seen = {row["amount"]: (row["total"], row["returned"]) for row in taken(Risk)}
    assert seen == {3100.0: (5.25, True), 4700.0: (2.1, False), 2200.0: (None, None)}


@pytest.mark.parametrize(
    ("seconds_before", "total"),
    [(1, 7.0), (0, 7.0), (-0.000001, 2.1)],  # the same moment is known; a microsecond later is the future
)
def test_an_event_is_seen_from_its_own_moment_on(
    seconds_before: float, total: float, shop: cast.Shop, taken: Taken
) -> None:
    class Risk(Classification):
        rows = LOANS
        features = [ORDERS]
        outcome = Outcome("status")

    cast.order(shop.bob, 10 - seconds_before / 86_400, Decimal("7.00"))
    (bob,) = (row for row in taken(Risk) if str(shop.bob.pk) in row["_entity"])
    assert bob["total"] == total


def test_rows_without_a_time_see_the_newest_event_of_now(shop: cast.Shop, taken: Taken) -> None:
    class Risk(Classification):
        rows = Rows("shop.Loan", key="id")
        features = [ORDERS]
        outcome = Outcome("status")

    cast.order(shop.ann, 365_000, Decimal("9.00"))  # in a thousand years
    totals = sorted(row["total"] for row in taken(Risk) if row["total"])
    assert totals == [2.1, 20.25]


def test_a_snapshot_as_of_an_earlier_moment_knows_nothing_later(shop: cast.Shop, taken: Taken) -> None:
    class Risk(Classification):
        rows = LOANS
        features = [RequestSource("amount")]
        outcome = Outcome("status", time="closed_at")

    cast.loan(shop.ann, 30)
    assert len(taken(Risk, as_of=cast.day(11))) == 3
    assert len(taken(Risk, as_of=cast.day(30.5))) == 3  # applied for, and closed half a day later
    assert len(taken(Risk, as_of=cast.day(31))) == 4


KNOWN: list[tuple[str, dict[str, str], float]] = [
    ("the row's own time, where nothing else is declared", {}, 10),
    ("its maturity after the row", {"matures_after": "36h"}, 11.5),
    ("the outcome's own time", {"time": "closed_at"}, 12),
    ("its own time, later than its maturity", {"time": "closed_at", "matures_after": "1d"}, 12),
    ("its maturity, later than its own time", {"time": "closed_at", "matures_after": "5d"}, 15),
]


@pytest.mark.storage
@pytest.mark.parametrize(("words", "known"), [row[1:] for row in KNOWN], ids=[row[0] for row in KNOWN])
def test_a_row_says_from_when_it_can_be_learned_from(
    words: dict[str, str], known: float, shop: cast.Shop, taken: Taken
) -> None:
    class Risk(Classification):
        rows = LOANS
        features = [RequestSource("amount")]
        outcome = Outcome("status", **words)

    cast.loan(shop.bob, 1)
    late = cast.loan(shop.ann, 10, closed_at=cast.day(12))
    assert {row["_key"]: row["_known_at"] for row in taken(Risk)}[str(late.pk)] == cast.day(known)
    before, after = (taken(Risk, as_of=cast.day(known + days)) for days in (-0.001, 0))
    assert str(late.pk) in {row["_key"] for row in after} - {row["_key"] for row in before}


def test_rows_without_a_time_are_known_at_no_moment(shop: cast.Shop, taken: Taken) -> None:
    class Risk(Classification):
        rows = Rows("shop.Loan", columns=["amount"])
        outcome = Outcome("status", time="closed_at")

    assert {row["_known_at"] for row in taken(Risk)} == {None}


def test_rows_of_a_clustering_are_known_at_their_time(shop: cast.Shop, taken: Taken) -> None:
    class Groups(Clustering):
        rows = Rows("shop.Loan", time="applied_at", columns=["amount"])

    assert {row["_known_at"] for row in taken(Groups)} == {cast.day(10)}


def test_rows_are_left_out_until_their_outcome_has_matured(shop: cast.Shop, taken: Taken) -> None:
    class Risk(Classification):
        rows = LOANS
        features = [RequestSource("amount")]
        outcome = Outcome("status", matures_after="90d")

    cast.loan(shop.ann, 11)
    assert len(taken(Risk, as_of=cast.day(100))) == 3
    assert len(taken(Risk, as_of=cast.day(101))) == 4
    with pytest.raises(DataError, match=r"Risk: no row is left\."):
        take_snapshot(Risk, as_of=cast.day(99.9))


def test_rows_without_an_outcome_are_left_out(shop: cast.Shop, taken: Taken) -> None:
    class Risk(Classification):
        rows = LOANS
        features = [RequestSource("amount")]
        outcome = Outcome("status")

    cast.loan(shop.ann, 3, status=None)
    assert len(taken(Risk)) == 3


@pytest.mark.storage
def test_a_model_is_read_across_its_foreign_keys(shop: cast.Shop, taken: Taken) -> None:
    class Risk(Classification):
        rows = LOANS
        features = [
            RequestSource("customer__city__region"),
            FeatureTable(
                "customer",
                model="shop.Customer",
                on="customer_id",
                columns=["age", "vip", "income", "born", "city__region"],
                static=True,
            ),
        ]
        outcome = Outcome("status")

    by_age = {row["age"]: row for row in taken(Risk)}
    assert by_age[31]["city__region"] == by_age[31]["customer__city__region"] == "north"
    assert by_age[31]["income"] == 1000.5
    assert by_age[31]["vip"] is True
    assert by_age[31]["born"] == cast.datetime(1995, 3, 1, tzinfo=cast.UTC)
    assert by_age[47]["income"] is None


def test_columns_stand_in_the_stated_order(shop: cast.Shop, taken: Taken) -> None:
    class Risk(Classification):
        rows = LOANS
        features = [RequestSource("purpose", "amount"), ORDERS]
        outcome = Outcome("status")

    fixed = ["_key", "_time", "_known_at", "_entity", "_origin", "_outcome"]
    assert list(taken(Risk)[0]) == [*fixed, "purpose", "amount", "total", "returned"]


def test_rows_come_in_order_of_time_then_key_and_name_their_entity(shop: cast.Shop, taken: Taken) -> None:
    class Risk(Classification):
        rows = LOANS
        features = [ORDERS]
        outcome = Outcome("status")

    early = cast.loan(shop.cem, 3)
    rows = taken(Risk)
    assert rows[0]["_key"] == str(early.pk)
    assert rows[0]["_entity"] == entity_key({"customer_id": shop.cem.pk})
    assert [row["_key"] for row in rows[1:]] == sorted(row["_key"] for row in rows[1:])
    assert {row["_origin"] for row in rows} == {"rows"}


@pytest.mark.parametrize(
    ("customer", "city", "entity"),
    [(1, 2, {"customer": 1, "city": 2}), (1, "", {"customer": 1}), ("", 2, {"city": 2}), ("", "", None)],
    ids=["both keys", "no city", "no customer", "neither"],
)
def test_a_row_is_of_the_entities_whose_keys_it_has(
    customer: Any, city: Any, entity: dict[str, Any] | None, project: Path, db: None, taken: Taken
) -> None:
    (project / "visits.csv").write_text(f"visit,customer,city,bought\n7,{customer},{city},yes\n8,1,2,no\n")
    (project / "customers.csv").write_text("customer,age\n1,30\n")
    (project / "cities.csv").write_text("city,size\n2,900\n")

    class Visit(Classification):
        rows = Rows("visits.csv", key="visit")
        features = [
            FeatureTable("customers", file="customers.csv", on="customer", static=True),
            FeatureTable("cities", file="cities.csv", on="city", static=True),
        ]
        outcome = Outcome("bought")

    assert taken(Visit)[0]["_entity"] == (entity_key(entity) or "7")


def test_an_entity_is_spelled_as_the_stores_spell_it_whatever_its_key_says(
    project: Path, db: None, taken: Taken
) -> None:
    keys = [
        "plain",
        'a "quoted" one',
        "back\\slash",
        "two\nlines",
        "tab\tbell\x07",
        "Ünïcödé 🎈",
        "{},:",
        "\x7f",
    ]
    visits = pa.table(
        {"visit": range(len(keys)), "customer": keys, "city": [*keys[1:], None], "bought": keys}
    )
    pq.write_table(visits, project / "visits.parquet")
    pq.write_table(pa.table({"customer": keys, "age": range(len(keys))}), project / "customers.parquet")
    pq.write_table(pa.table({"city": keys, "size": range(len(keys))}), project / "cities.parquet")

    class Visit(Classification):
        rows = Rows("visits.parquet", key="visit")
        features = [
            FeatureTable("customers", file="customers.parquet", on="customer", static=True),
            FeatureTable("cities", file="cities.parquet", on="city", static=True),
        ]
        outcome = Outcome("bought")

    named = [{"customer": key, "city": city} for key, city in zip(keys, [*keys[1:], None], strict=True)]
    wanted = [
        entity_key({name: value for name, value in each.items() if value is not None}) for each in named
    ]
    assert [row["_entity"] for row in taken(Visit)] == wanted


def test_an_entity_without_tables_is_the_row_itself(shop: cast.Shop, taken: Taken) -> None:
    class Risk(Classification):
        rows = LOANS
        features = [RequestSource("amount")]
        outcome = Outcome("status")

    assert all(row["_entity"] == row["_key"] for row in taken(Risk))


def test_clustering_has_no_outcome_column(shop: cast.Shop, taken: Taken) -> None:
    class Groups(Clustering):
        rows = Rows("shop.Customer", columns=["age", "income"])

    assert list(taken(Groups)[0]) == ["_key", "_time", "_known_at", "_entity", "_origin", "age", "income"]


def test_regression_learns_from_numbers(shop: cast.Shop, taken: Taken) -> None:
    class Age(Regression):
        rows = Rows("shop.Customer", columns=["vip", "city__region"])
        outcome = Outcome("age")

    assert sorted(row["_outcome"] for row in taken(Age)) == [22.0, 31.0, 47.0]


def test_keys_of_different_types_are_joined_as_text(shop: cast.Shop, project: Path, taken: Taken) -> None:
    class Risk(Classification):
        rows = LOANS
        features = [FeatureTable("scores", file="scores.csv", on="customer_id", static=True)]
        outcome = Outcome("status")

    lines = [f"{shop.ann.pk},0.5", f"{shop.bob.pk},0.75", "x,1"]
    (project / "scores.csv").write_text("customer_id,score\n" + "\n".join(lines))
    assert sorted(row["score"] or 0 for row in taken(Risk)) == [0, 0.5, 0.75]
