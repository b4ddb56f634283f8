"""Routes: who answers after a promotion, what callers must send then, what counts as the same answer."""

from __future__ import annotations

from typing import Any

import pytest

from flyball.domain.lifecycle import stage
from flyball.domain.routing import (
    Arm,
    Decision,
    Lookup,
    Route,
    Step,
    before_champion,
    newly_required,
    no_longer_taken,
    promoted,
    remembering,
    same_output,
)
from flyball.domain.schema import Field, Kind, Schema


def route(*arms: Arm, **more: Any) -> Route:
    """A route with these arms."""
    return Route(endpoint="income", team="default", task="classification", number=1, arms=arms, **more)


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


def lookup(table: str, on: str) -> Lookup:
    """How a feature table is read."""
    return Lookup(table=table, on=on, key_kind=Kind.INTEGER, sql="", columns=())


def asking(*names: str, table: str = "") -> Schema:
    """A schema with these fields of the request, and one field of a feature table where one is named."""
    looked_up = [Field(name="total", kind=Kind.NUMBER, source=table)] if table else []
    return Schema((*(Field(name=name, kind=Kind.NUMBER) for name in names), *looked_up))


ORDERS = lookup("orders", "customer_id")
REMEMBERED = [
    # known before, champion now, names after, why
    (None, asking("a"), (("a",), ()), "a first champion's own"),
    (route(fields=("a",)), asking("a", "b"), (("a", "b"), ()), "a new field joins"),
    (route(fields=("a", "b")), asking("a"), (("a", "b"), ()), "a field stays when its version goes"),
    (route(fields=("b", "a")), asking("a", "c"), (("b", "a", "c"), ()), "the order of those known stays"),
    (
        route(fields=("a",)),
        asking(table="orders"),
        (("a",), ("customer_id",)),
        "an entity column is known by its own",
    ),
    (route(keys=("shop",)), asking("a"), (("a",), ("shop",)), "an entity column stays too"),
    (route(), asking("a", table="other"), (("a",), ()), "a table that nothing is looked up in has no column"),
]


@pytest.mark.parametrize(("before", "champion", "names", "why"), REMEMBERED)
def test_a_route_keeps_what_its_champions_took(
    before: Route | None, champion: Schema, names: tuple[tuple[str, ...], tuple[str, ...]], why: str
) -> None:
    after = remembering(route(lookups=(ORDERS,)), before, champion)
    assert (after.fields, after.keys) == names, why


DROPPED = [
    # champion before, champion now, names, why
    (None, asking("a"), (), "nobody sent anything before the first champion"),
    (asking("a", "b"), asking("a", "b"), (), "nothing changed"),
    (asking("a"), asking("a", "b"), (), "a new field drops none"),
    (asking("a", "b"), asking("b"), ("a",), "a field that is taken no more"),
    (asking("a", table="orders"), asking("a"), ("customer_id",), "an entity that is needed no more"),
    (asking("total"), asking(table="orders"), ("total",), "a field that is looked up from now on"),
]


@pytest.mark.parametrize(("old", "new", "names", "why"), DROPPED)
def test_what_a_new_champion_takes_no_more_is_named(
    old: Schema | None, new: Schema, names: tuple[str, ...], why: str
) -> None:
    current = route(lookups=(ORDERS,))
    assert no_longer_taken(None if old is None else current, old, current, new) == names, why


HISTORIES = [
    # champions in order, a rollback in brackets; the revision to bring back, why
    ([], None, "there is no revision"),
    ([1], None, "there was one champion only"),
    ([1, 1, 1], None, "applying changes no champion"),
    ([1, 2], 1, "the one before"),
    ([1, 1, 2], 2, "as it last was under that champion"),
    ([1, 2, 2], 1, "changes under the present champion are stepped over"),
    ([1, 2, 3, [2]], 1, "going back twice goes back two champions"),
    ([1, 2, 3, [2], [1]], None, "nothing is left at the bottom"),
    ([1, 2, [1], 2], 3, "a promotion after a rollback can be taken back too"),
    ([1, 2, [1], 3], 3, "a version that was taken back is never brought back"),
    ([1, 2, 1], 2, "a promotion of an earlier champion is a promotion"),
    ([1, 2, 1, [2]], 1, "and is taken back like any other"),
]


@pytest.mark.parametrize(("champions", "number", "why"), HISTORIES)
def test_a_rollback_takes_one_champion_off_the_stack(
    champions: list[int | list[int]], number: int | None, why: str
) -> None:
    history = [
        Step(place, *((champion[0], True) if isinstance(champion, list) else (champion, False)))
        for place, champion in enumerate(champions, 1)
    ]
    assert before_champion(history) == number, why


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
