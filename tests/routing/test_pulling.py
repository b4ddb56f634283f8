"""Outcomes are read back from the rows' own table, each once, corrections included."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flyball import Classification, FeatureTable, Outcome, RequestSource, Rows
from flyball.control.routing import services
from flyball.control.routing.models import Outcome as StoredOutcome
from flyball.control.routing.models import Prediction
from flyball.domain.records import entity_key, uuid7
from flyball.stores.database import Database
from flyball.stores.outcomes import Counts
from tests.shop.models import City, Customer, Loan

pytestmark = pytest.mark.storage

APPLIED = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def declaration(database: Database) -> type[Classification]:
    """Loans, whose outcome is their status once they are closed."""

    class Repayment(Classification):
        name = "repayment"
        rows = Rows("shop.Loan", key="id", time="applied_at")
        features = [
            RequestSource("amount"),
            FeatureTable("customer", model="shop.Customer", on="customer_id", columns=["age"], static=True),
        ]
        outcome = Outcome("status", positive="defaulted", time="closed_at")

    return Repayment


@pytest.fixture
def customer(database: Database) -> Customer:
    return Customer.objects.create(age=40, city=City.objects.create(region="north"))


def loan(customer: Customer, status: str | None = "repaid", day: int = 30) -> Loan:
    return Loan.objects.create(
        customer=customer,
        applied_at=APPLIED,
        amount=100,
        purpose="car",
        status=status,
        closed_at=APPLIED + timedelta(days=day) if status else None,
    )


def prediction(moment: datetime, **more: Any) -> Prediction:
    entity = more.pop("entity", {})
    return Prediction.objects.create(
        id=uuid7(int(moment.timestamp() * 1000)),
        endpoint="repayment",
        version=1,
        arm="champion",
        route=1,
        entity=entity,
        entity_key=entity_key(entity),
        input={"amount": 100.0},
        output={},
        warnings=[],
        created_at=moment,
        **more,
    )


def bound() -> list[tuple[Any, Any, str]]:
    """Prediction, value and source of each bound outcome, in order."""
    every = StoredOutcome.objects.filter(state="bound").order_by("id")
    return [(one.prediction, one.value, one.source) for one in every]


def test_a_rows_key_is_the_reference_of_its_prediction(
    declaration: type[Classification], customer: Customer
) -> None:
    made = prediction(APPLIED, reference=str(loan(customer).pk))
    assert services.record_outcomes_pulled(declaration=declaration) == Counts(bound=1)
    assert bound() == [(made.id, "repaid", "pull")]


def test_without_a_reference_entity_and_time_find_the_prediction(
    declaration: type[Classification], customer: Customer
) -> None:
    made = prediction(APPLIED, entity={"customer_id": customer.pk})
    prediction(APPLIED + timedelta(days=60), entity={"customer_id": customer.pk})
    loan(customer, day=30)
    assert services.record_outcomes_pulled(declaration=declaration) == Counts(bound=1)
    assert bound() == [(made.id, "repaid", "pull")]


def test_a_row_whose_outcome_is_not_known_yet_is_left_alone(
    declaration: type[Classification], customer: Customer
) -> None:
    prediction(APPLIED, reference=str(loan(customer, status=None).pk))
    assert services.record_outcomes_pulled(declaration=declaration) == Counts()


def test_pulling_again_changes_nothing(declaration: type[Classification], customer: Customer) -> None:
    prediction(APPLIED, reference=str(loan(customer).pk))
    prediction(APPLIED, entity={"customer_id": customer.pk})
    loan(customer, day=31)
    assert services.record_outcomes_pulled(declaration=declaration) == Counts(bound=2)
    assert services.record_outcomes_pulled(declaration=declaration) == Counts()
    assert StoredOutcome.objects.count() == 2


def test_a_correction_is_pulled_as_a_new_outcome(
    declaration: type[Classification], customer: Customer
) -> None:
    row = loan(customer)
    made = prediction(APPLIED, reference=str(row.pk))
    services.record_outcomes_pulled(declaration=declaration)
    Loan.objects.filter(pk=row.pk).update(status="defaulted")
    assert services.record_outcomes_pulled(declaration=declaration) == Counts(bound=1)
    assert bound() == [(made.id, "repaid", "pull"), (made.id, "defaulted", "pull")]


def test_what_nobody_predicted_is_counted_and_not_stored(
    declaration: type[Classification], customer: Customer
) -> None:
    prediction(APPLIED, reference=str(loan(customer).pk))
    loan(customer)
    assert services.record_outcomes_pulled(declaration=declaration) == Counts(bound=1, unmatched=1)
    assert StoredOutcome.objects.count() == 1
