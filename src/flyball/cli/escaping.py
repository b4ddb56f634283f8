"""Characters that would steer a terminal or turn a line around, spelled out where people read."""

from __future__ import annotations

import re

_STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)
"""Control characters (C0 but tab and line feed, DEL, C1), and those that order or end lines.

Labels and names come from data and from model files: an escape sequence among them could rewrite what
stands above it, and a bidirectional mark makes one label look like another.
"""


def shown(text: str) -> str:
    """The text as a terminal may show it: an escape character is the four characters ``\\x1b``."""
    return _STEERING.sub(lambda found: _spelled(ord(found[0])), text)


def shown_json(document: str) -> str:
    """A JSON document in which such characters are escapes of JSON: they stand only inside of its texts."""
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", document)


def _spelled(point: int) -> str:
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}"
