"""Entities are found by the beginning of their key, and by the texts of their rows."""

from __future__ import annotations

from typing import Any

import pytest

from flyball import Classification, FeatureTable, Outcome, Rows
from flyball.control.datasets.lookups import finding
from flyball.domain.declaration import Endpoint
from tests.datasets import cast
from tests.shop.models import Customer, Order

pytestmark = pytest.mark.storage


def endpoint(**table: Any) -> type[Endpoint]:
    of = {"model": "shop.Customer", "on": "customer_id", "static": True, **table}
    declared = {
        "name": "found",
        "rows": Rows("shop.Loan", key="id"),
        "features": [FeatureTable("table", **of)],
        "outcome": Outcome("status"),
        "__module__": __name__,
    }
    return type("Found", (Classification,), declared)


def keys(declaration: type[Endpoint], text: str) -> list[str]:
    return [key for key, _ in finding.find(declaration=declaration, on="customer_id", text=text)]


def test_a_whole_key_comes_first_and_then_those_that_begin_so(shop: cast.Shop) -> None:
    city = shop.ann.city
    numbers = (70_000, *range(7_000_000, 7_000_030))  # far from those that other tests have used up
    Customer.objects.bulk_create([Customer(pk=number, age=30, city=city) for number in numbers])
    found = keys(endpoint(), "70000")
    assert found == [str(number) for number in numbers[:20]]
    assert keys(endpoint(), "7000029") == ["7000029"]


def test_of_events_each_entity_is_found_once(shop: cast.Shop) -> None:
    ann = str(shop.ann.pk)
    events = endpoint(model="shop.Order", key="customer", static=False, event_time="created_at")
    assert Order.objects.filter(customer=shop.ann).exists()
    assert keys(events, ann).count(ann) == 1


@pytest.mark.parametrize("text", ["", "%", "_", "nobody at all", "9" * 40, "'; --"])
def test_what_names_nobody_finds_nobody(shop: cast.Shop, text: str) -> None:
    assert keys(endpoint(), text) == []


def test_a_table_that_is_no_model_is_not_looked_through(shop: cast.Shop) -> None:
    assert keys(endpoint(model="", query="SELECT 1 AS customer_id, 2 AS x"), "1") == []
