"""Outcomes are read back from the rows' own source."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Q

from flyball import Classification, FeatureTable, Outcome, RequestSource, Rows
from flyball.control.datasets.outcomes import pull_outcomes
from tests.datasets import cast

ORDERS = FeatureTable(
    "orders", model="shop.Order", on="customer_id", event_time="created_at", columns=["total"]
)


@pytest.mark.storage
def test_a_known_outcome_comes_with_key_entity_and_moment(shop: cast.Shop) -> None:
    class Risk(Classification):
        rows = Rows("shop.Loan", key="id", time="applied_at")
        features = [RequestSource("amount"), ORDERS]
        outcome = Outcome("status", time="closed_at")

    open_loan = cast.loan(shop.bob, 12, status=None)
    late = cast.loan(shop.bob, 365_000)
    pulled = {int(row[0]): row[1:] for row in pull_outcomes(Risk)}
    assert not {open_loan.pk, late.pk} & set(pulled)
    entities = [entity["customer_id"] for entity, _, _ in pulled.values()]
    assert entities == [str(customer.pk) for customer in shop.customers]
    assert [(moment, value) for _, moment, value in pulled.values()] == [
        (cast.day(11), "repaid"),
        (cast.day(11), "defaulted"),
        (cast.day(11), "repaid"),
    ]


@pytest.mark.storage
@pytest.mark.parametrize("chosen", [{"where": Q(status="repaid")}, {"manager": "repaid"}])
def test_only_the_rows_that_are_chosen_are_pulled(chosen: dict[str, Any], shop: cast.Shop) -> None:
    class Risk(Classification):
        rows = Rows("shop.Loan", time="applied_at", **chosen)
        outcome = Outcome("status")

    assert [value for *_, value in pull_outcomes(Risk)] == ["repaid", "repaid"]


SINCE: list[tuple[datetime, int]] = [(cast.day(10.9), 3), (cast.day(11), 0), (cast.day(12), 0)]


@pytest.mark.parametrize(("since", "count"), SINCE)
def test_only_what_became_known_after_a_moment_is_pulled(
    since: datetime, count: int, shop: cast.Shop
) -> None:
    class Risk(Classification):
        rows = Rows("shop.Loan", key="id", time="applied_at")
        outcome = Outcome("status", time="closed_at")

    assert len(list(pull_outcomes(Risk, since=since))) == count


def test_rows_without_a_time_have_no_moment(project: Path, db: None) -> None:
    class Fruit(Classification):
        rows = Rows("fruit.csv", key="id")
        outcome = Outcome("kind")

    (project / "fruit.csv").write_text("id,size,kind\na,1,pear\nb,2,?\n")
    pulled: list[Any] = list(pull_outcomes(Fruit))
    assert pulled == [("a", {}, None, "pear")]
