"""Outcomes are read back from the rows' own source."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Q

from flyball import Classification, FeatureTable, Outcome, RequestSource, Rows
from flyball.control.datasets.outcomes import pull_outcomes
from flyball.domain.declaration import Endpoint
from flyball.stores.pulls import PulledRow
from tests.datasets import cast
from tests.shop.models import Loan

ORDERS = FeatureTable(
    "orders", model="shop.Order", on="customer_id", event_time="created_at", columns=["total"]
)


def pulled(declaration: type[Endpoint], since: datetime | None = None) -> list[PulledRow]:
    with pull_outcomes(declaration, since, page=2) as found:
        return sorted((row for page in found.pages for row in page), key=lambda row: str(row.key))


@pytest.mark.storage
def test_a_known_outcome_comes_with_key_entity_and_the_time_of_its_prediction(shop: cast.Shop) -> None:
    class Risk(Classification):
        rows = Rows("shop.Loan", key="id", time="applied_at")
        features = [RequestSource("amount"), ORDERS]
        outcome = Outcome("status", time="closed_at")

    cast.loan(shop.bob, 12, status=None)
    cast.loan(shop.bob, 365_000)
    found = pulled(Risk)
    assert [row.entity for row in found] == [{"customer_id": str(each.pk)} for each in shop.customers]
    assert [(row.known_at, row.value) for row in found] == [
        (cast.day(11), "repaid"),
        (cast.day(11), "defaulted"),
        (cast.day(11), "repaid"),
    ]
    applied = Loan.objects.order_by("pk").values_list("applied_at", flat=True)[:3]
    assert [row.window for row in found] == [(moment, cast.day(11)) for moment in applied]


def test_which_references_are_keys_of_rows_is_known_of_rows_without_an_outcome_too(shop: cast.Shop) -> None:
    class Risk(Classification):
        rows = Rows("shop.Loan", key="id", time="applied_at")
        outcome = Outcome("status")

    still_open = cast.loan(shop.bob, 12, status=None)
    with pull_outcomes(Risk) as found:
        assert found.named([str(still_open.pk), "web-17"]) == {str(still_open.pk)}


@pytest.mark.storage
@pytest.mark.parametrize("chosen", [{"where": Q(status="repaid")}, {"manager": "repaid"}])
def test_only_the_rows_that_are_chosen_are_pulled(chosen: dict[str, Any], shop: cast.Shop) -> None:
    class Risk(Classification):
        rows = Rows("shop.Loan", time="applied_at", **chosen)
        outcome = Outcome("status")

    assert [row.value for row in pulled(Risk)] == ["repaid", "repaid"]


SINCE: list[tuple[datetime, int]] = [(cast.day(10.9), 3), (cast.day(11), 0), (cast.day(12), 0)]


@pytest.mark.parametrize(("since", "count"), SINCE)
def test_only_what_became_known_after_a_moment_is_pulled(
    since: datetime, count: int, shop: cast.Shop
) -> None:
    class Risk(Classification):
        rows = Rows("shop.Loan", key="id", time="applied_at")
        outcome = Outcome("status", time="closed_at")

    assert len(pulled(Risk, since)) == count


def test_rows_without_a_time_have_no_moment(project: Path, db: None) -> None:
    class Fruit(Classification):
        rows = Rows("fruit.csv", key="id")
        outcome = Outcome("kind")

    (project / "fruit.csv").write_text("id,size,kind\na,1,pear\nb,2,?\n")
    assert pulled(Fruit) == [PulledRow(key="a", entity={}, value="pear", is_timed=False)]


def test_numbered_rows_have_no_key(project: Path, db: None) -> None:
    class Fruit(Classification):
        rows = Rows("fruit.csv")
        outcome = Outcome("kind")

    (project / "fruit.csv").write_text("size,kind\n1,pear\n")
    assert [row.key for row in pulled(Fruit)] == [None]
    with pull_outcomes(Fruit) as found:
        assert found.named(["0", "1"]) == set()


def test_moments_of_a_file_are_given_in_utc(project: Path, db: None) -> None:
    class Fruit(Classification):
        rows = Rows("fruit.csv", key="id", time="picked")
        outcome = Outcome("kind", time="sold")

    lines = ["id,picked,sold,kind", "a,2026-01-01T00:00:00Z,2026-01-02T00:00:00+02:00,pear"]
    (project / "fruit.csv").write_text("\n".join(lines) + "\n")
    assert [row.known_at for row in pulled(Fruit)] == [datetime(2026, 1, 1, 22, tzinfo=UTC)]
