"""Routes: who answers after a promotion, what callers must send then, what counts as the same answer."""

from __future__ import annotations

from typing import Any

import pytest

from flyball.domain.lifecycle import stage
from flyball.domain.routing import Arm, Decision, Route, newly_required, promoted, same_output
from flyball.domain.schema import Field, Kind, Schema


def route(*arms: Arm) -> Route:
    """A route with these arms."""
    return Route(endpoint="income", team="default", task="classification", number=1, arms=arms)


def test_the_first_promotion_makes_the_only_arm() -> None:
    assert promoted(None, 3) == (Arm("champion", 3),)


def test_a_promotion_replaces_the_champion_and_keeps_the_other_arms() -> None:
    before = route(Arm("champion", 1), Arm("shadow", 2), Arm("challenger", 3))
    assert promoted(before, 3) == (Arm("champion", 3), Arm("shadow", 2))


def schema(**nullable: bool) -> Schema:
    """A schema of numbers."""
    return Schema(tuple(Field(name=name, kind=Kind.NUMBER, nullable=may) for name, may in nullable.items()))


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        (schema(a=False), schema(a=False), ()),
        (schema(a=False), schema(a=False, b=False), ("b",)),
        (schema(a=True), schema(a=False), ("a",)),
        (schema(a=False), schema(a=False, b=True), ()),
        (schema(a=False, b=False), schema(a=False), ()),
    ],
    ids=["the same", "a new field", "no longer nullable", "a new nullable field", "a field less"],
)
def test_fields_that_callers_must_send_from_now_on(
    before: Schema, after: Schema, names: tuple[str, ...]
) -> None:
    assert newly_required(before, after) == names


def test_a_field_from_a_feature_table_is_asked_of_no_caller() -> None:
    table = Schema((Field(name="total", kind=Kind.NUMBER, source="orders"),))
    assert newly_required(Schema(()), table) == ()


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        ({"label": "a"}, {"label": "a"}, True),
        ({"label": "a"}, {"label": "b"}, False),
        ({"label": 1}, {"label": True}, False),
        ({"value": 1.0}, {"value": 1.0 + 1e-12}, True),
        ({"value": 1.0}, {"value": 1.0 + 1e-6}, False),
        ({"value": 1e9}, {"value": 1e9 + 0.1}, True),
        ({"probabilities": {"a": 0.5}}, {"probabilities": {"a": 0.5, "b": 0.5}}, False),
        ({"value": 10**16}, {"value": 1e16}, True),
        ({"value": 1.0}, {"value": True}, False),
        ({"value": 1.0}, {"value": "1.0"}, False),
        ({"value": 1.0}, None, False),
    ],
)
def test_answers_are_compared_by_label_exactly_and_by_number_closely(
    expected: Any, actual: Any, same: bool
) -> None:
    assert same_output(expected, actual) is same


@pytest.mark.parametrize(("probability", "decision"), [(0.29, "accept"), (0.30, "refuse"), (0.31, "refuse")])
def test_a_threshold_decides_at_or_above(probability: float, decision: str) -> None:
    rule = Decision(threshold=0.30, at_or_above="refuse", below="accept", label="defaulted")
    assert rule.decide({"label": "x", "probabilities": {"defaulted": probability}}) == decision


def test_a_regression_is_decided_by_its_value() -> None:
    assert Decision(threshold=10, at_or_above="high", below="low").decide({"value": 9.5}) == "low"


@pytest.mark.parametrize(
    ("arms", "archived", "expected"),
    [
        ((), False, "testing"),
        ((), True, "archived"),
        (("shadow",), False, "staging"),
        (("shadow", "canary"), False, "ab_testing"),
        (("challenger", "champion"), False, "production"),
    ],
)
def test_the_most_exposed_arm_decides_the_stage(arms: tuple[str, ...], archived: bool, expected: str) -> None:
    assert stage(arms, archived=archived) == expected
