"""The ordered instance table into its final file, named by its content."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from flyball.domain.records import entity_key
from flyball.domain.schema import Schema
from flyball.snapshots import arrow
from flyball.snapshots.column_types import ColumnType
from flyball.snapshots.digest import NUMBERED, ContentDigest
from flyball.snapshots.features import Layout
from flyball.snapshots.workspace import Workspace

BATCH = 20_000
"""Rows held in memory at once while writing."""

TYPES = {**arrow.TYPES, ColumnType.MOMENT: pa.timestamp("us", "UTC")}
"""A finished file says that its moments are UTC; staged ones are so without a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """A finished file, still in the workspace: its digest and how many rows it has."""

    path: Path
    digest: str
    rows: int


def freeze(workspace: Workspace, table: str, layout: Layout, schema: Schema, *, numbered: bool) -> Frozen:
    """Write the final file in order of time and key.

    Rows of a file without a key have only their number, which a shuffled file changes: they are ordered
    by the MD5 of their content, which nothing changes and which follows no column's values.
    """
    path = workspace.path("final")
    final = _final_schema(layout, numbered=numbered)
    content = ContentDigest(schema, final.names, numbered=numbered)
    with pq.ParquetWriter(path, final, compression="zstd") as writer:
        for batch in _ordered(workspace, table, layout, numbered=numbered):
            rows = _finished(batch, layout, final)
            content.update(rows)
            writer.write_batch(rows)
    return Frozen(path=path, digest=content.hexdigest(), rows=content.count)


def _final_schema(layout: Layout, *, numbered: bool) -> pa.Schema:
    moment = TYPES[ColumnType.MOMENT]
    columns = [("_key", pa.string()), ("_time", moment), ("_known_at", moment)]
    columns += [("_entity", pa.string()), ("_origin", pa.string())]
    if layout.outcome is not None:
        columns.append(("_outcome", TYPES[layout.outcome]))
    columns += [(feature.name, TYPES[feature.type]) for feature in layout.features]
    return pa.schema(columns, {NUMBERED: b"true"} if numbered else None)


def _ordered(workspace: Workspace, table: str, layout: Layout, *, numbered: bool) -> Iterator[pa.RecordBatch]:
    names = [name for name, _ in layout.columns]
    content = [f"coalesce(CAST({name} AS VARCHAR), chr(0))" for name in names if name not in {"k", "t", "o"}]
    scattered = f"CASE WHEN o = 'rows' THEN md5(concat_ws(chr(1), {', '.join(content)})) ELSE k END, "
    order = f"t NULLS FIRST, {scattered if numbered else ''}k, o"
    found = workspace.duck.sql(f"SELECT {', '.join(names)} FROM {table} ORDER BY {order}")
    return iter(found.to_arrow_reader(BATCH))


def _finished(batch: pa.RecordBatch, layout: Layout, final: pa.Schema) -> pa.RecordBatch:
    """A batch with its final names and types, and each row's entity as the stores spell it."""
    columns: dict[str, Any] = {name: batch.column(name) for name in batch.schema.names}
    entities = [columns[f"e{i}"].to_pylist() for i in range(len(layout.entities))]
    keys = columns["k"].to_pylist()
    by_row = zip(*entities, strict=True) if entities else [()] * len(keys)
    named = [_entity(layout.entities, values) or key for key, values in zip(keys, by_row, strict=True)]
    ordered = [columns["k"], columns["t"], columns["n"], pa.array(named, pa.string()), columns["o"]]
    ordered += [columns["y"]] if layout.outcome is not None else []
    ordered += [columns[f"f{i}"] for i in range(len(layout.features))]
    cast = [column.cast(type_) for column, type_ in zip(ordered, final.types, strict=True)]
    return pa.RecordBatch.from_arrays(cast, schema=final)


def _entity(names: Sequence[str], values: Sequence[str | None]) -> str | None:
    """The keys that a row has: a row without one of them is still of the other's entity."""
    pairs = zip(names, values, strict=True)
    return entity_key({name: value for name, value in pairs if value is not None})
