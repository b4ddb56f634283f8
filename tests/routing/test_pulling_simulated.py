"""Customers who come again and again: which row's outcome each prediction gets, where the truth is known."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flyball import Classification, FeatureTable, Outcome, RequestSource, Rows
from flyball.control.routing import services
from flyball.control.routing.models import Outcome as StoredOutcome
from flyball.control.routing.models import Prediction
from flyball.domain.records import entity_key
from flyball.stores.database import Database
from tests.ids import uuid7
from tests.shop.models import City, Customer, Loan

pytestmark = pytest.mark.storage
BEGINNING = datetime(2025, 1, 1, tzinfo=UTC)
CUSTOMERS, LOANS = 40, 8


class Simulation:
    """Loans whose status names the loan itself, so that each outcome says which row it came from.

    Of ten loans one is never predicted, two send their key as reference, and two are asked twice (a page
    reload); every prediction comes up to 20 minutes after its row's time. Loans of one customer overlap: one
    is closed long after the next was asked for. ``truth`` has the row of each prediction.
    """

    def __init__(self, seed: int = 7) -> None:
        self.draw = random.Random(seed)  # noqa: S311 - repeatable, and no secret
        self.truth: dict[Any, str] = {}
        self._predictions: list[Prediction] = []
        for _ in range(CUSTOMERS):
            self._customer()
        Prediction.objects.bulk_create(self._predictions)

    def _customer(self) -> None:
        customer = Customer.objects.create(age=40, city=City.objects.create(region="north"))
        moment = BEGINNING
        for _ in range(LOANS):
            moment += timedelta(days=self.draw.uniform(10, 40))
            loan = Loan.objects.create(
                customer=customer,
                applied_at=moment,
                amount=100,
                purpose="car",
                closed_at=moment + timedelta(days=self.draw.uniform(5, 60)),
            )
            Loan.objects.filter(pk=loan.pk).update(status=f"loan {loan.pk}")
            if self.draw.random() < 0.9:
                reference = str(loan.pk) if self.draw.random() < 0.2 else None
                asked = moment + timedelta(minutes=self.draw.uniform(0, 20))
                self._predict(customer, f"loan {loan.pk}", asked, reference)
                if self.draw.random() < 0.2:
                    self._predict(customer, f"loan {loan.pk}", asked + timedelta(minutes=2), reference)

    def _predict(self, customer: Customer, row: str, moment: datetime, reference: str | None) -> None:
        entity = {"customer_id": customer.pk}
        made = Prediction(
            id=uuid7(int(moment.timestamp() * 1000)),
            endpoint="repayment",
            version=1,
            arm="champion",
            route=1,
            reference=reference,
            entity=entity,
            entity_key=entity_key(entity),
            input={"amount": 100.0},
            output={},
            warnings=[],
            created_at=moment,
        )
        self._predictions.append(made)
        self.truth[made.id] = row

    def misbound(self) -> int:
        """Bound outcomes whose row is not the row of their prediction."""
        every = StoredOutcome.objects.filter(state="bound")
        return sum(self.truth[one.prediction] != one.value for one in every)

    def right(self) -> set[str]:
        """The rows whose own prediction has their outcome."""
        every = StoredOutcome.objects.filter(state="bound")
        return {str(one.value) for one in every if self.truth[one.prediction] == one.value}


@pytest.fixture
def simulation(database: Database) -> Simulation:
    return Simulation()


@pytest.mark.parametrize("time", ["closed_at", None])
def test_no_outcome_goes_to_another_rows_prediction_and_none_that_was_predicted_is_missed(
    simulation: Simulation, time: str | None
) -> None:

    class Repayment(Classification):
        name = "repayment"
        rows = Rows("shop.Loan", key="id", time="applied_at")
        features = [
            RequestSource("amount"),
            FeatureTable("customer", model="shop.Customer", on="customer_id", columns=["age"], static=True),
        ]
        outcome = Outcome("status", time=time)

    services.record_outcomes_pulled(declaration=Repayment)
    assert simulation.misbound() == 0
    assert simulation.right() == set(simulation.truth.values())
