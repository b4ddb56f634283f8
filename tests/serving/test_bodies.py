"""Bodies that ask for predictions: the typed pass and the close look agree; every error has its place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.domain.errors import MalformedBody
from flyball.serving.forms import MOST_FIELDS
from flyball.serving.http.reading import bodies
from flyball.serving.http.reading.bodies import MOST_ROWS, Body

TEXTS = st.text(max_size=4) | st.sampled_from(["a:b", "\x00", "\ud800", "x" * 256, 'q"'])
SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([2**63, 1.0, 1.5]) | TEXTS
VALUES = SCALARS | st.lists(SCALARS, max_size=1) | st.dictionaries(TEXTS, SCALARS, max_size=1)
OBJECTS = st.dictionaries(TEXTS, VALUES, max_size=3)
ROWS = st.fixed_dictionaries(
    {}, optional={"entity": OBJECTS | VALUES, "input": OBJECTS | VALUES, "reference": VALUES, "x": VALUES}
)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "entity": OBJECTS,
        "input": OBJECTS,
        "reference": TEXTS,
        "version": VALUES,
        "rows": st.lists(ROWS, max_size=3) | VALUES,
    },
)
GOOD = st.fixed_dictionaries(
    {},
    optional={
        "entity": st.dictionaries(st.sampled_from(["id", "zip"]), st.integers() | TEXTS),
        "input": st.dictionaries(st.sampled_from(["age", "hours-per-week"]), SCALARS),
        "reference": TEXTS,
    },
)


def same(fast: Body, slow: Body) -> bool:
    """Equal in values and in their types: 1, 1.0 and true are three things here."""
    return repr(fast) == repr(slow)


@given(sent=BODIES | GOOD | st.fixed_dictionaries({"rows": st.lists(GOOD, min_size=1, max_size=3)}) | VALUES)
def test_whatever_the_typed_pass_accepts_the_close_look_reads_the_same(sent: Any) -> None:
    body = json.dumps(sent).encode()
    fast, slow = bodies.fast(body), bodies.slow(body)
    if fast is not None:
        assert fast.problems == ()
        assert same(fast, slow)


@given(
    pairs=st.lists(st.tuples(st.sampled_from(["input", "entity", "reference"]), st.just("{}")), max_size=3)
)
def test_the_typed_pass_never_takes_a_key_that_stands_twice(pairs: list[tuple[str, str]]) -> None:
    body = ("{" + ",".join(f'"{key}":{value}' for key, value in pairs) + "}").encode()
    if len(dict(pairs)) < len(pairs):
        assert bodies.fast(body) is None
        with pytest.raises(MalformedBody):
            bodies.read(body)


@given(body=st.binary(max_size=20) | st.text(alphabet='{}[]":,1eE.-+nulNaN\\ ', max_size=12).map(str.encode))
def test_bytes_that_the_typed_pass_takes_are_json(body: bytes) -> None:
    fast = bodies.fast(body)
    if fast is not None:
        assert same(fast, bodies.slow(body))


@pytest.mark.parametrize(
    "sent",
    [
        {"input": {"age": 39, "hours-per-week": 1.5, "sex": None, "new": True}},
        {"entity": {"customer_id": 4711, "region": "north"}, "reference": "loan-88123", "version": 2},
        {"rows": [{"input": {"age": 1}}, {"reference": "b"}]},
        {},
    ],
)
def test_a_usual_body_takes_the_typed_pass(sent: dict[str, Any]) -> None:
    assert bodies.fast(json.dumps(sent).encode()) is not None


@pytest.mark.parametrize(
    ("why", "sent", "expected"),
    [
        ("no plain reference", {"input": {"a": 1}, "reference": "\u00fc"}, {"a": 1}),
        ("null is left out", {"input": {"a": 1}, "entity": None, "reference": None, "rows": None}, {"a": 1}),
    ],
)
def test_what_needs_a_closer_look_is_read_all_the_same(why: str, sent: Any, expected: Any) -> None:
    body = json.dumps(sent).encode()
    assert bodies.fast(body) is None, why
    assert bodies.read(body).rows[0].input == expected


def test_integral_floats_are_integers_outside_the_input_too() -> None:
    asked = bodies.read(b'{"version": 2.0, "entity": {"id": 4711.0, "share": 0.5}}')
    assert repr((asked.version, asked.rows[0].entity)) == "(2, {'id': 4711, 'share': 0.5})"


def test_a_body_of_rows_is_told_from_a_single_one() -> None:
    assert bodies.read(b'{"rows": [{}]}').is_many
    assert not bodies.read(b"{}").is_many
    assert [row.pointer for row in bodies.read(b'{"rows": [{}, {}]}').rows] == ["/rows/0", "/rows/1"]


WRONG: list[tuple[str, Any, list[tuple[str, str]]]] = [
    ("a list", [], [("", "wrong_type")]),
    ("null", None, [("", "wrong_type")]),
    ("an unknown field", {"inputs": {}}, [("/inputs", "unknown_field")]),
    ("an input that is a list", {"input": [1]}, [("/input", "wrong_type")]),
    ("an entity that is text", {"entity": "4711"}, [("/entity", "wrong_type")]),
    ("an entity without a value", {"entity": {"id": None}}, [("/entity/id", "missing")]),
    ("an entity that is a list", {"entity": {"id": [1]}}, [("/entity/id", "wrong_type")]),
    ("an entity of 65 bits", {"entity": {"id": 2**63}}, [("/entity/id", "wrong_type")]),
    ("NUL in an entity", {"entity": {"id": "\x00"}}, [("/entity/id", "wrong_type")]),
    ("half a pair in an entity", {"entity": {"id": "\ud800"}}, [("/entity/id", "wrong_type")]),
    ("NUL in an entity's name", {"entity": {"\x00": "a"}}, [("/entity", "wrong_type")]),
    ("a long entity", {"entity": {"id": "x" * 1025}}, [("/entity", "wrong_length")]),
    (
        "an entity of many short names",
        {"entity": {str(i): "" for i in range(200)}},
        [("/entity", "wrong_length")],
    ),
    ("a reference that is a number", {"reference": 1}, [("/reference", "wrong_type")]),
    ("an empty reference", {"reference": ""}, [("/reference", "wrong_length")]),
    ("a long reference", {"reference": "x" * 256}, [("/reference", "wrong_length")]),
    ("NUL in a reference", {"reference": "a\x00"}, [("/reference", "wrong_type")]),
    ("half a pair in a reference", {"reference": "\udfff"}, [("/reference", "wrong_type")]),
    ("a version that is text", {"version": "1"}, [("/version", "wrong_type")]),
    ("a version that is true", {"version": True}, [("/version", "wrong_type")]),
    ("a broken version", {"version": 1.5}, [("/version", "wrong_type")]),
    ("a version of 400 digits", {"version": 10**400}, [("/version", "wrong_type")]),
    ("no rows", {"rows": []}, [("/rows", "missing")]),
    ("rows that are an object", {"rows": {}}, [("/rows", "wrong_type")]),
    ("a row that is a number", {"rows": [{}, 7]}, [("/rows/1", "wrong_type")]),
    ("too many rows", {"rows": [{}] * (MOST_ROWS + 1)}, [("/rows", "too_many")]),
    ("too many fields", {"input": dict.fromkeys(map(str, range(MOST_FIELDS + 1)))}, [("/input", "too_many")]),
    ("rows in a row", {"rows": [{"rows": []}]}, [("/rows/0/rows", "unknown_field")]),
    ("a version in a row", {"rows": [{"version": 1}]}, [("/rows/0/version", "unknown_field")]),
    (
        "rows beside an input",
        {"rows": [{}], "input": {}, "reference": "a"},
        [("/input", "conflicting"), ("/reference", "conflicting")],
    ),
    (
        "everything at once",
        {"x": 1, "version": "a", "rows": [{"input": 1, "reference": 2}, {"entity": {"a/b": [], "~": None}}]},
        [
            ("/x", "unknown_field"),
            ("/version", "wrong_type"),
            ("/rows/0/input", "wrong_type"),
            ("/rows/0/reference", "wrong_type"),
            ("/rows/1/entity/a~1b", "wrong_type"),
            ("/rows/1/entity/~0", "missing"),
        ],
    ),
]


@pytest.mark.parametrize(("why", "sent", "expected"), WRONG, ids=[row[0] for row in WRONG])
def test_every_error_is_found_with_its_place(why: str, sent: Any, expected: list[tuple[str, str]]) -> None:
    asked = bodies.read(json.dumps(sent).encode())
    assert [(problem.pointer, problem.code) for problem in asked.problems] == expected, why


def test_the_most_rows_are_taken() -> None:
    assert len(bodies.read(json.dumps({"rows": [{}] * MOST_ROWS}).encode()).rows) == MOST_ROWS


@pytest.mark.parametrize(
    "sent",
    [
        {"input": {"at": "2026-01-31T12:30:00Z"}},
        {"input": {"page": "https://example.org:8000/a?b=c:d"}, "reference": "a:b", "entity": {"x:y": "::"}},
        {"rows": [{"input": {"at": "12:30"}}, {"input": {"at:": ":"}}], "version": 1},
    ],
)
def test_colons_in_texts_stay_on_the_fast_path(sent: dict[str, Any]) -> None:
    body = json.dumps(sent).encode()
    fast = bodies.fast(body)
    assert fast is not None
    assert same(fast, bodies.slow(body))


def test_a_url_in_which_signs_are_escaped_stays_there_too() -> None:
    """Go and Java escape these signs, as their standard encoders write JSON for a page."""
    body = rb'{"input":{"page":"https://example.org/\u003cb\u003e?a\u003d1\u0026c:d"}}'
    fast = bodies.fast(body)
    assert fast is not None
    assert same(fast, bodies.slow(body))


COLONS = [b":", b"\\u003b:", b"\\u003a", b"\\u003A", b"::", b"x"]


@given(
    keys=st.lists(st.sampled_from(["a", "a:", "b"]), min_size=1, max_size=4),
    texts=st.lists(st.sampled_from(COLONS), min_size=4, max_size=4),
)
def test_no_colon_makes_up_for_that_of_a_key_that_stands_twice(keys: list[str], texts: list[bytes]) -> None:
    pairs = zip(keys, texts, strict=False)
    inside = b",".join(b'"%b":"%b"' % (key.encode(), text) for key, text in pairs)
    body = b'{"input":{%b}}' % inside
    if len(set(keys)) < len(keys):
        assert bodies.fast(body) is None
    elif b"u003a" not in body.lower():
        assert bodies.fast(body) is not None
