"""Entities are written through the models' own validation, in fields that are declared writable."""

from __future__ import annotations

from typing import Any

import pytest

from flyball import Classification, FeatureTable, Outcome, Rows
from flyball.control.datasets.services import update_entity
from flyball.domain.declaration import Endpoint
from flyball.domain.errors import Forbidden, InvalidInput, UnknownEntity
from tests.datasets import cast
from tests.shop.models import Order


@pytest.fixture
def risk(shop: cast.Shop) -> type[Endpoint]:
    """An endpoint with a writable table of state, and one of events."""

    class Risk(Classification):
        rows = Rows("shop.Loan", key="id")
        features = [
            FeatureTable(
                "customer",
                model="shop.Customer",
                on="customer_id",
                columns=["age", "vip"],
                writable=["age", "income", "born"],
            ),
            FeatureTable(
                "orders",
                model="shop.Order",
                on="customer_id",
                columns=["total", "returned"],
                event_time="created_at",
                writable=["returned"],
            ),
        ]
        outcome = Outcome("status")

    return Risk


@pytest.mark.storage
@pytest.mark.parametrize("as_text", [False, True])
def test_a_writable_field_is_written(risk: type[Endpoint], shop: cast.Shop, as_text: bool) -> None:
    key = str(shop.ann.pk) if as_text else shop.ann.pk
    assert update_entity(declaration=risk, key=key, values={"age": 32, "income": 7.5}) == {
        "age": 32,
        "income": 7.5,
    }
    shop.ann.refresh_from_db()
    assert (shop.ann.age, shop.ann.income) == (32, cast.Decimal("7.5"))


def test_a_change_of_nothing_needs_an_entity_in_one_of_the_tables(
    risk: type[Endpoint], shop: cast.Shop
) -> None:
    Order.objects.all().delete()
    assert update_entity(declaration=risk, key=shop.ann.pk, values={}) == {}
    with pytest.raises(UnknownEntity):
        update_entity(declaration=risk, key="nope", values={})


def test_an_event_is_added_and_the_past_stays(risk: type[Endpoint], shop: cast.Shop) -> None:
    before = list(Order.objects.filter(customer=shop.ann).order_by("id").values())
    assert update_entity(declaration=risk, key=shop.ann.pk, values={"returned": True}) == {"returned": True}
    after = list(Order.objects.filter(customer=shop.ann).order_by("id").values())
    assert after[:-1] == before
    assert (after[-1]["returned"], after[-1]["total"]) == (True, cast.Decimal("20.25"))
    assert after[-1]["created_at"] > before[-1]["created_at"]


@pytest.mark.parametrize("name", ["vip", "total", "customer_id", "nothing"])
def test_other_fields_are_refused(risk: type[Endpoint], shop: cast.Shop, name: str) -> None:
    with pytest.raises(Forbidden) as refused:
        update_entity(declaration=risk, key=shop.ann.pk, values={"age": 50, name: 1})
    assert [problem.pointer for problem in refused.value.problems] == [f"/{name}"]
    shop.ann.refresh_from_db()
    assert shop.ann.age == 31


@pytest.mark.parametrize("key", [999_999, "none", 2**70])
def test_an_unknown_entity_is_told(risk: type[Endpoint], shop: cast.Shop, key: Any) -> None:
    with pytest.raises(UnknownEntity):
        update_entity(declaration=risk, key=key, values={"age": 50})


@pytest.mark.storage
@pytest.mark.parametrize(
    "value", ["secret", None, 2**70, "\x00secret", 1.5, True, 1e300, float("nan"), [], {}]
)
def test_a_value_that_does_not_fit_is_refused_without_repeating_it(
    risk: type[Endpoint], shop: cast.Shop, value: Any
) -> None:
    with pytest.raises(InvalidInput) as refused:
        update_entity(declaration=risk, key=shop.ann.pk, values={"age": value, "returned": True})
    assert [problem.pointer for problem in refused.value.problems] == ["/age"]
    assert "secret" not in str(refused.value)
    assert Order.objects.filter(customer=shop.ann).count() == 3


def test_every_problem_is_told_at_once(risk: type[Endpoint], shop: cast.Shop) -> None:
    with pytest.raises(InvalidInput) as refused:
        update_entity(declaration=risk, key=shop.ann.pk, values={"age": "x", "income": "y", "returned": "z"})
    assert {problem.pointer for problem in refused.value.problems} == {"/age", "/income", "/returned"}


def test_a_date_is_written_from_a_timestamp(risk: type[Endpoint], shop: cast.Shop) -> None:
    written = update_entity(declaration=risk, key=shop.bob.pk, values={"born": "1980-05-06T00:00:00Z"})
    assert written == {"born": "1980-05-06T00:00:00.000000Z"}
    shop.bob.refresh_from_db()
    assert shop.bob.born == cast.date(1980, 5, 6)
