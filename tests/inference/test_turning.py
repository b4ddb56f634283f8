"""The smallest changes that turn a decision: inside of the schema, of one field, else of two, or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from flyball.domain.reasons.told import Counterfactual
from flyball.domain.schema import Field, Kind
from flyball.domain.values import Scalar
from flyball.inference.reasons.turning import Turning

AMOUNT = Field(name="amount", kind=Kind.NUMBER, low=0.0, high=1000.0)
TERM = Field(name="term", kind=Kind.INTEGER, low=1, high=60, nullable=True)
PURPOSE = Field(name="purpose", kind=Kind.CATEGORY, categories=("car", "house", 1, True))
MEMBER = Field(name="member", kind=Kind.BOOLEAN)
NOTE = Field(name="note", kind=Kind.TEXT)
OPEN = Field(name="open", kind=Kind.NUMBER)
ROW: dict[str, Scalar] = {
    "amount": 900.0,
    "term": 40,
    "purpose": "car",
    "member": False,
    "note": "",
    "open": 1.0,
}
Score = Callable[[Mapping[str, Any]], float]


class Scoring:
    """A version that answers with a number; what it was asked is kept."""

    direct = True

    def __init__(self, score: Score) -> None:
        self.asked: list[Mapping[str, Scalar]] = []
        self._score = score

    def predict(self, rows: Sequence[Mapping[str, Scalar]]) -> list[dict[str, Any]]:
        self.asked += rows
        return [{"value": self._score(row)} for row in rows]


def turned(score: Score, *fields: Field, row: Mapping[str, Scalar] = ROW) -> list[Counterfactual]:
    scoring = Scoring(score)
    found = Turning(scoring, _decide, fields, row).smallest(10)
    for asked in scoring.asked:  # whatever is asked is inside of the schema, or the row's own
        for field in fields:
            value = asked[field.name]
            inside = field.low is None or value is None or field.low <= float(str(value)) <= (field.high or 0)
            assert value == row[field.name] or inside
    return found


def _decide(output: Mapping[str, Any]) -> str:
    return "refuse" if output["value"] >= 0.5 else "accept"


def _changes(found: Sequence[Counterfactual]) -> list[dict[str, Scalar]]:
    return [{change.field: change.to for change in each.changes} for each in found]


def test_a_number_moves_no_farther_than_it_must_and_to_few_digits() -> None:
    found = turned(lambda row: row["amount"] >= 613.7, AMOUNT, TERM)
    assert _changes(found) == [{"amount": 613.0}]
    assert (found[0].changes[0].value, found[0].decision, found[0].output) == (
        900.0,
        "accept",
        {"value": False},
    )


def test_a_number_keeps_its_digits_where_fewer_would_turn_the_decision_back() -> None:
    (change,) = _changes(turned(lambda row: not 656.2 < row["amount"] < 656.28, AMOUNT))
    assert 656.2 < float(str(change["amount"])) < 656.28  # 656.25 is a point of the range


def test_a_whole_number_stays_one_and_the_smaller_change_comes_first() -> None:
    found = turned(lambda row: row["amount"] >= 300 and row["term"] > 31, AMOUNT, TERM)
    assert _changes(found) == [{"term": 31}, {"amount": 299.0}]
    assert type(found[0].changes[0].to) is int


@pytest.mark.parametrize(("choice", "kind"), [(1, int), (True, bool), ("house", str)])
def test_a_category_becomes_one_of_the_choices_of_its_own_type(choice: Scalar, kind: type) -> None:
    found = turned(lambda row: not (type(row["purpose"]) is kind and row["purpose"] == choice), PURPOSE)
    assert [(each["purpose"], type(each["purpose"])) for each in _changes(found)] == [(choice, kind)]


def test_two_fields_are_changed_only_where_one_is_not_enough() -> None:
    found = turned(lambda row: row["amount"] >= 450 or not row["member"], AMOUNT, MEMBER)
    ((first),) = _changes(found)
    assert first == {"amount": 449.0, "member": True}
    assert _changes(turned(lambda row: row["amount"] >= 450, AMOUNT, MEMBER)) == [{"amount": 449.0}]


def test_a_value_that_is_missing_may_be_given() -> None:
    row = {**ROW, "term": None}
    found = turned(lambda row: row["term"] is None or row["term"] > 20, TERM, row=row)
    assert len(found) == 1
    assert found[0].changes[0].value is None
    assert 1 <= int(str(found[0].changes[0].to)) <= 20


def test_what_is_outside_of_its_range_comes_back_into_it() -> None:
    found = turned(lambda row: row["amount"] > 700, AMOUNT, row={**ROW, "amount": 5000.0})
    assert _changes(found) == [{"amount": 699.0}]
    found = turned(lambda row: row["amount"] > 2000, AMOUNT, row={**ROW, "amount": 5000.0})
    assert _changes(found) == [{"amount": 1000.0}]


@pytest.mark.parametrize("fields", [(), (NOTE,), (OPEN,), (AMOUNT, TERM)])
def test_there_may_be_none(fields: tuple[Field, ...]) -> None:
    assert turned(lambda row: 1.0, *fields) == []
    assert turned(lambda row: float(not row["note"]), NOTE, OPEN) == []


def test_a_window_between_two_points_of_the_range_is_missed_and_no_lie_is_told() -> None:
    found = turned(lambda row: not 613.0 < row["amount"] < 613.5, AMOUNT)
    assert found == []
