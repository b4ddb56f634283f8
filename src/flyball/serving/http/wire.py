"""JSON in and out: bytes become plain values by the strict rules of the doors, or the body is malformed."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

import msgspec

from flyball.domain.errors import MalformedBody

DEPTH = 64
"""How deep objects and lists may be nested."""
DIGITS = 400
"""From here on a whole number is read as infinite: no float is as large, and ``int`` takes long."""

_ENCODER = msgspec.json.Encoder()
# Possessive, and the closing quote may be absent: a broken body is scanned once, never again and again.
_NESTING = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
_STEP = {"[": 1, "{": 1, "]": -1, "}": -1}


def encode(value: Any) -> bytes:
    """A value as JSON in UTF-8."""
    return _ENCODER.encode(value)


def parse(body: bytes) -> Any:
    """The value of a JSON body.

    A number that no float can hold becomes infinite, for the check to refuse with its place; half a
    surrogate pair likewise stays in its text. Raises ``MalformedBody`` for what is not UTF-8 or not JSON,
    for NaN and Infinity, for a key that stands twice in one object, and for nesting deeper than 64.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise MalformedBody("The body is not UTF-8.") from None
    if not text.strip():
        raise MalformedBody("The body is empty.")
    if _depth(text) > DEPTH:
        raise MalformedBody(f"The body is nested deeper than {DEPTH}.")
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise MalformedBody(f"The body is not JSON: look at {place}.") from None


def _depth(text: str) -> int:
    deepest = depth = 0
    for match in _NESTING.finditer(text):
        depth += _STEP.get(match[0], 0)
        deepest = max(deepest, depth)
        if deepest > DEPTH:
            break
    return deepest


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise MalformedBody("A key stands twice in one object.")
    return values


def _constant(_name: str) -> NoReturn:
    raise MalformedBody("NaN and Infinity are not JSON.")


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) < DIGITS else float(digits)


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_constant, parse_int=_whole)
