"""The part of one chunk: answers in the format of the whole, and rejects as CSV."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from flyball.batches.answering.answered import Reject
from flyball.batches.formats import Format
from flyball.batches.places import whole
from flyball.batches.writing.tables import texts
from flyball.domain.delimited import FORMULAS, inert, inert_line

REJECTS = ["row", "field", "code", "reason"]


@dataclass(frozen=True, slots=True)
class Part:
    """The two files of a chunk as one claimant has written them: what comes late from another is not them."""

    folder: Path
    number: int
    claimant: str

    def answers(self, format_: Format) -> Path:
        """Where its answers are."""
        return self.folder / f"{self._name}{format_.ending}"

    @property
    def rejects(self) -> Path:
        """Where its rejects are."""
        return self.folder / f"{self._name}.rejects.csv"

    def plain(self, format_: Format) -> str:
        """What its answers are called where no other part is."""
        return f"part-{self.number:06}{format_.ending}"

    @property
    def _name(self) -> str:
        return f"part-{self.number:06}.{by(self.claimant)}"


def by(claimant: str) -> str:
    """A claimant's name, as a part of a file's."""
    return claimant.replace(" ", "-")


def write(part: Part, format_: Format, table: Any, rejects: Iterable[tuple[int, Reject]]) -> None:
    """Write both files of a chunk; ``rejects`` have their rows' numbers. Headers are in the first part."""
    draft = "draft"  # the name of what it becomes is its claimant's alone
    with whole(part.rejects, draft) as file:
        if part.number == 0:
            file.write(inert_line(REJECTS).encode())
        for row, each in rejects:
            file.write(inert_line([row, each.field, each.code, each.reason]).encode())
    with whole(part.answers(format_), draft) as file, ExitStack() as stack:
        target: Any = file
        if format_.is_packed:
            # No moment and no name: the same answers are the same bytes.
            target = stack.enter_context(gzip.GzipFile("", "wb", 6, file, mtime=0))
        WRITERS[format_.name](table, target, is_first=part.number == 0)


def _parquet(table: Any, file: IO[bytes], *, is_first: bool) -> None:
    repeated = [field.name for field in table.schema if not pa.types.is_floating(field.type)]
    with pq.ParquetWriter(file, table.schema, compression="lz4", use_dictionary=repeated) as writer:
        writer.write_table(table, row_group_size=max(1, table.num_rows))


def _csv(table: Any, file: IO[bytes], *, is_first: bool) -> None:
    columns = [_harmless(texts(_one(table.column(name)))) for name in table.column_names]
    if is_first:
        file.write(inert_line(table.column_names).replace("\r\n", "\n").encode())
    plain = pa.table(columns, names=[str(place) for place in range(len(columns))])
    options = pyarrow.csv.WriteOptions(include_header=False)
    pyarrow.csv.write_csv(plain, file, options)


def _harmless(column: Any) -> Any:
    """A column of which a spreadsheet computes nothing."""
    if not pa.types.is_string(column.type):
        return column
    begins = pc.is_in(pc.utf8_slice_codeunits(column, 0, 1), value_set=pa.array(list(FORMULAS)))
    if not pc.any(begins).as_py():
        return column
    return pa.array([inert(each) for each in column.to_pylist()], pa.string())


def _ndjson(table: Any, file: IO[bytes], *, is_first: bool) -> None:
    names = table.column_names
    columns = [texts(_one(table.column(name))).to_pylist() for name in names]
    encoder = msgspec.json.Encoder()
    for values in zip(*columns, strict=True):
        file.write(encoder.encode(dict(zip(names, values, strict=True))) + b"\n")


def _one(column: Any) -> Any:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


WRITERS: Mapping[str, Any] = {"parquet": _parquet, "csv": _csv, "ndjson": _ndjson}
