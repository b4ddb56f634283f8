"""Each rule about one row of input, as a table: what is taken, as what; what is refused, and why."""

from __future__ import annotations

from typing import Any

import pytest

from flyball.domain.schema import Field, Kind, Schema, check, escape, union
from flyball.domain.values import Scalar

GRADE: dict[str, Any] = {"categories": ("a", "b", 1, True)}
LONE = "\ud800"

TAKEN: list[tuple[str, Kind, object, Scalar]] = [
    ("a number", Kind.NUMBER, 1.5, 1.5),
    ("a whole number as a number", Kind.NUMBER, 2, 2.0),
    ("a large number that rounds", Kind.NUMBER, 10**300, 1e300),
    ("an integer", Kind.INTEGER, 7, 7),
    ("an integral float as an integer", Kind.INTEGER, 7.0, 7),
    ("minus nothing", Kind.INTEGER, -0.0, 0),
    ("the largest integer", Kind.INTEGER, 2**63 - 1, 2**63 - 1),
    ("the smallest integer", Kind.INTEGER, -(2**63), -(2**63)),
    ("true", Kind.BOOLEAN, True, True),
    ("a category of text", Kind.CATEGORY, "a", "a"),
    ("a category that is a number", Kind.CATEGORY, 1, 1),
    ("a category as an integral float", Kind.CATEGORY, 1.0, 1),
    ("a category that is true", Kind.CATEGORY, True, True),
    ("text", Kind.TEXT, "naïve 🎈", "naïve 🎈"),
    ("empty text", Kind.TEXT, "", ""),
    ("a timestamp", Kind.TIMESTAMP, "2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00.000000Z"),
    ("a date as a timestamp", Kind.TIMESTAMP, "2026-01-31", "2026-01-31T00:00:00.000000Z"),
]

REFUSED: list[tuple[str, Kind, object, str]] = [
    ("true as a number", Kind.NUMBER, True, "Expected a number."),
    ("true as an integer", Kind.INTEGER, True, "Expected a number."),
    ("text as a number", Kind.NUMBER, "1", "Expected a number."),
    ("NaN", Kind.NUMBER, float("nan"), "Expected a finite number."),
    ("1e400", Kind.NUMBER, float("inf"), "Expected a finite number."),
    ("a number of 400 digits", Kind.NUMBER, 10**400, "Expected a finite number."),
    ("an integer of 400 digits", Kind.INTEGER, -(10**400), "Expected a finite number."),
    ("a broken integer", Kind.INTEGER, 1.5, "Expected a whole number."),
    ("an integer of 65 bits", Kind.INTEGER, 2**63, "Expected a whole number of at most 64 bits."),
    ("an integral float of 65 bits", Kind.INTEGER, 2.0**63, "Expected a whole number of at most 64 bits."),
    ("1 as a boolean", Kind.BOOLEAN, 1, "Expected true or false."),
    ("text as a boolean", Kind.BOOLEAN, "true", "Expected true or false."),
    ("a broken category", Kind.CATEGORY, 1.5, "Expected a whole number."),
    ("a category of 400 digits", Kind.CATEGORY, 10**400, "Expected a whole number of at most 64 bits."),
    ("a list as a category", Kind.CATEGORY, ["a"], "Expected text, a whole number, true or false."),
    ("a number as text", Kind.TEXT, 1, "Expected text."),
    ("an object as text", Kind.TEXT, {"a": 1}, "Expected text."),
    ("NUL in text", Kind.TEXT, "a\x00b", "Text may not hold a NUL character."),
    ("NUL in a category", Kind.CATEGORY, "\x00", "Text may not hold a NUL character."),
    ("half a surrogate pair", Kind.TEXT, LONE, "Text may not hold half of a surrogate pair."),
    ("half a pair as a category", Kind.CATEGORY, LONE, "Text may not hold half of a surrogate pair."),
    ("a number as a timestamp", Kind.TIMESTAMP, 1_700_000_000, "Expected a timestamp as ISO 8601 text."),
    ("a day that is not", Kind.TIMESTAMP, "2026-02-30", "Expected a timestamp as ISO 8601 text."),
    (
        "a moment before all",
        Kind.TIMESTAMP,
        "0001-01-01T00:00+12:00",
        "Expected a timestamp as ISO 8601 text.",
    ),
    ("an empty timestamp", Kind.TIMESTAMP, "", "Expected a timestamp as ISO 8601 text."),
]


def one(kind: Kind, **rest: Any) -> Schema:
    """A schema of one field, called ``it``."""
    return Schema((Field(name="it", kind=kind, **(GRADE if kind is Kind.CATEGORY else {}), **rest),))


@pytest.mark.parametrize(("why", "kind", "value", "expected"), TAKEN)
def test_a_value_that_fits_is_taken_in_its_one_spelling(
    why: str, kind: Kind, value: object, expected: Scalar
) -> None:
    checked = check(one(kind), {"it": value})
    assert (checked.problems, checked.warnings) == ([], []), why
    assert checked.values == {"it": expected}
    assert type(checked.values["it"]) is type(expected)


@pytest.mark.parametrize(("why", "kind", "value", "reason"), REFUSED)
def test_a_value_that_does_not_fit_is_refused_with_its_place_and_a_reason(
    why: str, kind: Kind, value: object, reason: str
) -> None:
    (problem,) = check(one(kind), {"it": value}, pointer="/input").problems
    assert (problem.pointer, problem.code, problem.message) == ("/input/it", "wrong_type", reason), why


@pytest.mark.parametrize(
    ("why", "values"), [("left out", {}), ("null", {"it": None})], ids=["left out", "null"]
)
def test_no_value_is_a_problem_unless_the_field_may_be_null(why: str, values: dict[str, object]) -> None:
    (problem,) = check(one(Kind.NUMBER), values).problems
    assert (problem.pointer, problem.code) == ("/it", "missing"), why
    allowed = check(one(Kind.NUMBER, nullable=True), values)
    assert (allowed.problems, allowed.values) == ([], {"it": None})


@pytest.mark.parametrize(
    ("why", "field", "value", "code"),
    [
        ("a new category", Field(name="it", kind=Kind.CATEGORY, categories=("a",)), "z", "unseen_category"),
        ("true is not 1", Field(name="it", kind=Kind.CATEGORY, categories=(1,)), True, "unseen_category"),
        ("below the range", Field(name="it", kind=Kind.INTEGER, low=18, high=90), 17, "out_of_range"),
        ("above the range", Field(name="it", kind=Kind.NUMBER, low=18, high=90), 90.1, "out_of_range"),
    ],
)
@pytest.mark.parametrize("unseen", ["warn", "refuse"])
def test_what_the_model_has_not_seen_follows_the_declaration(
    why: str, field: Field, value: object, code: str, unseen: Any
) -> None:
    field = Field(**{name: getattr(field, name) for name in Field.__slots__} | {"unseen": unseen})
    checked = check(Schema((field,)), {"it": value})
    found = checked.problems if unseen == "refuse" else checked.warnings
    assert [problem.code for problem in found] == [code], why
    assert len(checked.problems) + len(checked.warnings) == 1


@pytest.mark.parametrize("value", [18, 90, 18.0, 50])
def test_the_ends_of_a_range_belong_to_it(value: float) -> None:
    checked = check(Schema((Field(name="it", kind=Kind.NUMBER, low=18, high=90),)), {"it": value})
    assert (checked.warnings, checked.problems) == ([], [])


def test_every_problem_of_a_row_is_found_at_once() -> None:
    schema = Schema(
        (
            Field(name="age", kind=Kind.INTEGER),
            Field(name="hours-per-week", kind=Kind.NUMBER),
            Field(name="a/b~c", kind=Kind.TEXT),
        )
    )
    checked = check(schema, {"age": "x", "a/b~c": 1, "colour": "red"}, pointer="/rows/3/input")
    assert [(problem.pointer, problem.code) for problem in checked.problems] == [
        ("/rows/3/input/age", "wrong_type"),
        ("/rows/3/input/hours-per-week", "missing"),
        ("/rows/3/input/a~1b~0c", "wrong_type"),
        ("/rows/3/input/colour", "unknown_field"),
    ]


def test_a_problem_never_repeats_the_value_that_was_sent() -> None:
    for _, kind, _, _ in REFUSED:
        for problem in check(one(kind), {"it": "sesame-4711"}).problems:
            assert "sesame" not in repr(problem)


def test_fields_of_other_routed_versions_are_accepted_and_left_out() -> None:
    checked = check(one(Kind.NUMBER), {"it": 1, "newer": 2}, known=frozenset({"newer"}))
    assert (checked.problems, checked.values) == ([], {"it": 1.0})


def test_values_come_in_the_order_of_the_schema() -> None:
    schema = Schema((Field(name="b", kind=Kind.NUMBER), Field(name="a", kind=Kind.NUMBER)))
    assert list(check(schema, {"a": 1, "b": 2}).values) == ["b", "a"]


def test_the_union_needs_only_what_every_version_needs() -> None:
    old = Schema((Field(name="age", kind=Kind.NUMBER), Field(name="zip", kind=Kind.TEXT)))
    new = Schema((Field(name="age", kind=Kind.NUMBER), Field(name="job", kind=Kind.TEXT, nullable=True)))
    assert [(field.name, field.nullable) for field in union([old, new]).fields] == [
        ("age", False),
        ("zip", True),
        ("job", True),
    ]


def test_the_union_of_nothing_has_no_fields() -> None:
    assert union([]) == Schema(())


@pytest.mark.parametrize(("name", "token"), [("a/b", "a~1b"), ("a~b", "a~0b"), ("~1", "~01"), ("", "")])
def test_a_name_becomes_one_token_of_a_pointer(name: str, token: str) -> None:
    assert escape(name) == token


class Counted(Schema):
    """A schema that counts how often it is asked for its names."""

    asked: list[str] = []

    @property
    def names(self) -> tuple[str, ...]:
        self.asked.append("names")
        return tuple(field.name for field in self.fields)


def test_the_schemas_names_are_gathered_once_for_a_row_whatever_is_sent() -> None:
    check(Counted((Field(name="age", kind=Kind.NUMBER),)), {f"x{n}": 1 for n in range(50)})
    assert len(Counted.asked) == 1
