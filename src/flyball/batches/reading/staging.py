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

from flyball.batches.reading.limits import GROUP_BYTES, MOST_CELL, MOST_LINE, refuse_wide
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


def stage_csv(source: IO[bytes], name: str, target: Path, report: Callable[[int], None]) -> list[str]:
    """Copy a CSV file's cells, column after column called ``0``, ``1``…; the names of its columns.

    Rows of another length are kept as faults. Raises ``DataError`` for a file that is not UTF-8, whose first
    line does not name each column once, or with a line or a value that is too long.
    """
    with _told(name):
        lines = _lines(source, name)
        first = next(lines, "")
        reader = csv.reader(chain([first], lines), delimiter=delimiter_of(first), skipinitialspace=True)
        csv.field_size_limit(MOST_CELL)
        try:
            names = [each.strip() for each in next(reader, [])]
            refuse_wide(name, len(names))
            if not names or len(set(names)) < len(names):
                raise DataError(f"{name}: the first line names each column once.")
            _write(target, len(names), _cut(reader, len(names)), report)
        except csv.Error as error:
            raise DataError(f"{name}, line {reader.line_num}: {error}.") from None
    return names


def stage_ndjson(source: IO[bytes], name: str, target: Path, report: Callable[[int], None]) -> list[str]:
    """Copy the lines of NDJSON; the names of all members that its rows have, in the order of appearance.

    Raises ``DataError`` for a file that is not UTF-8, or with a line that is too long.
    """
    names: dict[str, None] = {}
    decoder = msgspec.json.Decoder(dict[str, Any])

    def rows() -> Iterator[Row]:
        for line in _lines(source, name):
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


def _lines(source: IO[bytes], name: str) -> Iterator[str]:
    number = 0
    while line := source.readline(MOST_LINE + 1):
        number += 1
        if len(line) > MOST_LINE:
            raise DataError(f"{name}, line {number}: it is longer than {MOST_LINE:,} bytes.")
        yield line.decode("utf-8-sig" if number == 1 else "utf-8")


def _cut(reader: Iterator[list[str]], length: int) -> Iterator[Row]:
    for values in reader:
        if len(values) == length:
            yield values, None
        elif values:
            yield [None] * length, f"{len(values)} values, where {length} are expected."


def _write(target: Path, columns: int, rows: Iterator[Row], report: Callable[[int], None]) -> None:
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
        if len(group) == GROUP or size > GROUP_BYTES:
            yield group, faults
            group, faults, size = [], [], 0
    if group:
        yield group, faults
