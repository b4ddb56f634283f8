"""Online lookups give what the snapshot has: the same features, of the same types."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from flyball import Classification, FeatureTable, Field, Outcome, Rows
from flyball.control.datasets import selectors
from flyball.control.datasets.lookups import file_lookup
from flyball.control.datasets.lookups.compiler import lookups, warnings
from flyball.control.datasets.models import OnlineRow
from flyball.domain import schema as schemas
from flyball.domain.declaration import Endpoint
from flyball.domain.errors import DataError
from flyball.domain.schema import Kind, Schema
from flyball.domain.values import Scalar, canonical
from flyball.stores import lookups as online
from flyball.stores.database import Database
from tests.applied import take_snapshot
from tests.datasets import cast
from tests.shop.models import Customer, Order

CUSTOMERS = "SELECT id, age, vip, income, born FROM shop_customer -- as they are"
ORDERS = "SELECT customer_id, created_at, total, returned FROM shop_order;"


def customers_table(source: str, project: Path) -> FeatureTable:
    """The customers from one of the four kinds of source, under their column ``id``."""
    common: dict[str, Any] = {"on": "customer_id", "key": "id", "static": True}
    if source == "model":
        columns = ["age", "vip", "income", "born", "city__region"]
        return FeatureTable("customers", model="shop.Customer", columns=columns, **common)
    if source == "query":
        return FeatureTable("customers", query=CUSTOMERS, **common)
    rows = [
        {"id": each.pk, "age": each.age, "vip": each.vip, "income": each.income, "born": each.born}
        for each in Customer.objects.order_by("id")
    ]
    (cast.write_csv if source == "csv" else cast.write_parquet)(project / f"customers.{source}", rows)
    return FeatureTable("customers", file=f"customers.{source}", **common)


def orders_table(source: str, project: Path) -> FeatureTable:
    """The orders from one of the four kinds of source."""
    common: dict[str, Any] = {"on": "customer_id", "event_time": "created_at"}
    if source == "model":
        return FeatureTable("orders", model="shop.Order", columns=["total", "returned"], **common)
    if source == "query":
        return FeatureTable("orders", query=ORDERS, **common)
    (cast.write_csv if source == "csv" else cast.write_parquet)(
        project / f"orders.{source}", cast.orders_as_rows()
    )
    return FeatureTable("orders", file=f"orders.{source}", **common)


def declared(*tables: FeatureTable, **attributes: Any) -> type[Endpoint]:
    """An endpoint on the loans."""
    body = {
        "rows": Rows("shop.Loan", key="id", time="applied_at"),
        "features": list(tables),
        "outcome": Outcome("status"),
        "__module__": __name__,
    }
    return type("Risk", (Classification,), body | attributes)


def looked_up(
    database: Database, declaration: type[Endpoint], schema: Schema, key: Scalar
) -> dict[str, Scalar]:
    """Every feature of one customer as the data plane reads it, on a connection without Django."""
    with closing(database.connect()) as own:
        every = lookups(declaration, schema)
        found = [online.read(database, own, lookup, key) for lookup in every]
        assert [online.read_many(database, own, lookup, [key])[key] for lookup in every] == found
    return {name: value for values in found for name, value in (values or {}).items()}


Take = Callable[[type[Endpoint]], tuple[Schema, list[dict[str, Any]]]]


@pytest.fixture
def take(rows_of: Any) -> Take:
    """Take a snapshot; its schema and its rows."""

    def run(declaration: type[Endpoint]) -> tuple[Schema, list[dict[str, Any]]]:
        snapshot = take_snapshot(declaration)
        return selectors.snapshot_schema(snapshot), rows_of(snapshot)

    return run


@pytest.mark.storage
@pytest.mark.parametrize("source", ["model", "query", "csv", "parquet"])
def test_lookups_as_of_the_snapshot_equal_its_rows(
    source: str, project: Path, database: Database, take: Take
) -> None:
    shop = cast.open_shop()
    for customer in shop.customers:
        cast.loan(customer, 40)  # after every order: these rows see what a lookup sees now
    declaration = declared(customers_table(source, project), orders_table(source, project))
    schema, rows = take(declaration)
    newest = {row["_entity"]: row for row in rows if row["_time"] == cast.day(40)}
    for customer in shop.customers:
        row = newest[f'{{"customer_id":"{customer.pk}"}}']
        expected = {name: canonical(row[name]) for name in schema.names}
        found: dict[str, Scalar] = dict.fromkeys(schema.names)
        found |= looked_up(database, declaration, schema, customer.pk)
        assert found == expected
        assert {name: type(value) for name, value in found.items()} == {
            name: type(value) for name, value in expected.items()
        }


@pytest.mark.storage
@pytest.mark.parametrize("source", ["model", "query", "csv", "parquet"])
def test_a_lookup_sees_no_event_of_the_future(
    source: str, project: Path, database: Database, take: Take
) -> None:
    shop = cast.open_shop()
    cast.order(shop.ann, 365_000, Decimal("99.00"))  # in a thousand years
    declaration = declared(orders_table(source, project))
    schema, _ = take(declaration)
    assert looked_up(database, declaration, schema, shop.ann.pk)["total"] == 20.25


SPELLINGS = ["%Y-%m-%d %H:%M:%f000", "%Y-%m-%dT%H:%M:%fZ", "%Y-%m-%dT%H:%M:%f+00:00", "%Y-%m-%d"]
SPELLINGS += ["%Y-%m-%dT%H:%M:%f+0000", "%Y-%m-%d %H:%M:%f-0000", "%Y-%m-%d %H:%M:%f+00"]


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("column", ["created_at", "created_at || '' AS created_at"])
def test_event_times_are_texts_of_any_spelling_on_sqlite(
    spelling: str, column: str, project: Path, database: Database, take: Take
) -> None:
    if database.is_postgres:
        pytest.skip("PostgreSQL has a type for moments.")
    shop, now = cast.open_shop(), datetime.now(UTC)
    for total, ago in (("7.00", timedelta(seconds=1)), ("8.00", timedelta(days=-1))):
        Order.objects.create(customer=shop.ann, created_at=now - ago, total=total)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE shop_order SET created_at = strftime(%s, created_at)", [spelling])
    query = f"SELECT customer_id, {column}, total FROM shop_order"
    declaration = declared(FeatureTable("orders", query=query, on="customer_id", event_time="created_at"))
    schema, _ = take(declaration)
    assert looked_up(database, declaration, schema, shop.ann.pk) == {"total": 7.0}


@pytest.mark.parametrize("mark", " T")
def test_of_two_events_in_one_millisecond_the_later_is_seen(
    mark: str, project: Path, database: Database, take: Take
) -> None:
    if database.is_postgres:
        pytest.skip("PostgreSQL counts microseconds.")
    shop = cast.open_shop()
    events = [
        f"SELECT {shop.ann.pk} AS customer_id, '2026-01-01{mark}10:00:00.000{end}' AS at, {end} AS total"
        for end in (200, 300, 100)
    ]
    orders = FeatureTable("orders", query=" UNION ALL ".join(events), on="customer_id", event_time="at")
    declaration = declared(orders)
    schema, _ = take(declaration)
    assert looked_up(database, declaration, schema, shop.ann.pk) == {"total": 300}


@pytest.mark.storage
@pytest.mark.parametrize("source", ["model", "query", "csv", "parquet"])
def test_an_unknown_entity_is_not_found(source: str, project: Path, database: Database, take: Take) -> None:
    cast.open_shop()
    declaration = declared(customers_table(source, project))
    schema, _ = take(declaration)
    assert looked_up(database, declaration, schema, 999_999) == {}
    (lookup,) = lookups(declaration, schema)
    assert (lookup.table, lookup.on, lookup.key_kind) == ("customers", "customer_id", Kind.INTEGER)


@pytest.mark.storage
@pytest.mark.parametrize("source", ["model", "query", "csv"])
def test_stated_kinds_hold_online_too(source: str, project: Path, database: Database, take: Take) -> None:
    shop = cast.open_shop()
    fields = {"age": Field(kind="text"), "vip": Field(kind="category")}
    declaration = declared(customers_table(source, project), fields=fields)
    schema, _ = take(declaration)
    found = looked_up(database, declaration, schema, shop.ann.pk)
    assert (found["age"], found["vip"]) == ("31", True)


@pytest.mark.storage
def test_a_query_may_hold_percent_signs_and_question_marks(
    project: Path, database: Database, take: Take
) -> None:
    shop = cast.open_shop()
    query = "SELECT id, age, '100 %s ?' AS motto FROM shop_customer WHERE id % 1 = 0"
    declaration = declared(FeatureTable("customers", query=query, on="customer_id", key="id", static=True))
    schema, _ = take(declaration)
    assert looked_up(database, declaration, schema, shop.ann.pk) == {"age": 31, "motto": "100 %s ?"}


@pytest.mark.storage
@pytest.mark.parametrize("source", ["model", "query"])
def test_a_lookup_goes_by_an_index(source: str, project: Path, database: Database, take: Take) -> None:
    cast.open_shop()
    declaration = declared(customers_table(source, project), orders_table(source, project))
    schema, _ = take(declaration)
    assert [warnings(lookup) for lookup in lookups(declaration, schema)] == [[], []]


@pytest.mark.storage
def test_a_lookup_that_reads_a_whole_table_is_told(project: Path, database: Database, take: Take) -> None:
    cast.open_shop()
    query = "SELECT age * 1 AS age, max(id) AS newest FROM shop_customer GROUP BY age"
    declaration = declared(FeatureTable("ages", query=query, on="customer_id", key="age", static=True))
    schema, _ = take(declaration)
    (lookup,) = lookups(declaration, schema)
    (warning,) = warnings(lookup)
    assert "reads all of shop_customer for one entity" in warning


@pytest.mark.storage
def test_rows_that_left_the_file_are_gone_online(project: Path, database: Database, take: Take) -> None:
    shop = cast.open_shop()
    declaration = declared(customers_table("csv", project))
    schema, _ = take(declaration)
    lines = (project / "customers.csv").read_text().splitlines()
    (project / "customers.csv").write_text("\n".join(lines[:2]).replace(",31,", ",32,"))
    take(declaration)
    assert looked_up(database, declaration, schema, shop.ann.pk)["age"] == 32
    assert looked_up(database, declaration, schema, shop.bob.pk) == {}


@pytest.mark.storage
def test_keys_of_text_stay_text(project: Path, database: Database, take: Take) -> None:
    shop = cast.open_shop()
    (project / "codes.csv").write_text(f"customer_id,score\n{shop.ann.pk},1\n007,2\nx,3\n")
    declaration = declared(FeatureTable("codes", file="codes.csv", on="customer_id", static=True))
    schema, _ = take(declaration)
    (lookup,) = lookups(declaration, schema)
    assert lookup.key_kind is Kind.TEXT
    assert looked_up(database, declaration, schema, "007") == {"score": 2}


@pytest.mark.storage
def test_tables_of_one_entity_agree_on_its_kind(project: Path, database: Database, take: Take) -> None:
    shop = cast.open_shop()
    (project / "codes.csv").write_text(f"customer_id,score\n{shop.ann.pk},1\nx,3\n")
    codes = FeatureTable("codes", file="codes.csv", on="customer_id", static=True)
    declaration = declared(customers_table("model", project), codes)
    schema, _ = take(declaration)
    assert {lookup.key_kind for lookup in lookups(declaration, schema)} == {Kind.INTEGER}
    assert looked_up(database, declaration, schema, shop.ann.pk)["score"] == 1


def test_a_column_that_is_gone_from_its_table_is_an_error(project: Path, db: None) -> None:
    gone = Schema((schemas.Field(name="wealth", kind=Kind.NUMBER, source="customers"),))
    for source in ("model", "query"):
        with pytest.raises(DataError, match="has no column 'wealth'"):
            lookups(declared(customers_table(source, project)), gone)


@pytest.mark.storage
def test_a_uuid_is_a_key_and_a_feature_like_any_text(project: Path, database: Database, take: Take) -> None:
    from flyball.control.routing.models import Outcome as StoredOutcome

    shop = cast.open_shop()
    known = UUID("0193b3a0-0000-7000-8000-00000000000a")
    StoredOutcome.objects.create(
        endpoint="other", state="bound", prediction=known, value=1, source="api", received_at=cast.day(1)
    )
    (project / "loans.csv").write_text(f"call,status\n{known},a\n{UUID(int=7)},b\n")
    table = FeatureTable(
        "calls",
        model="flyball_routing.Outcome",
        on="call",
        key="prediction",
        columns=["prediction", "endpoint"],
        static=True,
    )
    declaration = declared(table, rows=Rows("loans.csv"))
    schema, rows = take(declaration)
    assert [lookup.is_uuid for lookup in lookups(declaration, schema)] == [True]
    (row,) = (row for row in rows if row["_outcome"] == "a")
    expected = {"prediction": str(known), "endpoint": "other"}
    assert {name: row[name] for name in expected} == expected
    assert looked_up(database, declaration, schema, str(known)) == expected
    for unknown in (str(UUID(int=7)), "no UUID at all", str(shop.ann.pk)):
        assert looked_up(database, declaration, schema, unknown) == {}


WHOLE_KEYS = [
    (["1", "-7", "0"], Kind.INTEGER),
    ([str(2**63 - 1), str(-(2**63) + 1), "1234567890123456789", "-999999999999999999"], Kind.INTEGER),
    (["1", str(2**63)], Kind.TEXT),
    (["1", str(-(2**63) - 1)], Kind.TEXT),
    (["1", "01"], Kind.TEXT),
    (["1", "one"], Kind.TEXT),
]


@pytest.mark.storage
@pytest.mark.parametrize(("keys", "kind"), WHOLE_KEYS)
def test_a_files_keys_are_whole_numbers_where_all_of_them_fit_64_bits(
    keys: list[str], kind: Kind, db: None
) -> None:
    OnlineRow.objects.bulk_create(
        OnlineRow(endpoint="risk", feature_table="wards", key=key, load=1, values={}) for key in keys
    )
    assert file_lookup.compiled("risk", "wards")[0] is kind
