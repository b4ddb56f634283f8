"""The rows of a planned batch: any run of them, read on from where the last one ended."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from flyball.batches import buckets
from flyball.batches.formats import format_of
from flyball.batches.places import content_of, opened, unchanged, whole
from flyball.batches.reading import staging
from flyball.batches.reading.limits import MOST_BYTES, refuse_wide
from flyball.domain.errors import DataError

STEP = 8192
"""Rows that are read at once."""
Content = Literal["typed", "text", "lines"]


class Plan(msgspec.Struct, frozen=True):
    """What was found of a batch's rows: how ``path`` holds them, and what it looked like then (``seen``).

    ``mark`` is in the folder where parts wait (``places.marked``). ``features`` are those of the rows, in a
    file of their own, where they were joined as of the moment of each, of which none is after ``latest``.
    Where it ``is_copied`` typed, the columns are called by their places there: ``c0``, ``c1``…
    """

    path: str
    seen: str
    content: Content
    columns: tuple[str, ...]
    rows: int
    mark: str = ""
    features: Plan | None = None
    latest: str = ""
    is_copied: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows; the first is row ``start`` of all, counted from 0.

    ``columns`` are by their names in the file: typed; or the texts of cells; or, of NDJSON, its ``lines``
    alone. ``faults`` says of some rows, by their places here, why they could not be read.
    """

    start: int
    length: int
    content: Content
    columns: dict[str, Any]
    faults: dict[int, str]

    def some(self, places: np.ndarray) -> Piece:
        """Those at some places, in order, as if they stood alone."""
        rows = pa.array(places)
        faults = {new: self.faults[old] for new, old in enumerate(places.tolist()) if old in self.faults}
        columns = {name: column.take(rows) for name, column in self.columns.items()}
        return Piece(self.start, len(places), self.content, columns, faults)


def planned(source: str, copy: Path, report: Callable[[int], None], unpacked: int | None = None) -> Plan:
    """Look at a file; what is text is copied, as Parquet, and what is in a bucket as it is.

    Raises ``DataError`` for one that cannot be read, or is packed and holds more bytes than ``unpacked``.
    """
    known = format_of(source)
    name = source.rpartition("/")[2]
    if known is None or known.name == "parquet":
        return _parquet(_here(source, copy, report), name)
    stage = staging.stage_csv if known.name == "csv" else staging.stage_ndjson
    with content_of(source, is_packed=known.is_packed) as file:
        names = stage(file, name, copy, report, unpacked if known.is_packed else None)
    with pq.ParquetFile(copy) as staged:
        rows = staged.metadata.num_rows
    content: Content = "text" if known.name == "csv" else "lines"
    return Plan(str(copy), unchanged(str(copy)), content, tuple(names), rows)


def _here(source: str, copy: Path, report: Callable[[int], None]) -> str:
    """Where a file's bytes can be read again and again: those of a bucket are copied."""
    if not buckets.is_remote(source):
        return source
    with buckets.reading(source) as file, whole(copy, "draft") as target:
        while part := file.read(buckets.BLOCK):
            target.write(part)
            report(0)
    return str(copy)


def _parquet(source: str, name: str) -> Plan:
    with _readable(source) as file:
        metadata = file.metadata
        refuse_wide(name, metadata.num_columns)
        names = file.schema_arrow.names
        if len(set(names)) < len(names):
            raise DataError(f"{name} has two columns of one name.")
        if metadata.num_rows != sum(
            metadata.row_group(each).num_rows for each in range(metadata.num_row_groups)
        ):
            raise DataError(f"{name} says otherwise how many rows it has than its parts do.")
        return Plan(source, unchanged(source), "typed", tuple(names), metadata.num_rows)


def _readable(path: str) -> Any:
    name = path.rpartition("/")[2]
    try:
        return pq.ParquetFile(opened(path), buffer_size=1 << 20)
    except FileNotFoundError:
        raise DataError(f"There is no file {name}.") from None
    except (pa.ArrowException, ValueError):
        raise DataError(f"{name} cannot be read as Parquet.") from None


class Rows:
    """Reads on; what lies behind, or in a later row group, is read from the begin of its row group."""

    def __init__(self, plan: Plan, columns: Sequence[str] | None = None) -> None:
        """``columns`` are those that are needed (all, where they are left out)."""
        self._plan = plan
        self._wanted = None if columns is None else [each for each in plan.columns if each in set(columns)]
        self._file = _readable(plan.path)
        self._starts = [0]
        for group in range(self._file.metadata.num_row_groups):
            self._starts.append(self._starts[-1] + self._file.metadata.row_group(group).num_rows)
        self._at = 0
        self._rest: Any = None
        self._batches: Iterator[Any] | None = None

    def piece(self, start: int, rows: int) -> Piece:
        """So many rows. Raises ``DataError`` where they cannot be read, or the file is another one by now."""
        if unchanged(self._plan.path) != self._plan.seen:
            raise DataError(
                f"{self._plan.path.rpartition('/')[2]} has changed since its first rows were read."
            )
        try:
            table = self._table(start, rows)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise DataError(
                f"Rows {start + 1:,} and following cannot be read ({type(error).__name__})."
            ) from None
        return self._piece(start, table)

    def _table(self, start: int, rows: int) -> Any:
        if self._batches is None or start < self._at or self._group(start) > self._group(self._at):
            self._open(start)
        found: list[Any] = []
        size = have = 0
        while have < rows:
            batch = self._next()
            end = self._at + batch.num_rows
            if end <= start:
                self._at = end
                continue
            skip = max(start - self._at, 0)
            take = batch.slice(skip, rows - have)
            used = skip + take.num_rows
            if used < batch.num_rows:
                self._rest = batch.slice(used)
            self._at += used
            found.append(take)
            have += take.num_rows
            size += take.nbytes
            if size > MOST_BYTES:
                raise _too_large(start)
        schema = found[0].schema if found else self._schema()
        return pa.Table.from_batches(found, schema).combine_chunks()

    def _next(self) -> Any:
        if self._rest is not None:
            rest, self._rest = self._rest, None
            return rest
        assert self._batches is not None  # noqa: S101 - it was opened
        batch = next(self._batches, None)
        if batch is None:
            raise ValueError("The file ends before all of its rows.")
        return batch

    def _open(self, start: int) -> None:
        group = self._group(start)
        self._at, self._rest = self._starts[group], None
        groups = list(range(group, len(self._starts) - 1))
        self._batches = self._file.iter_batches(STEP, groups, self._names(), use_threads=False)

    def _group(self, row: int) -> int:
        """The row group that a row is in."""
        return max(0, bisect_right(self._starts, row, hi=len(self._starts) - 1) - 1)

    def _names(self) -> list[str] | None:
        plan = self._plan
        if self._wanted is None or plan.content == "lines":
            return None
        if plan.content == "typed" and not plan.is_copied:
            return self._wanted
        before = "c" if plan.is_copied else ""
        places = {name: f"{before}{place}" for place, name in enumerate(plan.columns)}
        names = [places[name] for name in self._wanted]
        return names if plan.is_copied else [*names, staging.FAULT]

    def _schema(self) -> Any:
        names = self._names()
        schema = self._file.schema_arrow
        return schema if names is None else pa.schema([schema.field(name) for name in names])

    def _piece(self, start: int, table: Any) -> Piece:
        columns = {name: _whole(table.column(name)) for name in table.column_names}
        content = self._plan.content
        faults: dict[int, str] = {}
        if content != "typed":
            said = columns.pop(staging.FAULT)
            if said.null_count < len(said):
                faults = {place: text for place, text in enumerate(said.to_pylist()) if text is not None}
        if content == "text" or self._plan.is_copied:
            columns = {
                self._plan.columns[int(name.removeprefix("c"))]: column for name, column in columns.items()
            }
        return Piece(start, table.num_rows, content, columns, faults)


def _whole(column: Any) -> Any:
    """One array of a column."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _too_large(start: int) -> DataError:
    return DataError(
        f"Rows {start + 1:,} and following take more than {MOST_BYTES:,} bytes. Ask with fewer rows a chunk."
    )
