"""CSV files whose lines end in several ways, written again with one: DuckDB reads one way a file."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from flyball.control.datasets.sources import file_source
from flyball.snapshots.source import Source

CHUNK = 1 << 20
END = re.compile(rb"\r\n|\n|\r")


def evened(source: Source, delimiter: str, path: Path) -> Path:
    """The source's file; where its lines end in several ways, a copy at ``path`` in which they end in one.

    What stands in quotation marks keeps its own. Raises ``DataError`` with the line that cannot be read.
    """
    original = file_source.file_of(source)
    if len(_ends(original)) < 2:
        return original
    with original.open(encoding="utf-8-sig", newline="") as read, path.open("w", newline="") as written:
        lines = csv.reader(read, delimiter=delimiter, strict=True)
        writer = csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n")
        try:
            writer.writerows(line for line in lines if line)
        except (csv.Error, UnicodeDecodeError):
            raise file_source.unreadable(source, str(lines.line_num)) from None
    return path


def _ends(path: Path) -> set[bytes]:
    """The ways in which lines end, up to the second that is found."""
    found: set[bytes] = set()
    for chunk in _chunks(path):
        found.update(END.findall(chunk))
        if len(found) > 1:
            break
    return found


def _chunks(path: Path) -> Iterator[bytes]:
    """The file in pieces that never part a carriage return from its line feed."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            while chunk.endswith(b"\r") and (more := file.read(1)):
                chunk += more
            yield chunk
