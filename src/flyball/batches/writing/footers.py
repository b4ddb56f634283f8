"""Parquet files end to end: row groups are copied as they are, and one footer names them all."""

# PyArrow and DuckDB join files by reading and writing each value again, and one process has to do so for what
# all have answered. The numbers of fields are those of parquet.thrift.

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from flyball.batches.writing import compact
from flyball.batches.writing.compact import I16, I64, LIST, STRUCT, Struct
from flyball.domain.errors import DataError

MAGIC = b"PAR1"
END = 8
"""Bytes at the end: the length of the footer, and the magic."""
BUFFER = 1024 * 1024
SCHEMA, ROWS, GROUPS = 2, 3, 4
"""Fields of a footer (``FileMetaData``)."""
COLUMNS, GROUP_PLACES, ORDINAL = 1, (5,), 7
"""Of a row group."""
COLUMN, COLUMN_PLACES = 3, (2, 4, 6)
"""Of a column in one: what is told of it, and where it or its indexes begin."""
PAGE_PLACES = (9, 10, 11, 14)
"""Of what is told of it: where its pages, its index, its dictionary and its filter begin."""
MOST_ORDINAL = 2**15 - 1


class Joined:
    """All rows of some Parquet files as one. Add each, then end it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._file.write(MAGIC)
        self._at = len(MAGIC)
        self._first: Struct = {}
        self._groups: list[bytes] = []
        self._rows = 0

    def add(self, path: Path) -> None:
        """Append the rows of a file. Raises ``DataError`` for a damaged one, and for other columns."""
        with path.open("rb") as source:
            footer, end = _footer(source, path.name)
            self._first = self._first or footer
            if footer[SCHEMA] != self._first[SCHEMA]:
                raise DataError(f"{path.name} has other columns than the parts before it.")
            source.seek(len(MAGIC))
            _copy(source, self._file, end - len(MAGIC))
        for group in footer[GROUPS][1][1]:
            self._groups.append(_moved(group, self._at - len(MAGIC), len(self._groups)))
        self._rows += footer[ROWS][1]
        self._at += end - len(MAGIC)

    def end(self) -> None:
        """Write the footer; there was a file."""
        footer = compact.written(
            self._first | {ROWS: (I64, self._rows), GROUPS: (LIST, (STRUCT, self._groups))}
        )
        self._file.write(footer + len(footer).to_bytes(4, "little") + MAGIC)


def _footer(source: IO[bytes], name: str) -> tuple[Struct, int]:
    """What the footer says, and where it begins."""
    size = source.seek(0, os.SEEK_END)
    source.seek(max(0, size - END))
    last = source.read()
    length = int.from_bytes(last[:4], "little")
    begin = size - END - length
    if last[4:] != MAGIC or begin < len(MAGIC):
        raise _damaged(name)
    source.seek(begin)
    try:
        return compact.read(source.read(length)), begin
    except ValueError:
        raise _damaged(name) from None


def _moved(group: Struct, by: int, number: int) -> bytes:
    """A row group whose bytes lie so much farther on than they did, as the one of that number."""
    _move(group, GROUP_PLACES, by)
    if ORDINAL in group and number <= MOST_ORDINAL:
        group[ORDINAL] = (I16, number)
    else:
        group.pop(ORDINAL, None)
    for column in group[COLUMNS][1][1]:
        _move(column, COLUMN_PLACES, by)
        _move(column[COLUMN][1], PAGE_PLACES, by)
    return compact.written(group)


def _move(fields: Struct, places: Sequence[int], by: int) -> None:
    for place in places:
        kind, at = fields.get(place, (I64, 0))
        if at:  # 0: it is nowhere
            fields[place] = (kind, at + by)


def _copy(source: IO[bytes], file: IO[bytes], size: int) -> None:
    while size > 0:
        some = source.read(min(size, BUFFER))
        if not some:
            raise OSError(errno.EIO, "it became shorter while it was read")
        file.write(some)
        size -= len(some)


def _damaged(name: str) -> DataError:
    return DataError(f"{name} is damaged: it does not end as a Parquet file does.")
