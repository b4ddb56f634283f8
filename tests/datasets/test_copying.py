"""Copied by PostgreSQL or read by Python, the rows are the same, and all of one moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.db import OperationalError, connection, models, transaction
from django.db.backends.signals import connection_created

from flyball import Classification, Clustering, FeatureTable, Outcome, RequestSource, Rows
from flyball.control.datasets import places
from flyball.control.datasets.sources import model_source
from flyball.control.datasets.sources.copying import selects
from flyball.control.datasets.sources.staging import Staging, staging
from flyball.domain.errors import DataError
from flyball.snapshots.column_types import ColumnType
from flyball.snapshots.source import rows_source
from flyball.snapshots.workspace import workspace
from flyball.stores.database import Database
from tests.applied import take_snapshot
from tests.datasets import cast
from tests.shop.models import Customer, Loan, Measure, Order

pytestmark = pytest.mark.storage

LOANS = Rows("shop.Loan", key="id", time="applied_at")
ODD = "a\n\"b\", \\N\t'ü'\r🎈"


@pytest.fixture
def postgres(database: Database, project: Path) -> Iterator[Database]:
    """PostgreSQL, seen by all connections."""
    if not database.is_postgres:
        pytest.skip("SQLite copies nothing.")
    yield database
    connection.set_autocommit(True)


def risk(**words: Any) -> Any:
    """A declaration whose rows and tables are all in the database."""
    orders = (
        "WITH every AS (SELECT * FROM shop_order) SELECT customer_id, created_at, total FROM every -- all"
    )
    body = {
        "rows": LOANS,
        "features": [
            RequestSource("amount", "purpose"),
            FeatureTable("customers", model="shop.Customer", on="customer_id", static=True),
            FeatureTable("orders", query=orders, on="customer_id", event_time="created_at"),
        ],
        "outcome": Outcome("status", time="closed_at"),
        "__module__": __name__,
    }
    return type("Risk", (Classification,), body | words)


def measured(rows: Rows) -> Any:
    """A clustering of those rows."""
    return type("Groups", (Clustering,), {"rows": rows, "__module__": __name__})


def copies(declaration: Any) -> bool:
    """Whether PostgreSQL copies the rows."""
    with workspace(places.snapshots()) as work, staging(work) as stage:
        source = rows_source(declaration)
        stage.begin(source)
        return bool(stage.view and stage.begun and stage.view.has_copied(source.slot))


def by_python(declaration: Any) -> Any:
    """The snapshot as Python reads it: inside a transaction, whose rows nobody else may see yet."""
    with transaction.atomic():
        return take_snapshot(declaration)


def fill() -> None:
    """The shop, and odd values in it."""
    shop = cast.open_shop()
    cast.loan(shop.ann, 12, purpose=ODD, amount=-0.0)
    cast.loan(shop.bob, 13, purpose="", amount=float("nan"))
    cast.loan(shop.bob, 14, status=None)
    cast.order(shop.bob, 12.5, Decimal("0.10"))
    Measure.objects.create(value=0.1, exact=Decimal("12345678901234567890.1"), whole=2**63 - 1)
    Measure.objects.create(value=5e-324, at=datetime(1, 1, 1, tzinfo=UTC), day=date.max, whole=-(2**63))
    Measure.objects.create(value=float("nan"), at=datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))


EVERY_TYPE = """
SELECT id, value::real AS real, exact, whole::smallint AS small, 'x'::char(5) AS padded, 'y'::name AS name,
    '0ABC8D1E-0000-4000-8000-000000000000'::uuid AS uuid, id = 1 AS flag, day,
    at, at AT TIME ZONE 'UTC' AS plain
FROM shop_measure WHERE whole IS NULL
"""
SOURCES: list[tuple[str, Any]] = [
    ("models and a query", risk),
    ("every type", lambda: measured(Rows(query=EVERY_TYPE, key="id"))),
    (
        "a model's extremes",
        lambda: measured(Rows("shop.Measure", columns=["value", "exact", "whole", "day", "at"])),
    ),
    (
        "a key that is a text",
        lambda: measured(Rows(query="SELECT id::text || 'ä' AS id, amount FROM shop_loan", key="id")),
    ),
    (
        "a lookup and a choice",
        lambda: measured(
            Rows("shop.Loan", columns=["customer__city__region"], where=models.Q(purpose__gt=""))
        ),
    ),
    (
        "a choice over many rows",
        lambda: measured(Rows("shop.Loan", columns=["amount"], where=models.Q(customer__order__total__gt=0))),
    ),
    (
        "weights",
        lambda: risk(rows=Rows("shop.Loan", key="id", time="applied_at", weight="customer__age")),
    ),
    ("a manager", lambda: measured(Rows("shop.Loan", columns=["amount"], manager="repaid"))),
]


@pytest.mark.parametrize("declared", [row[1] for row in SOURCES], ids=[row[0] for row in SOURCES])
@pytest.mark.parametrize("pages", [1, 8192], ids=["many ranges", "one range"])
def test_copied_or_read_it_is_the_same_snapshot(
    declared: Any, pages: int, postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill()
    spread()
    monkeypatch.setattr(selects, "RANGE", pages)
    declaration = declared()
    assert copies(declaration)
    copied = take_snapshot(declaration)
    assert (copied.digest, copied.row_count) == (lambda read: (read.digest, read.row_count))(
        by_python(declaration)
    )


def spread() -> None:
    """More loans than one page holds, with a gap and a crowd in their keys."""
    ann = Customer.objects.get(age=31)
    Loan.objects.bulk_create(
        Loan(
            id=10**12 * (i % 2) + i + 10**6,  # past those that the database gives
            customer=ann,
            applied_at=cast.day(3 + i / 1000),
            amount=i,
            purpose="boat",
            status="repaid",
            closed_at=cast.day(20),
        )
        for i in range(500)
    )


def test_a_table_of_many_pages_is_read_in_ranges(postgres: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    cast.open_shop()
    spread()
    monkeypatch.setattr(selects, "RANGE", 1)
    shape = model_source.shape(rows_source(risk()))
    assert len(model_source.statements(shape)) > 3


def test_rows_that_depend_on_each_other_are_not_parted(
    postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.open_shop()
    spread()
    monkeypatch.setattr(selects, "RANGE", 1)
    counted = Loan.objects.annotate(number=models.Window(models.functions.RowNumber(), order_by="id"))
    for query in (counted.filter(number__lt=3), counted, Loan.objects.distinct("customer")):
        assert len(selects.of_model(query, ["amount"], [ColumnType.NUMBER])) == 1


def test_all_sources_see_one_moment(postgres: Database, rows_of: Any) -> None:
    shop = cast.open_shop()
    with workspace(places.snapshots()) as work, staging(work) as stage:
        source = rows_source(risk())
        Loan.objects.all().delete()
        Order.objects.all().delete()
        cast.loan(shop.ann, 30)
        stage.begin(source)
        assert count(stage, source) == 3
        assert count(stage, source) == 3  # not begun, so it is Python that reads, in the same view


def count(stage: Staging, source: Any) -> int:
    """Rows that are staged."""
    import pyarrow.parquet as pq

    return sum(pq.read_metadata(path).num_rows for path in stage.stage(source).paths)


def test_what_a_transaction_has_not_committed_is_seen_by_it(postgres: Database) -> None:
    cast.open_shop()
    with transaction.atomic():
        Loan.objects.filter(purpose="car").update(purpose="raft")
        snapshot = take_snapshot(risk())
    assert snapshot.profile["purpose"]["categories"] == [["raft", 3]]


def test_a_project_that_sets_up_its_connections_is_read_over_them(postgres: Database) -> None:
    def tenant(connection: Any, **_: Any) -> None:
        """As one schema for each tenant is chosen."""

    cast.open_shop()
    assert copies(risk())
    connection_created.connect(tenant)
    try:
        assert not copies(risk())
    finally:
        connection_created.disconnect(tenant)


def test_a_search_path_that_the_connection_has_is_that_of_its_copies(postgres: Database) -> None:
    cast.open_shop()
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA IF NOT EXISTS other")
        cursor.execute("CREATE TABLE other.shop_loan AS SELECT 7 AS id, 0.5 AS amount")
        try:
            cursor.execute("SET search_path = other, public")
            groups = measured(Rows(query="SELECT id, amount FROM shop_loan", key="id"))
            assert copies(groups)
            assert take_snapshot(groups).row_count == 1
        finally:
            cursor.execute("RESET search_path")
            cursor.execute("DROP SCHEMA other CASCADE")


REFUSED: list[tuple[str, str, str]] = [
    ("an array", "SELECT 1 AS id, ARRAY[1, 2] AS x", "the column 'x' has a type that is not read"),
    ("an enum", "SELECT 1 AS id, 'a'::mood AS x", "the column 'x' has a type that is not read"),
    ("an infinite moment", "SELECT 1 AS id, timestamptz 'infinity' AS x", "outside the years 1 to 9999"),
    ("an infinite day", "SELECT 1 AS id, date '-infinity' AS x", "outside the years 1 to 9999"),
    ("a moment too late", "SELECT 1 AS id, timestamp '10000-01-01' AS x", "outside the years 1 to 9999"),
    ("an infinite number", "SELECT 1 AS id, 'Infinity'::float8 AS x", "the column 'x' is infinite in 1 rows"),
    ("a number beyond floats", "SELECT 1 AS id, 1e400::numeric AS x", "the column 'x' is infinite in 1 rows"),
    (
        "a late failure",
        "SELECT id, 1 / (id - 3) AS x FROM generate_series(1, 9) AS id",
        "a value is not of its column's type",
    ),
    ("no row", "SELECT 1 AS id, 2 AS x WHERE false", "is empty."),
    ("a key twice", "SELECT 1 AS id, x FROM generate_series(1, 3) AS x", "have the same key 'id' (1 times)"),
]


@pytest.mark.parametrize(("query", "said"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_is_refused_is_refused_in_the_same_words(query: str, said: str, postgres: Database) -> None:
    groups = measured(Rows(query=query, key="id"))
    with connection.cursor() as cursor:
        cursor.execute("DROP TYPE IF EXISTS mood; CREATE TYPE mood AS ENUM ('a', 'b')")
    with pytest.raises(DataError) as refused:
        take_snapshot(groups)
    assert said in str(refused.value)
    with pytest.raises(DataError) as read:
        by_python(groups)
    assert str(read.value) == str(refused.value)
    assert list(places.snapshots().iterdir()) == []


def test_a_database_that_goes_away_meanwhile_is_told_and_leaves_nothing(postgres: Database) -> None:
    fill()
    groups = measured(Rows(query="SELECT id, amount, pg_sleep(9) IS NULL AS x FROM shop_loan", key="id"))
    killer = Thread(target=kill_everybody, args=(postgres,))
    killer.start()
    with pytest.raises(OperationalError):
        take_snapshot(groups)
    killer.join()
    connection.close()
    assert list(places.snapshots().iterdir()) == []


def kill_everybody(database: Database) -> None:
    """End every connection to the database but this one, once something is copied."""
    sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database()"
    copying = "SELECT FROM pg_stat_activity WHERE query LIKE 'COPY%pg_sleep%'"
    sql += f" AND pid <> pg_backend_pid() AND EXISTS ({copying})"
    other = database.connect()
    while not other.execute(sql).fetchone()[0]:
        pass
    other.close()
