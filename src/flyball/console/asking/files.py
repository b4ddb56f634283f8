"""Files of people who ask: CSV as spreadsheets write it, its first lines and all of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from flyball.domain.delimited import delimiter_of
from flyball.domain.errors import DataError

HEAD = 64 * 1024
"""Bytes that are looked at before a file is answered: whatever it holds, a page stays quick."""
SHOWN = 20
"""Rows that are looked at before."""
MOST_ROWS = 100_000
"""Rows of a file."""
MOST_COLUMNS, LONGEST_NAME = 500, 255
ENCODINGS = {"utf-8": "UTF-8", "cp1252": "Windows-1252"}
"""How a file may be encoded, as programs and as people call it."""


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a file: its columns and first rows; ``fault`` says why it cannot be read.

    That is ``encoding``, ``names`` (a column without a name, or twice) or ``lines``.
    """

    names: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = field(default_factory=tuple)
    fault: str = ""


def head(content: bytes, encoding: str, *, is_whole: bool) -> Head:
    """The beginning of a file, from its first bytes; a line that goes on beyond them is left out."""
    some = content[:HEAD]
    if not is_whole or len(content) > HEAD:
        some = some[: some.rfind(b"\n") + 1] or some
    try:
        text = some.decode(_codec(encoding))
        lines = list(islice(_lines(text), SHOWN + 1))
    except UnicodeDecodeError:
        return Head(fault="encoding")
    except csv.Error:
        return Head(fault="lines")
    names = [name.strip() for name in lines[0]] if lines else []
    is_named = all(name and "\x00" not in name and len(name) <= LONGEST_NAME for name in names)
    if not is_named or len(set(names)) < len(names) or not 0 < len(names) <= MOST_COLUMNS:
        return Head(fault="names")
    return Head(names, lines[1:])


def rows(content: bytes, encoding: str) -> Iterator[Sequence[str]]:
    """The rows of a file behind its line of names. Raises ``DataError`` where it cannot be read."""
    try:
        yield from islice(_lines(content.decode(_codec(encoding))), 1, None)
    except UnicodeDecodeError:
        raise DataError(f"The file is not {ENCODINGS[encoding]} to its end.") from None
    except csv.Error:
        raise DataError("The file is no CSV to its end: a value is too long.") from None


def count(content: bytes, encoding: str) -> int:
    """How many rows a file has. Raises ``DataError`` where they are more than may be."""
    found = sum(1 for _ in islice(rows(content, encoding), MOST_ROWS + 1))
    if found > MOST_ROWS:
        raise DataError(f"The file has more than {MOST_ROWS:,} rows. Divide it.")
    return found


def _lines(text: str) -> Iterator[list[str]]:
    """The lines that hold something."""
    delimiter = delimiter_of(text.partition("\n")[0])
    every = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    return (line for line in every if any(cell.strip() for cell in line))


def _codec(encoding: str) -> str:
    return "utf-8-sig" if encoding == "utf-8" else "cp1252"
