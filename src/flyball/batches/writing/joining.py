"""The end: parts become one file, or a folder of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any

import pyarrow.parquet as pq

from flyball.batches.formats import Format
from flyball.batches.places import whole
from flyball.batches.writing.parts import answers_at, parquet_writer, rejects_at

BUFFER = 1024 * 1024


def joined(
    folder: Path, chunks: int, format_: Format, out: Path, rejects: Path, report: Callable[[int], None]
) -> None:
    """Write answers and rejects where they belong, the order of their rows kept. Parts stay."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with whole(rejects, folder.name) as file:
        _append(file, (rejects_at(folder, number) for number in range(chunks)), report)
    with whole(out, folder.name) as file:
        parts = (answers_at(folder, number, format_) for number in range(chunks))
        (_append_parquet if format_.name == "parquet" else _append)(file, parts, report)


def gathered(folder: Path, chunks: int, format_: Format, out: Path, rejects: Path) -> None:
    """A folder of the answers' parts. One that is there is of an attempt before: there was none at first."""
    if out.exists():
        return
    draft = folder / "answers"
    draft.mkdir(exist_ok=True)
    with whole(rejects, folder.name) as file:
        _append(file, (rejects_at(folder, number) for number in range(chunks)), lambda done: None)
    for number in range(chunks):
        part = answers_at(folder, number, format_)
        if part.exists():  # else it was moved before a kill
            part.replace(draft / part.name)
    draft.replace(out)


def _append(file: IO[bytes], parts: Iterable[Path], report: Callable[[int], None]) -> None:
    for number, part in enumerate(parts, start=1):
        with part.open("rb") as source:
            shutil.copyfileobj(source, file, BUFFER)
        report(number)


def _append_parquet(file: Any, parts: Iterable[Path], report: Callable[[int], None]) -> None:
    writer = None
    for number, part in enumerate(parts, start=1):
        with pq.ParquetFile(part) as source:
            writer = writer or parquet_writer(file, source.schema_arrow)
            for group in range(source.num_row_groups):
                table = source.read_row_group(group, use_threads=False)
                writer.write_table(table, row_group_size=max(1, table.num_rows))
        report(number)
    if writer is not None:
        writer.close()
