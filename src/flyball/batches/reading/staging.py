"""Text files become Parquet, as they are, in one pass: chunks of them can then be read by anybody."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO, Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from flyball.batches.reading.limits import GROUP_BYTES, MOST_CELL, MOST_LINE, refuse_wide, rows_of_chunk
from flyball.domain.delimited import delimiter_of
from flyball.domain.errors import DataError

FAULT = "fault"
"""The column that says why a row could not be cut into values; null where it could."""
LINE = "line"
"""The column of a row of NDJSON."""
GROUP = 65_536
"""Rows of a row group."""
Row = tuple[Sequence[str | None], str | None]
"""The values of a row, and why there are none."""


Report = Callable[[int], None]
"""Is told how many rows are copied."""


def stage_csv(
    source: IO[bytes], name: str, target: Path, report: Report, most: int | None = None
) -> list[str]:
    """Copy a CSV file's cells, column after column called ``0``, ``1``…; the names of its columns.

    Rows of another length are kept as faults. Raises ``DataError`` for a file that is not UTF-8, whose first
    line does not name each column once, with a row or a value that is too long, or with more bytes than
    ``most``.
    """
    with _told(name):
        lines = _Lines(source, name, most)
        first = next(lines, "")
        reader = csv.reader(chain([first], lines), delimiter=delimiter_of(first), skipinitialspace=True)
        csv.field_size_limit(MOST_CELL)
        try:
            names = [each.strip() for each in next(reader, [])]
            lines.begin()
            refuse_wide(name, len(names))
            if not names or len(set(names)) < len(names):
                raise DataError(f"{name}: the first line names each column once.")
            _write(target, len(names), _cut(reader, lines, len(names)), report)
        except csv.Error as error:
            raise DataError(f"{name}, line {reader.line_num}: {error}.") from None
    return names


def stage_ndjson(
    source: IO[bytes], name: str, target: Path, report: Report, most: int | None = None
) -> list[str]:
    """Copy the lines of NDJSON; the names of all members that its rows have, in the order of appearance.

    Raises ``DataError`` for a file that is not UTF-8, with a line that is too long, or with more bytes than
    ``most``.
    """
    names: dict[str, None] = {}
    decoder = msgspec.json.Decoder(dict[str, Any])

    def rows() -> Iterator[Row]:
        lines = _Lines(source, name, most)
        for line in lines:
            lines.begin()
            if text := line.strip():
                try:
                    names.update(dict.fromkeys(decoder.decode(text)))
                except (msgspec.DecodeError, RecursionError, UnicodeError):
                    yield [text], "This is no JSON object."
                    continue
                refuse_wide(name, len(names))
                yield [text], None

    with _told(name):
        _write(target, 1, rows(), report)
    return list(names)


@contextmanager
def _told(name: str) -> Iterator[None]:
    """What is the file's fault is a ``DataError``; a disk that is full, or a folder that is gone, is not."""
    try:
        yield
    except UnicodeDecodeError:
        raise DataError(f"{name} is not UTF-8. Save it as UTF-8.") from None
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise DataError(f"{name} is cut off, or is not packed as its name says.") from None


class _Lines:
    """The lines of a file, within its bounds: of one row, which may have several, and of all together."""

    def __init__(self, source: IO[bytes], name: str, most: int | None) -> None:
        self._source, self._name, self._most = source, name, most
        self._number = self._row = self._read = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """The next one. Raises ``DataError`` for one too many."""
        line = self._source.readline(MOST_LINE + 1)
        if not line:
            raise StopIteration
        self._number += 1
        self._row += len(line)
        self._read += len(line)
        if self._row > MOST_LINE:
            raise DataError(f"{self._name}, line {self._number}: its row is longer than {MOST_LINE:,} bytes.")
        if self._most is not None and self._read > self._most:
            raise DataError(
                f"{self._name} holds more than {self._most:,} bytes, which is the most that a packed file of"
                " a batch may hold here (FLYBALL_BATCH_UNPACKED_BYTES)."
            )
        return line.decode("utf-8-sig" if self._number == 1 else "utf-8")

    def begin(self) -> None:
        """What comes now is another row."""
        self._row = 0


def _cut(reader: Iterator[list[str]], lines: _Lines, length: int) -> Iterator[Row]:
    for values in reader:
        lines.begin()
        if len(values) == length:
            yield values, None
        elif values:
            yield [None] * length, f"{len(values)} values, where {length} are expected."


def _write(target: Path, columns: int, rows: Iterator[Row], report: Report) -> None:
    names = [str(place) for place in range(columns)]
    schema = pa.schema([*((name, pa.string()) for name in names), (FAULT, pa.string())])
    done = 0
    # Texts that are all different are not looked for twice, nor their least and largest kept.
    with pq.ParquetWriter(target, schema, compression="lz4", write_statistics=False) as writer:
        for group, faults in _groups(rows):
            arrays = [pa.array(column, pa.string()) for column in zip(*group, strict=True)]
            writer.write_table(pa.table([*arrays, pa.array(faults, pa.string())], schema=schema))
            done += len(group)
            report(done)


def _groups(rows: Iterator[Row]) -> Iterator[tuple[list[Sequence[str | None]], list[str | None]]]:
    group: list[Sequence[str | None]] = []
    faults: list[str | None] = []
    size = 0
    for values, fault in rows:
        group.append(values)
        faults.append(fault)
        size += sum(map(len, values)) if fault is None else 0  # type: ignore[arg-type] # texts all, then
        # Empty values take room too: of a wide table fewer rows are held.
        if len(group) == rows_of_chunk(GROUP, len(values)) or size > GROUP_BYTES:
            yield group, faults
            group, faults, size = [], [], 0
    if group:
        yield group, faults
