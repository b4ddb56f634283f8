"""Reading sources neither blocks the database nor fills the memory."""

from __future__ import annotations

import stat
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.lookups import Regex
from django.test.utils import isolate_apps

from flyball import Classification, Clustering, FeatureTable, Outcome, RequestSource, Rows
from flyball.control.datasets import places, selectors, services
from flyball.control.datasets.sources import model_source, query_source
from flyball.domain.errors import DataError, DeclarationError, NotFound
from flyball.snapshots.source import Source, rows_source
from flyball.snapshots.workspace import workspace
from flyball.stores.database import Database
from tests.applied import take_snapshot
from tests.datasets import cast
from tests.shop.models import Loan

QUERY = "SELECT id, applied_at, amount, status FROM shop_loan"


def queried(sql: str, **options: Any) -> Source:
    """The rows of a query as a source."""

    class Risk(Classification):
        rows = Rows(query=sql, **{"key": "id"} | options)
        outcome = Outcome("status")

    return rows_source(Risk)


def busy(database: Database) -> bool:
    """Whether a read of the database is open, so that SQLite cannot empty its log."""
    with closing(database.connect()) as connection:
        return bool(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])


def test_no_read_stays_open_between_the_pages_of_a_model(database: Database, project: Path) -> None:
    if database.is_postgres:
        pytest.skip("PostgreSQL's log does not wait for readers.")
    cast.open_shop()
    pages = model_source.pages(Loan.objects.all(), ("amount",))
    next(pages)
    assert not busy(database)


def test_no_read_stays_open_between_the_pages_of_a_query(database: Database, project: Path) -> None:
    if database.is_postgres:
        pytest.skip("PostgreSQL's log does not wait for readers.")
    cast.open_shop()
    with query_source.opened(queried(QUERY)) as (_, pages):
        next(pages)
        assert not busy(database)


@pytest.mark.storage
def test_every_row_of_many_pages_is_read_once(shop: cast.Shop, taken: Any) -> None:
    class FromModel(Classification):
        rows = Rows("shop.Loan", key="id", time="applied_at")
        features = [RequestSource("amount")]
        outcome = Outcome("status")

    class FromQuery(FromModel):
        rows = Rows(query=QUERY, key="id", time="applied_at")

    Loan.objects.bulk_create(
        Loan(customer=shop.ann, applied_at=cast.day(i / 100), amount=i, purpose="car", status="repaid")
        for i in range(2 * model_source.PAGE)
    )
    for declaration in (FromModel, FromQuery):
        rows = taken(declaration)
        assert len(rows) == len({row["_key"] for row in rows}) == Loan.objects.count()


CHOSEN: list[tuple[dict[str, Any], int]] = [
    ({"where": Q(amount__gt=2500)}, 2),
    ({"where": ~Q(purpose="car")}, 0),
    ({"where": Q(customer__order__total__gt=0)}, 2),  # Ann has three such orders, and one loan
    ({"manager": "repaid"}, 2),
    ({"manager": "repaid", "where": Q(amount__gt=2500)}, 1),
]


@pytest.mark.storage
@pytest.mark.parametrize(("chosen", "count"), CHOSEN)
def test_the_rows_of_a_model_can_be_chosen(
    chosen: dict[str, Any], count: int, shop: cast.Shop, taken: Any
) -> None:
    class Groups(Clustering):
        rows = Rows("shop.Loan", columns=["amount"], **chosen)

    if count:
        assert len(taken(Groups)) == count
    else:
        with pytest.raises(DataError, match="is empty"):
            take_snapshot(Groups)


UNREADABLE: list[tuple[dict[str, Any], str]] = [
    ({"where": Q(purpose__regex="(")}, "a regular expression that chooses the rows cannot be read: "),
    ({"manager": "odd"}, "a regular expression that chooses the rows cannot be read: "),
    ({"where": Regex(F("purpose"), Value("("))}, "regular expression"),  # only the database sees this one
    ({"manager": "few"}, r"the manager 'few' gives a slice, such as \[:10\]"),
]


@pytest.mark.storage
@pytest.mark.parametrize(("chosen", "said"), UNREADABLE)
def test_a_choice_that_cannot_be_read_is_named(chosen: dict[str, Any], said: str, shop: cast.Shop) -> None:
    class Groups(Clustering):
        rows = Rows("shop.Loan", columns=["amount"], **chosen)

    with pytest.raises(DataError, match=rf"Groups.rows \(shop.Loan\): .*{said}"):
        take_snapshot(Groups)


REFUSED: list[tuple[str, str]] = [
    ("SELECT nothing FROM shop_loan", "Risk.rows (query): the query fails:"),
    ("SELECT id, amount AS x, status, purpose AS x FROM shop_loan", "has the column 'x' twice."),
    ("SELECT id, amount FROM shop_loan", "has no column 'status'. It has: amount, id."),
    ("SELECT id, status FROM shop_loan WHERE 1 = 0", "is empty."),
    ("SELECT NULL AS id, status FROM shop_loan", "3 rows have no key 'id'."),
    ("SELECT 1 AS id, status FROM shop_loan", "several rows have the same key 'id' (1 times)."),
]


@pytest.mark.storage
@pytest.mark.parametrize(("sql", "message"), REFUSED)
def test_a_query_that_cannot_be_a_source_is_refused(sql: str, message: str, shop: cast.Shop) -> None:
    class Risk(Classification):
        rows = Rows(query=sql, key="id")
        outcome = Outcome("status")

    with pytest.raises(DataError) as refused:
        take_snapshot(Risk)
    assert message in str(refused.value)


DUPLICATES: list[tuple[dict[str, Any], str]] = [
    (
        {"model": "shop.Order", "event_time": "created_at"},
        "several rows have the same key 'customer_id' and event time (1 times). Give each its own",
    ),
    (
        {"model": "shop.Order", "static": True, "columns": ["total"]},
        "several rows have the same key 'customer_id' (2 times). Name its event_time=",
    ),
]


@pytest.mark.storage
@pytest.mark.parametrize(("table", "message"), DUPLICATES)
def test_two_rows_that_could_both_be_joined_are_refused(
    table: dict[str, Any], message: str, shop: cast.Shop
) -> None:
    class Risk(Classification):
        rows = Rows("shop.Loan", key="id", time="applied_at")
        features = [FeatureTable("orders", on="customer_id", **table)]
        outcome = Outcome("status")

    cast.order(shop.bob, 2.5, cast.Decimal("3"))
    with pytest.raises(DataError) as refused:
        take_snapshot(Risk)
    assert message in str(refused.value)
    assert "Risk.features, table 'orders' (shop.Order)" in str(refused.value)


def test_a_feature_called_like_a_column_of_every_snapshot_is_refused(shop: cast.Shop) -> None:
    class Risk(Classification):
        rows = Rows(query="SELECT id, amount AS _key, status FROM shop_loan", key="id")
        outcome = Outcome("status")

    with pytest.raises(DataError, match="'_key' is a column of every snapshot"):
        take_snapshot(Risk)


def test_a_feature_from_two_sources_is_refused(shop: cast.Shop) -> None:
    class Risk(Classification):
        rows = Rows("shop.Loan", key="id")
        features = [
            RequestSource("amount"),
            FeatureTable(
                "more", query="SELECT id, 1 AS amount FROM shop_customer", on="customer_id", key="id"
            ),
        ]
        outcome = Outcome("status")

    with pytest.raises(DataError, match="the feature 'amount' comes from another source too"):
        take_snapshot(Risk)


def test_a_workspace_sorts_more_than_its_memory_holds(tmp_path: Path) -> None:
    with workspace(tmp_path, memory="64MB") as work:
        work.save("SELECT range AS a, random() AS b FROM range(6_000_000) ORDER BY b", work.path("sorted"))
        assert work.path("sorted").stat().st_size > 64_000_000


def test_nothing_but_the_snapshot_stays_on_disk(shop: cast.Shop) -> None:
    class Risk(Classification):
        rows = Rows("shop.Loan", key="id", columns=["amount"])
        outcome = Outcome("status")

    said: list[str] = []
    snapshot = take_snapshot(Risk, report=said.append)
    path = selectors.snapshot_path(snapshot)
    assert list(places.snapshots().iterdir()) == [path]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert said[0] == "Reading rows"
    assert selectors.snapshot("risk", "latest") == snapshot


def test_a_snapshot_that_is_not_there_is_told(shop: cast.Shop) -> None:
    with pytest.raises(NotFound, match="flyball snapshot risk"):
        selectors.snapshot("risk", "latest")


def test_a_wrong_declaration_is_refused_before_anything_is_read(project: Path) -> None:
    class Risk(Classification):
        rows = Rows("shop.Loan")

    with pytest.raises(DeclarationError, match=r"Risk\.outcome is missing\."):
        services.take_snapshot(declaration=Risk)


@pytest.mark.parametrize("positive", ["broken", 1, True])
def test_a_positive_class_that_no_row_has_is_refused(positive: Any, shop: cast.Shop) -> None:
    class Risk(Classification):
        rows = Rows("shop.Loan", columns=["amount"])
        outcome = Outcome("status", positive=positive)

    with pytest.raises(
        DataError, match=r"Risk\.outcome: no row has the positive class .* 'defaulted', 'repaid'"
    ):
        take_snapshot(Risk)


MEANT: list[tuple[str, Any, list[Any]]] = [
    ("vip", "True", [True, False, False]),
    ("vip", "false", [True, False, False]),
    ("vip", True, [True, False, False]),
    ("age", "31", [31, 47, 22]),
    ("age", 31.0, [31, 47, 22]),
    ("age", "31.0", [31, 47, 22]),
]


@pytest.mark.parametrize(("column", "positive", "labels"), MEANT)
def test_a_positive_class_may_be_spelled_as_people_write_it(
    column: str, positive: Any, labels: list[Any], shop: cast.Shop, taken: Any
) -> None:
    class Risk(Classification):
        rows = Rows("shop.Customer", columns=["city__region"])
        outcome = Outcome(column, positive=positive)

    assert [row["_outcome"] for row in taken(Risk)] == labels


def test_a_wrong_positive_class_is_told_with_the_labels_that_there_are(shop: cast.Shop) -> None:
    class Risk(Classification):
        rows = Rows("shop.Customer", columns=["age"])
        outcome = Outcome("vip", positive="yes")

    told = r"no row has the positive class 'yes'. The outcomes are: False, True\."
    with pytest.raises(DataError, match=told):
        take_snapshot(Risk)


def test_a_value_of_another_type_than_its_column_is_told_without_repeating_it(shop: cast.Shop) -> None:
    from django.db import connection

    if connection.vendor == "postgresql":
        pytest.skip("PostgreSQL keeps its promise.")

    class Risk(Classification):
        rows = Rows("shop.Customer", columns=["age"])
        outcome = Outcome("vip")

    with connection.cursor() as cursor:
        cursor.execute("UPDATE shop_customer SET age = 'secret'")
    with pytest.raises(DataError, match="a value is not of its column's type") as refused:
        take_snapshot(Risk)
    assert "secret" not in str(refused.value)


@isolate_apps("tests.shop")
def test_a_field_that_converts_what_is_stored_is_refused() -> None:
    class Reversed(models.CharField):
        def from_db_value(self, value: str, *rest: Any) -> str:
            return value[::-1]

    class Note(models.Model):
        written = Reversed(primary_key=True, max_length=9)

        class Meta:
            app_label = "shop"

    class Answer(models.Model):
        note = models.ForeignKey(Note, models.CASCADE)

        class Meta:
            app_label = "shop"

    for model, name in ((Note, "written"), (Answer, "note_id"), (Answer, "note__written")):
        with pytest.raises(DataError, match=f"the column '{name}' is a Reversed, .* query="):
            model_source.column_type(queried(QUERY), model, name)


def test_a_relation_may_be_named_without_its_id(shop: cast.Shop, taken: Any) -> None:
    class Risk(Classification):
        rows = Rows("shop.Loan", key="id", time="applied_at")
        features = [FeatureTable("orders", model="shop.Order", on="customer", event_time="created_at")]
        outcome = Outcome("status")

    rows = taken(Risk)
    assert list(rows[0])[6:] == ["total", "returned"]
    assert rows[0]["_entity"] == f'{{"customer":"{shop.ann.pk}"}}'
