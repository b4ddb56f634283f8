"""How much of a file is held at once: more than that is refused with a sentence, whoever sent it."""

from __future__ import annotations

from flyball.domain.errors import DataError

MOST_COLUMNS = 10_000
MOST_LINE = 4 * 1024 * 1024
"""Characters of one line, and bytes of one row of NDJSON."""
MOST_CELL = 1024 * 1024
"""Characters of one value of a CSV file."""
MOST_CELLS = 8 * 1024 * 1024
"""Values of one chunk: of wide tables it has fewer rows."""
MOST_BYTES = 512 * 1024 * 1024
"""Bytes of one chunk, as Arrow holds it."""
GROUP_BYTES = 32 * 1024 * 1024
"""Characters of text after which a row group ends."""


def refuse_wide(name: str, columns: int) -> None:
    """Raises ``DataError`` for a table with more columns than are read here."""
    if columns > MOST_COLUMNS:
        raise DataError(f"{name} has {columns:,} columns; at most {MOST_COLUMNS:,} are read.")


def rows_of_chunk(asked: int, columns: int) -> int:
    """How many rows a chunk has, of so many that are asked for."""
    return max(1, min(asked, MOST_CELLS // max(1, columns)))
