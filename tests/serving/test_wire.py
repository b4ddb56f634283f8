"""What is not JSON by the strict rules, as a table; and what is."""

from __future__ import annotations

import math

import pytest

from flyball.domain.errors import MalformedBody
from flyball.serving.http import wire

MALFORMED: list[tuple[str, bytes, str]] = [
    ("nothing", b"", "empty"),
    ("spaces", b" \n\t", "empty"),
    ("a word", b"hello", "not JSON"),
    ("cut off", b'{"input": {"age": 3', "not JSON"),
    ("a comma too many", b'{"a": 1,}', "not JSON"),
    ("single quotes", b"{'a': 1}", "not JSON"),
    ("two values", b"{} {}", "not JSON"),
    ("a leading zero", b"01", "not JSON"),
    ("a bare control character", b'"a\nb"', "not JSON"),
    ("an unknown escape", b'"\\x41"', "not JSON"),
    ("a byte order mark", b"\xef\xbb\xbf{}", "not JSON"),
    ("UTF-16", '{"a": 1}'.encode("utf-16"), "not UTF-8"),
    ("Latin-1", '{"a": "é"}'.encode("latin-1"), "not UTF-8"),
    ("an overlong encoding", b'"\xc0\xaf"', "not UTF-8"),
    ("a surrogate in UTF-8", b'"\xed\xa0\x80"', "not UTF-8"),
    ("a key twice", b'{"a": 1, "a": 1}', "twice"),
    ("a key twice, spelled differently", b'{"a": 1, "\\u0061": 2}', "twice"),
    ("a key twice, nested", b'{"rows": [{"input": {"a": 1, "a": 2}}]}', "twice"),
    ("NaN", b'{"a": NaN}', "NaN"),
    ("Infinity", b'{"a": Infinity}', "NaN"),
    ("minus Infinity", b"[-Infinity]", "NaN"),
    ("nan in small letters", b"[nan]", "not JSON"),
    ("lists too deep", b"[" * 65 + b"]" * 65, "deeper"),
    ("objects too deep", b'{"a":' * 65 + b"1" + b"}" * 65, "deeper"),
    ("so deep that parsers die", b"[" * 1_000_000, "deeper"),
    ("a string that never ends", b'"' + b'\\"' * 100_000, "not JSON"),
]


@pytest.mark.parametrize(("why", "body", "says"), MALFORMED, ids=[row[0] for row in MALFORMED])
def test_a_malformed_body_is_refused_with_a_reason(why: str, body: bytes, says: str) -> None:
    with pytest.raises(MalformedBody) as caught:
        wire.parse(body)
    assert says in caught.value.detail, why


@pytest.mark.parametrize(
    ("why", "body", "value"),
    [
        ("as deep as may be", b"[" * 64 + b"]" * 64, None),
        ("brackets inside a string", b'"' + b"[" * 100 + b'"', "[" * 100),
        ("an escaped quote before brackets", b'"\\"' + b"[" * 100 + b'"', '"' + "[" * 100),
        ("NUL, for the check to refuse", b'"\\u0000"', "\x00"),
        ("half a pair, for the check to refuse", b'"\\ud800"', "\ud800"),
        ("a pair", b'"\\ud83c\\udf88"', "🎈"),
        ("1e400, for the check to refuse", b"1e400", math.inf),
        ("a whole number of 400 digits", b"1" + b"0" * 400, math.inf),
        ("a whole number of a million digits", b"-" + b"9" * 1_000_000, -math.inf),
        ("a large whole number", b"123456789012345678901234567890", 123456789012345678901234567890),
        ("the same key in two objects", b'[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
    ],
)
def test_what_json_allows_is_read(why: str, body: bytes, value: object) -> None:
    assert value is None or wire.parse(body) == value, why
    wire.parse(body)
