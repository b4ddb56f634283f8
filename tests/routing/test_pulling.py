"""Outcomes are read back from the rows' own table, each once, corrections included."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flyball import Classification, FeatureTable, Outcome, RequestSource, Rows
from flyball.control.routing import services
from flyball.control.routing.models import Outcome as StoredOutcome
from flyball.domain import records as records_of
from flyball.domain.records import Prediction, now
from flyball.stores import erasing, outcomes
from flyball.stores.database import Database
from flyball.stores.outcomes import Counts
from tests.shop.models import City, Customer, Loan
from tests.stores import predictions

pytestmark = pytest.mark.storage

APPLIED = datetime(2026, 1, 1, tzinfo=UTC)


FEATURES = [
    RequestSource("amount"),
    FeatureTable("customer", model="shop.Customer", on="customer_id", columns=["age"], static=True),
]


def declared(known: Outcome) -> type[Classification]:
    """Loans, whose outcome is their status."""

    class Repayment(Classification):
        name = "repayment"
        rows = Rows("shop.Loan", key="id", time="applied_at")
        features = FEATURES
        outcome = known

    return Repayment


@pytest.fixture
def declaration(database: Database) -> type[Classification]:
    """Loans, whose outcome is known once they are closed."""
    return declared(TIMED)


@pytest.fixture
def customer(database: Database) -> Customer:
    return Customer.objects.create(age=40, city=City.objects.create(region="north"))


def loan(customer: Customer, status: str | None = "repaid", day: float = 0, closed: float = 30) -> Loan:
    return Loan.objects.create(
        customer=customer,
        applied_at=APPLIED + timedelta(days=day),
        amount=100,
        purpose="car",
        status=status,
        closed_at=APPLIED + timedelta(days=closed) if status else None,
    )


@pytest.fixture
def tell(database: Database) -> Any:
    """Sends an outcome for a prediction, by its id."""

    def send(made: Prediction, value: str) -> None:
        sent = records_of.Outcome(endpoint="repayment", value=value, prediction=made.id)
        with closing(database.connect()) as connection:
            outcomes.record(database, connection, [sent], now())

    return send


@pytest.fixture
def predict(database: Database) -> Iterator[Any]:
    """Records a prediction made at a moment, as the data plane does."""
    with closing(database.connect()) as connection:

        def record(moment: datetime, **more: Any) -> Prediction:
            minutes = (moment - predictions.NOON) / timedelta(minutes=1)
            made = predictions.made(minutes, endpoint="repayment", input={"amount": 100.0}, **more)
            predictions.keep(database, connection, made)
            return made

        yield record


def bound() -> list[tuple[Any, Any, str]]:
    """Prediction, value and source of each bound outcome, in order."""
    every = StoredOutcome.objects.filter(state="bound").order_by("id")
    return [(one.prediction, one.value, one.source) for one in every]


@dataclass
class Asked:
    """A prediction of the one customer: on which day, under which row's key, and what was sent for it."""

    day: float
    row: int | None = None
    reference: str | None = None
    sent: str | None = None


NO_TIME = Outcome("status")
TIMED = Outcome("status", time="closed_at")
MATURE = Outcome("status", matures_after="30d")
MINUTES = 5 / 24 / 60
RULES: list[tuple[str, Outcome, list[tuple[float, float]], list[Asked], dict[int, int]]] = [
    ("a prediction under the row's key is the row's, whatever the times say",
     TIMED, [(0, 30)], [Asked(-3, row=0)], {0: 0}),
    ("of two under the row's key the latest before the outcome, as everywhere",
     TIMED, [(0, 30)], [Asked(0, row=0), Asked(1, row=0), Asked(31, row=0)], {1: 0}),
    ("a prediction that came minutes after the row is the row's",
     NO_TIME, [(0, 30)], [Asked(MINUTES)], {0: 0}),
    ("the row's time is before its prediction: the one of the row before is not taken",
     NO_TIME, [(0, 30), (10, 40)], [Asked(MINUTES), Asked(10 + MINUTES)], {0: 0, 1: 1}),
    ("an order that is closed after the next was asked about keeps its own prediction",
     TIMED, [(0, 30), (10, 40)], [Asked(MINUTES), Asked(10 + MINUTES)], {0: 0, 1: 1}),
    ("a row that nobody predicted does not take the next row's prediction",
     TIMED, [(0, 30), (10, 40)], [Asked(10 + MINUTES)], {0: 1}),
    ("nor does it without a time of the outcome",
     NO_TIME, [(0, 30), (10, 40)], [Asked(10 + MINUTES)], {0: 1}),
    ("nor where the next row's own outcome is not known yet",
     TIMED, [(0, 30), (10, 400_000)], [Asked(10 + MINUTES)], {}),
    ("of two predictions before one outcome the first at or after the row",
     TIMED, [(0, 30)], [Asked(MINUTES), Asked(2)], {0: 0}),
    ("what was asked before the row was there was asked about something else",
     TIMED, [(5, 30)], [Asked(0)], {}),
    ("what was asked after the outcome was known was asked about something else",
     TIMED, [(0, 30)], [Asked(31)], {}),
    ("without a time of the outcome, after it was final",
     MATURE, [(0, 30)], [Asked(31)], {}),
    ("an outcome that somebody sent for the prediction stands",
     TIMED, [(0, 30)], [Asked(MINUTES, sent="defaulted")], {}),
    ("it stands where the row's key is the reference too",
     TIMED, [(0, 30)], [Asked(MINUTES, row=0, sent="defaulted")], {}),
    ("what was sent for another prediction is no obstacle",
     TIMED, [(0, 30), (10, 40)], [Asked(MINUTES, sent="defaulted"), Asked(10 + MINUTES)], {1: 1}),
    ("a prediction under another row's key is that row's, asked again in this row's time",
     TIMED, [(0, 30), (10, 40)], [Asked(10 + MINUTES, row=0)], {0: 0}),
    ("a reference that is no row's key says nothing",
     TIMED, [(0, 30)], [Asked(MINUTES, reference="web-17")], {0: 0}),
    ("two rows of one customer and one time cannot be told apart",
     TIMED, [(0, 30), (0, 40)], [Asked(MINUTES)], {}),
    ("unless one of them is named",
     TIMED, [(0, 30), (0, 40)], [Asked(MINUTES, row=1)], {0: 1}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "outcome", "loans", "asked", "expected"), RULES, ids=[rule[0] for rule in RULES]
)
def test_a_row_is_bound_by_rule(
    customer: Customer,
    predict: Any,
    tell: Any,
    reason: str,
    outcome: Outcome,
    loans: list[tuple[float, float]],
    asked: list[Asked],
    expected: dict[int, int],
) -> None:
    rows = [loan(customer, f"loan {place}", *days) for place, days in enumerate(loans)]
    made = []
    for one in asked:
        reference = one.reference if one.row is None else str(rows[one.row].pk)
        made.append(
            predict(
                APPLIED + timedelta(days=one.day), entity={"customer_id": customer.pk}, reference=reference
            )
        )
        if one.sent:
            tell(made[-1], one.sent)
    services.record_outcomes_pulled(declaration=declared(outcome))
    assert {pulled[0]: pulled[1] for pulled in bound() if pulled[2] == "pull"} == {
        made[prediction].id: f"loan {row}" for prediction, row in expected.items()
    }


@pytest.mark.parametrize(("second", "count"), [(12, 1), (8, 0)])
def test_rows_without_a_time_have_the_one_prediction_since_the_customers_outcome_before(
    customer: Customer, predict: Any, second: float, count: int
) -> None:
    class Repayment(Classification):
        name = "repayment"
        rows = Rows("shop.Loan", key="id")
        features = FEATURES
        outcome = TIMED

    loan(customer, "first", closed=10)
    loan(customer, "second", closed=20)
    for day in (1, second):
        predict(APPLIED + timedelta(days=day), entity={"customer_id": customer.pk})
    expected = {12: Counts(bound=2), 8: Counts(unmatched=2)}
    assert services.record_outcomes_pulled(declaration=Repayment) == expected[int(second)]


def test_a_row_whose_outcome_is_not_known_yet_is_left_alone(
    declaration: type[Classification], customer: Customer, predict: Any
) -> None:
    predict(APPLIED, reference=str(loan(customer, status=None).pk))
    assert services.record_outcomes_pulled(declaration=declaration) == Counts()


def test_pulling_again_changes_nothing(
    declaration: type[Classification], customer: Customer, predict: Any
) -> None:
    predict(APPLIED, reference=str(loan(customer).pk))
    predict(APPLIED + timedelta(days=1, minutes=1), entity={"customer_id": customer.pk})
    loan(customer, day=1, closed=31)
    assert services.record_outcomes_pulled(declaration=declaration) == Counts(bound=2)
    assert services.record_outcomes_pulled(declaration=declaration) == Counts()
    assert StoredOutcome.objects.count() == 2


@pytest.mark.parametrize("is_named", [True, False])
def test_a_correction_is_pulled_as_a_new_outcome(
    declaration: type[Classification], customer: Customer, predict: Any, is_named: bool
) -> None:
    row = loan(customer)
    reference = str(row.pk) if is_named else None
    made = predict(APPLIED, reference=reference, entity={"customer_id": customer.pk})
    services.record_outcomes_pulled(declaration=declaration)
    Loan.objects.filter(pk=row.pk).update(status="defaulted")
    assert services.record_outcomes_pulled(declaration=declaration) == Counts(bound=1)
    assert bound() == [(made.id, "repaid", "pull"), (made.id, "defaulted", "pull")]


def test_what_was_pulled_and_retracted_is_not_pulled_again(
    declaration: type[Classification], customer: Customer, predict: Any
) -> None:
    predict(APPLIED, reference=str(loan(customer).pk))
    services.record_outcomes_pulled(declaration=declaration)
    services.retract_outcome(endpoint="repayment", outcome=StoredOutcome.objects.get().pk)
    assert services.record_outcomes_pulled(declaration=declaration) == Counts()
    assert bound() == []


def test_what_was_erased_is_not_pulled_again(
    database: Database, declaration: type[Classification], customer: Customer, predict: Any
) -> None:
    made = predict(APPLIED, reference=str(loan(customer).pk), entity={"customer_id": customer.pk})
    services.record_outcomes_pulled(declaration=declaration)
    with closing(database.connect()) as connection:
        erasing.erase(database, connection, made.id, now())
    assert services.record_outcomes_pulled(declaration=declaration) == Counts(unmatched=1)
    assert StoredOutcome.objects.count() == 1


def test_what_nobody_predicted_is_counted_and_not_stored(
    declaration: type[Classification], customer: Customer, predict: Any
) -> None:
    predict(APPLIED, reference=str(loan(customer).pk))
    loan(customer)
    assert services.record_outcomes_pulled(declaration=declaration) == Counts(bound=1, unmatched=1)
    assert StoredOutcome.objects.count() == 1


@pytest.mark.parametrize("repeated", ["latest", "first", "refuse"])
def test_a_key_that_was_asked_about_twice_is_bound_as_declared(
    customer: Customer, predict: Any, repeated: str
) -> None:
    reference = str(loan(customer).pk)
    made = [predict(APPLIED + timedelta(days=day), reference=reference) for day in (0, 1)]
    services.record_outcomes_pulled(
        declaration=declared(Outcome("status", time="closed_at", repeated=repeated))
    )
    expected = {"latest": [made[1].id], "first": [made[0].id], "refuse": []}
    assert [one[0] for one in bound()] == expected[repeated]
