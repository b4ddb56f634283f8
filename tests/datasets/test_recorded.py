"""Recorded predictions join the next snapshot as rows, once their outcomes have matured."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from flyball import Classification, FeatureTable, Outcome, Regression, RequestSource, Rows
from flyball.control.routing.partitions import ensure_partitions
from flyball.domain import records
from flyball.domain.records import Prediction, entity_key
from flyball.stores import outcomes
from flyball.stores import records as store
from flyball.stores.database import Database
from tests.applied import take_snapshot
from tests.datasets import cast
from tests.ids import uuid7

pytestmark = pytest.mark.storage


@pytest.fixture
def shop(database: Database, project: Path) -> cast.Shop:
    """The cast, in a database that the stores see."""
    from django.db import connection

    ensure_partitions(connection)
    return cast.open_shop()


class Recorder:
    """Records predictions of the endpoint ``risk`` and what became of them."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def predicted(
        self,
        made_at: datetime,
        values: dict[str, Any],
        entity: dict[str, Any],
        reference: str | None = None,
    ) -> Prediction:
        """A prediction as the data plane records one."""
        prediction = Prediction(
            id=uuid7(int(made_at.timestamp() * 1000)),
            endpoint="risk",
            version=1,
            arm="champion",
            route=1,
            input=values,
            output={"label": "repaid", "probabilities": {"repaid": 1.0}},
            created_at=made_at,
            entity=entity,
            reference=reference,
        )
        with (
            closing(self.database.connect()) as connection,
            self.database.transaction(connection),
        ):
            store.write(self.database, connection, [store.Submission(predictions=(prediction,), request="")])
        return prediction

    def happened(
        self,
        prediction: Prediction,
        value: Any,
        source: str = "api",
        occurred_at: datetime | None = None,
        received_at: datetime | None = None,
    ) -> None:
        """What really happened."""
        outcome = records.Outcome(
            endpoint="risk",
            value=value,
            prediction=prediction.id,
            source=source,
            occurred_at=occurred_at,
        )
        with closing(self.database.connect()) as connection:
            outcomes.record(self.database, connection, [outcome], received_at or records.now())


@pytest.fixture
def recorder(database: Database) -> Recorder:
    """Records what a test needs."""
    return Recorder(database)


class Declared:
    """The declaration's attributes, without making it one."""

    rows = Rows("shop.Loan", key="id", time="applied_at")
    features: ClassVar[Sequence[Any] | None] = [
        RequestSource("amount", "purpose"),
        FeatureTable(
            "customer",
            model="shop.Customer",
            on="customer_id",
            columns=["age", "vip", "born"],
            static=True,
        ),
    ]


VALUES = {"amount": 9.0, "purpose": "boat", "age": 99, "vip": True, "born": "1990-01-01T00:00:00.000000Z"}


def recorded(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those rows that are recorded predictions."""
    return [row for row in rows if row["_origin"] == "outcome"]


def test_an_outcome_brings_the_recorded_input_its_time_and_its_label(
    shop: cast.Shop, recorder: Recorder, taken: Any
) -> None:
    class Risk(Declared, Classification):
        outcome = Outcome("status")

    prediction = recorder.predicted(cast.day(50), VALUES, {"customer_id": shop.ann.pk})
    recorder.happened(prediction, "defaulted", received_at=cast.day(60))
    rows = taken(Risk)
    (row,) = recorded(rows)
    assert row == {
        "_key": str(prediction.id),
        "_time": cast.day(50),
        "_known_at": cast.day(60),
        "_entity": entity_key({"customer_id": shop.ann.pk}),
        "_origin": "outcome",
        "_outcome": "defaulted",
        **VALUES,
        "born": datetime.fromisoformat("1990-01-01T00:00:00Z"),
    }
    assert rows[-1] == row
    snapshot = take_snapshot(Risk)
    assert (snapshot.row_count, snapshot.outcome_count) == (4, 1)
    assert snapshot.profile["purpose"]["categories"] == [["car", 3], ["boat", 1]]


def test_an_outcome_waits_until_it_has_matured(shop: cast.Shop, recorder: Recorder, taken: Any) -> None:
    class Risk(Declared, Classification):
        outcome = Outcome("status", matures_after="30d")

    moment = records.now().replace(microsecond=0)
    young = recorder.predicted(moment - timedelta(days=29), VALUES, {})
    recorder.happened(young, "repaid")
    assert recorded(taken(Risk)) == []
    assert len(recorded(taken(Risk, as_of=moment + timedelta(days=1)))) == 1


@pytest.mark.parametrize(
    ("occurred", "known"),
    [(None, 60), (55, 55), (52, 53), (50, 53), (61, 60)],
    ids=["received", "occurred", "occurred before it matures", "occurred at once", "said ahead of time"],
)
def test_a_recorded_outcome_is_known_when_it_occurred_or_was_received_and_has_matured(
    occurred: int | None, known: int, shop: cast.Shop, recorder: Recorder, taken: Any
) -> None:
    class Risk(Declared, Classification):
        outcome = Outcome("status", matures_after="3d")

    prediction = recorder.predicted(cast.day(50), VALUES, {})
    moment = None if occurred is None else cast.day(occurred)
    recorder.happened(prediction, "repaid", occurred_at=moment, received_at=cast.day(60))
    assert [row["_known_at"] for row in recorded(taken(Risk))] == [cast.day(known)]


def test_the_last_correction_counts(shop: cast.Shop, recorder: Recorder, taken: Any) -> None:
    class Risk(Declared, Classification):
        outcome = Outcome("status")

    prediction = recorder.predicted(cast.day(50), VALUES, {})
    recorder.happened(prediction, "repaid")
    recorder.happened(prediction, "defaulted")
    assert [row["_outcome"] for row in recorded(taken(Risk))] == ["defaulted"]


def test_outcomes_that_the_rows_bring_themselves_are_not_counted_twice(
    shop: cast.Shop, recorder: Recorder, taken: Any
) -> None:
    class Risk(Declared, Classification):
        outcome = Outcome("status")

    recorder.happened(recorder.predicted(cast.day(50), VALUES, {}), "repaid", source="pull")
    assert recorded(taken(Risk)) == []


def test_an_event_is_learned_once_as_a_row_or_as_a_recorded_outcome(
    shop: cast.Shop, recorder: Recorder, taken: Any
) -> None:
    class Risk(Declared, Classification):
        outcome = Outcome("status")

    open_loan, known = cast.loan(shop.bob, 12, status=None), cast.loan(shop.bob, 13)
    for loan in (open_loan, known):
        prediction = recorder.predicted(cast.day(50), VALUES, {}, reference=str(loan.pk))
        recorder.happened(prediction, "repaid")
    (row,) = recorded(taken(Risk))
    assert row["_outcome"] == "repaid"
    assert take_snapshot(Risk).outcome_count == 1
    open_loan.status = "repaid"
    open_loan.save()
    assert recorded(taken(Risk)) == []


def test_a_reference_is_not_taken_for_the_number_of_a_row(
    database: Database, project: Path, recorder: Recorder, taken: Any
) -> None:
    class Risk(Classification):
        rows = Rows("loans.csv")
        outcome = Outcome("status")

    (project / "loans.csv").write_text("amount,status\n1,a\n2,b\n")
    recorder.happened(recorder.predicted(cast.day(50), {"amount": 3}, {}, reference="1"), "b")
    assert len(recorded(taken(Risk))) == 1


def test_what_the_recorded_input_lacks_is_missing(shop: cast.Shop, recorder: Recorder, taken: Any) -> None:
    class Risk(Declared, Classification):
        outcome = Outcome("status")

    recorder.happened(recorder.predicted(cast.day(50), {"amount": 5, "age": "old", "gone": 1}, {}), "repaid")
    (row,) = recorded(taken(Risk))
    assert (row["amount"], row["age"], row["purpose"], row["vip"]) == (5.0, None, None, None)
    assert row["_entity"] == row["_key"]
    assert "gone" not in row


def test_a_label_of_another_type_is_left_out(shop: cast.Shop, recorder: Recorder, taken: Any) -> None:
    class Risk(Classification):
        rows = Rows("shop.Customer", columns=["age"])
        outcome = Outcome("vip")

    recorder.happened(recorder.predicted(cast.day(50), {"age": 30}, {}), "yes")
    recorder.happened(recorder.predicted(cast.day(51), {"age": 40}, {}), True)
    assert [(row["age"], row["_outcome"]) for row in recorded(taken(Risk))] == [(40, True)]


def test_recorded_rows_come_in_order_of_their_time(shop: cast.Shop, recorder: Recorder, taken: Any) -> None:
    class Risk(Regression):
        rows = Rows("shop.Customer", columns=["vip"])
        outcome = Outcome("age")

    made = [recorder.predicted(cast.day(50 + i), {"vip": True}, {}) for i in range(25)]
    for i, prediction in enumerate(made):
        recorder.happened(prediction, float(i))
    rows = recorded(taken(Risk))
    assert [row["_key"] for row in rows] == [str(prediction.id) for prediction in made]
