"""Feature tables on pages, and one entity's writable fields: the same service, words and roles."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection

from flyball import Classification, FeatureTable, Outcome, RequestSource, Rows
from flyball.control.datasets import tables
from flyball.control.datasets.models import OnlineRow
from flyball.control.routing import services
from flyball.domain import declaration
from flyball.domain.records import now
from flyball.stores.database import Database
from tests.console.conftest import Browser
from tests.shop.models import City, Customer, Order, Visit

pytestmark = pytest.mark.storage
TABLES = "/endpoints/repayment/tables"
ENTITIES = "/endpoints/repayment/entities"


@pytest.fixture
def customer(database: Database) -> Customer:
    """A customer with an order, of an endpoint with a table of each kind."""

    class Repayment(Classification):
        team = "lending"
        rows = Rows("shop.Loan", key="id", time="applied_at")
        features = [
            RequestSource("amount"),
            FeatureTable(
                "customer",
                model="shop.Customer",
                on="customer_id",
                columns=["age", "vip"],
                static=True,
                writable=["age", "vip", "income"],
            ),
            FeatureTable(
                "orders",
                model="shop.Order",
                on="customer_id",
                columns=["total"],
                event_time="created_at",
                writable=["returned"],
            ),
            FeatureTable("scores", file="nowhere.csv", on="customer_id", static=True),
            FeatureTable(
                "towns", query="SELECT id, region FROM shop_city", on="customer_id", key="id", static=True
            ),
        ]
        outcome = Outcome("status", positive="defaulted", time="closed_at")

    services.apply(declarations={"repayment": Repayment})
    north = City.objects.create(region="north")
    made = Customer.objects.create(age=40, income=1, born="1986-01-01", city=north)
    Order.objects.create(customer=made, created_at=now().replace(year=2020), total=3)
    return made


def opened(browser: Browser, key: object, **sent: str) -> tuple[int, str]:
    address = f"{ENTITIES}?key={quote(str(key), safe='')}"
    client: Any = browser("member")
    answer = client.post(address, sent) if sent else client.get(address)
    return answer.status_code, answer.content.decode()


def test_tables_are_listed_with_what_is_cheap_to_know(browser: Browser, customer: Customer) -> None:
    OnlineRow.objects.create(
        endpoint="repayment", feature_table="scores", key="1", load=1_700_000_000 * 10**9, values={}
    )
    text = browser("viewer").get(TABLES).content.decode()
    assert "shop.Customer" in text
    assert "2020-" in text
    assert "2023-11-14 22:13 UTC" in text
    assert "There is no such file on this server" in text
    assert "SELECT" not in text
    assert "Key of an entity" not in text  # a viewer writes nothing
    assert "Key of an entity" in browser("member").get(TABLES).content.decode()


def test_a_large_table_is_counted_no_further_than_is_cheap(
    browser: Browser, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "COUNTED", 2)
    for _ in range(3):
        Order.objects.create(customer=customer, created_at=now(), total=3)
    orders = tables.standings(_declared())[1]
    assert (orders.rows, orders.is_more, orders.newest) == (2, True, None)


def test_a_table_whose_source_is_gone_says_so_and_the_others_stay(
    browser: Browser, customer: Customer
) -> None:
    _declared().tables()[0].origin = type(_declared().tables()[0].origin)(model="shop.Gone")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE shop_order RENAME TO shop_order_gone")
    try:
        text = browser("owner").get(TABLES).content.decode()
        status, _ = opened(browser, customer.pk)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE shop_order_gone RENAME TO shop_order")
    assert "is not the name of a model" in text
    assert "The database has no such table" in text
    assert "towns" in text
    assert status == 422


def test_an_endpoint_that_is_declared_no_more_names_no_other_one(
    browser: Browser, customer: Customer
) -> None:
    declaration.forget(_declared())
    for path in (TABLES, f"{ENTITIES}?key=1"):
        answer = browser("owner").get(path)
        assert answer.status_code == 404
        assert "declares no endpoint repayment any more" in answer.content.decode()
        assert "Declared:" not in answer.content.decode()


def test_only_what_was_changed_is_written_and_said(browser: Browser, customer: Customer) -> None:
    before = Order.objects.count()
    status, text = opened(browser, customer.pk)
    assert status == 200
    assert 'name="age" value="40"' in text
    status, text = opened(browser, customer.pk, age="41", vip="true", income="1.0", returned="false")
    assert status == 200
    changes = re.findall(r"<li><code>(\w+)</code>: (\S+) → (\S+)</li>", text)
    assert changes == [("age", "40", "41"), ("vip", "false", "true")]
    customer.refresh_from_db()
    assert (customer.age, customer.vip) == (41, True)
    assert Order.objects.count() == before  # an event is not changed, so none is added
    assert "Nothing was changed" in opened(browser, customer.pk, age="41")[1]
    opened(browser, customer.pk, returned="true")
    assert Order.objects.count() == before + 1


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"age": "old"}, "Expected a number."),
        ({"age": "1.5"}, "Expected a whole number."),
        ({"age": "9" * 5000}, "Expected a number."),
        ({"age": "NaN"}, "Expected a finite number."),
        ({"age": "1e999"}, "Expected a finite number."),
        ({"age": "٣"}, "Expected a number."),
        ({"age": "\x00"}, "Expected a number."),
        ({"age": ""}, "A value is needed."),
        ({"vip": "maybe"}, "Expected true or false."),
        ({"income": "9" * 30}, "does not fit"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field_and_stays_typed(
    browser: Browser, customer: Customer, sent: dict[str, str], said: str
) -> None:
    status, text = opened(browser, customer.pk, **sent)
    assert status == 422
    assert said in text
    assert "Nothing was saved." in text
    assert text.count("aria-invalid") == 1
    (typed,) = sent.values()
    if typed and "\x00" not in typed and "vip" not in sent:
        assert f'value="{typed}"' in text
    before = (customer.age, customer.vip, customer.income)
    customer.refresh_from_db()
    assert (customer.age, customer.vip, customer.income) == before


def test_fields_that_are_not_writable_are_not_written(browser: Browser, customer: Customer) -> None:
    status, text = opened(browser, customer.pk, born="2000-01-01", city_id="9")
    assert (status, "Nothing was changed" in text) == (200, True)


@pytest.mark.parametrize(
    "key", ["a/b", "100%", "%2F", "../x", "ä", "\x00", "9" * 5000, "1 OR 1=1", ".", "-1", "1?x=1"]
)
def test_an_entity_that_there_is_not_is_not_found(browser: Browser, customer: Customer, key: str) -> None:
    for sent in ({}, {"age": "1"}):
        status, text = opened(browser, key, **sent)
        assert status == 404
        assert "unknown_entity" in text


@pytest.mark.parametrize("key", ["a/b", "100%", "%2F", "../x", "ä & ö", "q?x=1#y", "<b>", "  x"])
def test_a_key_may_hold_any_sign(browser: Browser, database: Database, key: str) -> None:
    class Footfall(Classification):
        team = "lending"
        rows = Rows("shop.Loan", key="id", time="applied_at")
        features = [
            RequestSource("amount"),
            FeatureTable(
                "city", model="shop.City", on="purpose", key="region", writable=["region"], static=True
            ),
        ]
        outcome = Outcome("status", positive="defaulted", time="closed_at")

    services.apply(declarations={"footfall": Footfall})
    City.objects.create(region=key)
    client: Any = browser("member")
    text = client.get("/endpoints/footfall/entities", {"key": key}).content.decode()
    (address,) = re.findall(r'<form method="post" action="(\?key=[^"]+)"', text)
    answer = client.post(f"/endpoints/footfall/entities{address}", {"region": "a\r\nb <i>"})
    assert City.objects.get().region == "a\nb <i>"
    assert answer.status_code == 200  # though it has another key by now
    assert "Saved" in answer.content.decode()
    assert "b &lt;i&gt;" in answer.content.decode()


def test_choices_are_chosen(browser: Browser, database: Database) -> None:
    class Visits(Classification):
        team = "lending"
        rows = Rows("shop.Loan", key="id", time="applied_at")
        features = [
            RequestSource("amount"),
            FeatureTable(
                "visit",
                model="shop.Visit",
                on="purpose",
                key="id",
                writable=["channel", "stars"],
                static=True,
            ),
        ]
        outcome = Outcome("status", positive="defaulted", time="closed_at")

    services.apply(declarations={"visits": Visits})
    visit = Visit.objects.create(channel="w", stars=1, city=City.objects.create(region="north"))
    client: Any = browser("member")
    address = f"/endpoints/visits/entities?key={visit.pk}"
    text = client.get(address).content.decode()
    assert '<option value="w" selected>Web site</option>' in text
    assert ">missing<" not in text  # the model takes no blank
    assert client.post(address, {"channel": "x", "stars": "3"}).status_code == 422
    assert client.post(address, {"channel": "", "stars": "3"}).status_code == 422
    assert client.post(address, {"channel": "s", "stars": "3"}).status_code == 200
    visit.refresh_from_db()
    assert (visit.channel, visit.stars) == ("s", 3)


def _declared() -> type[declaration.Endpoint]:
    (found,) = [each for each in declaration.declared() if each.name == "repayment"]
    return found
