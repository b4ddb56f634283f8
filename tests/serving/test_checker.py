"""The fast check and the slow one agree: on what they accept, and on the values."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.domain.schema import Field, Kind, Schema, check
from flyball.serving.checker import Checker

TEXTS = st.text(st.characters() | st.sampled_from("\x00\ud800a"), max_size=6)
NUMBERS = st.floats() | st.integers() | st.sampled_from([1.0, -0.0, 10**400, 2**63, -(2**63), 2.0**63])
MOMENTS = st.datetimes().map(lambda moment: moment.isoformat()) | st.sampled_from(["2026-01-31", "", "soon"])
VALUES = st.none() | st.booleans() | NUMBERS | TEXTS | MOMENTS | st.just([1]) | st.just({"a": 1})
BOUNDS = st.none() | st.integers(-3, 3) | st.floats(allow_nan=False)
CATEGORIES = st.lists(st.booleans() | st.integers(-2, 2) | TEXTS | st.just("a"), max_size=4)
NAMES = st.sampled_from(["age", "hours-per-week", "a/b", "class", "f0", "k0", "", "naïve", 'a"b', "\x00"])


@st.composite
def fields(draw: st.DrawFn, name: str) -> Field:
    return Field(
        name=name,
        kind=draw(st.sampled_from(Kind)),
        nullable=draw(st.booleans()),
        categories=tuple(draw(CATEGORIES)),
        low=draw(BOUNDS),
        high=draw(BOUNDS),
        unseen=draw(st.sampled_from(["warn", "refuse"])),
    )


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    names = draw(st.lists(NAMES, unique=True, max_size=5))
    return Schema(tuple(draw(fields(name)) for name in names))


def spelled(values: dict[str, Any]) -> list[tuple[str, type, str]]:
    """Values with their types and order: 1, 1.0 and true are three things here."""
    return [(name, type(value), repr(value)) for name, value in values.items()]


@given(schema=schemas(), data=st.data(), known=st.frozensets(NAMES, max_size=2))
def test_the_fast_check_and_the_slow_check_give_the_same(
    schema: Schema, data: st.DataObject, known: frozenset[str]
) -> None:
    names = st.sampled_from(schema.names) | NAMES if schema.names else NAMES
    values = data.draw(st.dictionaries(names, VALUES))
    fast = Checker(schema, known).check(values, "/input")
    slow = check(schema, values, pointer="/input", known=known)
    assert (fast.problems, fast.warnings) == (slow.problems, slow.warnings)
    assert spelled(fast.values) == spelled(slow.values)


FITTING: dict[Kind, Any] = {
    Kind.NUMBER: st.floats(allow_nan=False, allow_infinity=False),
    Kind.INTEGER: st.integers(-(2**63), 2**63 - 1),
    Kind.BOOLEAN: st.booleans(),
    Kind.CATEGORY: st.sampled_from(["a", 1, True]),
    Kind.TEXT: st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
    Kind.TIMESTAMP: st.datetimes().map(lambda moment: moment.isoformat()),
}


@pytest.mark.parametrize("kind", list(Kind))
@given(data=st.data())
def test_what_is_in_order_takes_the_fast_path(kind: Kind, data: st.DataObject) -> None:
    schema = Schema((Field(name="hours-per-week", kind=kind, categories=("a", 1, True)),))
    values = {"hours-per-week": data.draw(FITTING[kind])}
    fast = Checker(schema).fast(values)
    assert fast is not None
    assert spelled(fast) == spelled(check(schema, values).values)


def test_fields_of_other_routed_versions_stay_on_the_fast_path() -> None:
    schema = Schema((Field(name="age", kind=Kind.NUMBER),))
    checker = Checker(schema, frozenset({"age", "newer"}))
    assert checker.fast({"age": 1, "newer": [{"any": "thing"}]}) == {"age": 1.0}
    assert [each.code for each in checker.check({"age": 1, "newer": 2}).warnings] == ["field_left_out"]
    assert checker.fast({"age": 1, "newest": 2}) is None
