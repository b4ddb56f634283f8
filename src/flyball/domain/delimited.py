"""How a CSV file is read, wherever one comes in: its delimiter, and the texts that mean "no value"."""

from __future__ import annotations

MISSING = ("", "?", "NA", "N/A", "NaN", "nan", "null", "NULL")
"""Texts that mean "no value", after spaces around them are taken off."""
DELIMITERS = ",;\t|"
"""What may stand between values."""


def delimiter_of(header: str) -> str:
    """The one of comma, semicolon, tab and bar that a file's first line holds most of."""
    return max(DELIMITERS, key=header.count)
