"""The name of a snapshot: the SHA-256 of its canonical content, whatever the file looks like."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from flyball.domain.records import canonical_json
from flyball.domain.schema import Schema
from flyball.domain.weighing.declared import STORED

NUMBERED = b"flyball.numbered"
"""A file's own word, in its metadata, for rows that have no key but their number."""

Buffer = bytes | memoryview


class ContentDigest:
    """Takes ordered rows in chunks of any size and gives the SHA-256 of schema and rows.

    Each column is hashed on its own (which values are missing; numbers as little-endian bytes, texts as
    lengths and UTF-8), so that where a chunk ends leaves no trace. The number of a file's row is no
    content: with ``numbered``, the keys of rows that have none of their own are left out. ``weight`` is the
    name of the column that rows weigh by.
    """

    def __init__(
        self, schema: Schema, names: list[str], *, numbered: bool, weight: str | None = None
    ) -> None:
        head = {"schema": msgspec.to_builtins(schema), "columns": names}
        self.head = canonical_json(head if weight is None else {**head, "weight": weight})
        self.numbered = numbered
        self.parts = {name: [hashlib.sha256() for _ in range(3)] for name in names}
        self.count = 0

    def update(self, rows: pa.RecordBatch) -> None:
        """The next rows, in order."""
        self.count += rows.num_rows
        own = pc.equal(rows.column("_origin"), "rows") if self.numbered else None
        for name, hashes in self.parts.items():
            column = rows.column(name)
            if own is not None and name in {"_key", "_entity"}:
                generated = own if name == "_key" else pc.and_(own, pc.equal(column, rows.column("_key")))
                column = pc.if_else(generated, None, column)
            for part, data in zip(hashes, _bytes(column), strict=True):
                part.update(data)

    def hexdigest(self) -> str:
        """The SHA-256 of everything so far, as 64 hexadecimal digits."""
        columns = {name: [part.hexdigest() for part in parts] for name, parts in self.parts.items()}
        return hashlib.sha256(canonical_json([self.head, self.count, columns]).encode()).hexdigest()


def of_file(path: Path, schema: Schema) -> str:
    """The digest of a snapshot's file, read in chunks."""
    with pq.ParquetFile(path) as file:
        known = file.schema_arrow.metadata or {}
        content = ContentDigest(
            schema,
            file.schema_arrow.names,
            numbered=NUMBERED in known,
            weight=known[STORED].decode() if STORED in known else None,
        )
        for batch in file.iter_batches():
            content.update(batch)
    return content.hexdigest()


def _bytes(column: Any) -> tuple[Buffer, Buffer, Buffer]:
    """Which values are missing, then the values: numbers; or texts as lengths and UTF-8."""
    missing = _plain(column.is_null())
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        texts = pc.fill_null(column, "")
        return missing, _little(pc.binary_length(texts), "<i8"), _run_together(texts)
    if pa.types.is_boolean(column.type):
        return missing, _plain(pc.fill_null(column, False)), b""
    if pa.types.is_floating(column.type):
        return missing, _little(pc.fill_null(column, 0.0), "<f8"), b""
    return missing, _little(pc.fill_null(column.cast(pa.int64()), 0), "<i8"), b""


def _run_together(texts: Any) -> Buffer:
    """The UTF-8 of all texts, one after the other, as it lies in memory."""
    if not len(texts):
        return b""
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, "<i8" if pa.types.is_large_string(texts.type) else "<i4")
    first, last = ends[texts.offset], ends[texts.offset + len(texts)]
    return b"" if first == last else memoryview(data)[first:last]


def _plain(column: Any) -> Buffer:
    return _little(column.cast(pa.uint8()), "u1")


def _little(column: Any, type_: str) -> Buffer:
    values = column.to_numpy(zero_copy_only=False)
    return np.ascontiguousarray(values, np.dtype(type_)).data
