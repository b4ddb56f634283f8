"""An entity's writable features change through the model's own validation."""

from __future__ import annotations

from typing import Any

import pytest

from flyball import Classification, FeatureTable, Outcome, RequestSource, Rows
from flyball.control.routing import services
from tests.api.conftest import Ask
from tests.shop.models import City, Customer

pytestmark = pytest.mark.storage


@pytest.fixture
def customer(keys: dict[str, str]) -> Customer:
    """A customer whose age may be changed."""

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
                writable=["age"],
            ),
        ]
        outcome = Outcome("status", positive="defaulted", time="closed_at")

    services.apply(declarations={"repayment": Repayment})
    north = City.objects.create(region="north")
    return Customer.objects.create(age=40, income=1, born="1986-01-01", city=north)


def test_a_writable_field_is_changed(ask: Ask, customer: Customer) -> None:
    answer = ask("member", "PATCH", f"endpoints/repayment/entities/{customer.pk}", {"age": 41})
    assert (answer.status_code, answer.json()) == (200, {"age": 41})
    customer.refresh_from_db()
    assert customer.age == 41


REFUSED: list[tuple[Any, int, str]] = [
    # body, status, code
    ({"age": "old"}, 422, "invalid_input"),
    ({"age": None}, 422, "invalid_input"),
    ({"age": "a\u0000"}, 422, "invalid_input"),
    ({"age": [1]}, 422, "invalid_input"),
    ({"age": {"a": 1}}, 422, "invalid_input"),
    (b'{"age": 1e999}', 422, "invalid_input"),
    (b'{"age": "\\ud800"}', 422, "invalid_input"),
    (["age"], 422, "invalid_input"),
    ({"vip": True}, 403, "forbidden"),
    ({"id": 7}, 403, "forbidden"),
    ({"age\u0000": 7}, 403, "forbidden"),
]


@pytest.mark.parametrize(("body", "status", "code"), REFUSED)
def test_what_does_not_fit_changes_nothing(
    body: Any, status: int, code: str, ask: Ask, customer: Customer
) -> None:
    answer = ask("member", "PATCH", f"endpoints/repayment/entities/{customer.pk}", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    customer.refresh_from_db()
    assert customer.age == 40


@pytest.mark.parametrize("key", ["999999", "nobody", "%00", "1%2F2", "9" * 40])
def test_an_entity_that_does_not_exist_is_404(key: str, ask: Ask, customer: Customer) -> None:
    assert ask("member", "PATCH", f"endpoints/repayment/entities/{key}", {"age": 41}).status_code == 404
