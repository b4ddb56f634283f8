"""CSV files, wherever one comes in or goes out: delimiters, missing values, cells that compute nothing."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable

MISSING = ("", "?", "NA", "N/A", "NaN", "nan", "null", "NULL")
"""Texts that mean "no value", after spaces around them are taken off."""
DELIMITERS = ",;\t|"
"""What may stand between values."""


def delimiter_of(header: str) -> str:
    """The one of comma, semicolon, tab and bar that a file's first line holds most of."""
    return max(DELIMITERS, key=header.count)


FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that spreadsheets compute, or run, when somebody opens the file."""


def inert(value: object) -> object:
    """A cell of a file that people may open in a spreadsheet: texts that it would compute get a ``'`` first.

    Texts that spell a finite number stay as they are, and so does what is not a text.
    """
    if not isinstance(value, str) or not value.startswith(FORMULAS) or _is_number(value):
        return value
    return f"'{value}"


def inert_line(cells: Iterable[object]) -> str:
    """A line of such a file, its end included."""
    written = io.StringIO()
    csv.writer(written).writerow([inert(cell) for cell in cells])
    return written.getvalue()


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
