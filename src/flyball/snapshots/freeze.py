"""The ordered instance table into its final file, named by its content."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from flyball.domain.records import canonical_json
from flyball.domain.schema import Schema
from flyball.domain.weighing.declared import STORED
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
    content = ContentDigest(schema, final.names, numbered=numbered, weight=layout.weight)
    with (
        pq.ParquetWriter(path, final, compression="zstd") as writer,
        ThreadPoolExecutor(2) as beside,  # both leave Python while DuckDB sorts on
    ):
        begun: list[Future[None]] = []
        for batch in _ordered(workspace, table, layout, numbered=numbered):
            rows = _finished(batch, layout, final)
            for each in begun:
                each.result()
            begun = [beside.submit(content.update, rows), beside.submit(writer.write_batch, rows)]
        for each in begun:
            each.result()
    return Frozen(path=path, digest=content.hexdigest(), rows=content.count)


def _final_schema(layout: Layout, *, numbered: bool) -> pa.Schema:
    moment = TYPES[ColumnType.MOMENT]
    columns = [("_key", pa.string()), ("_time", moment), ("_known_at", moment)]
    columns += [("_entity", pa.string()), ("_origin", pa.string())]
    if layout.outcome is not None:
        columns.append(("_outcome", TYPES[layout.outcome]))
    if layout.weight is not None:
        columns.append(("_weight", TYPES[ColumnType.NUMBER]))
    columns += [(feature.name, TYPES[feature.type]) for feature in layout.features]
    known = {NUMBERED: b"true"} if numbered else {}
    known |= {STORED: layout.weight.encode()} if layout.weight is not None else {}
    return pa.schema(columns, known or None)


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
    entities = _entities(layout.entities, [columns[f"e{i}"] for i in range(len(layout.entities))])
    named = columns["k"] if entities is None else pc.coalesce(entities, columns["k"])
    ordered = [columns["k"], columns["t"], columns["n"], named, columns["o"]]
    ordered += [columns[name] for name in ("y", "w") if name in columns]
    ordered += [columns[f"f{i}"] for i in range(len(layout.features))]
    cast = [column.cast(type_) for column, type_ in zip(ordered, final.types, strict=True)]
    return pa.RecordBatch.from_arrays(cast, schema=final)


def _entities(names: Sequence[str], columns: Sequence[Any]) -> Any:
    """Each row's entity as ``entity_key`` spells it, of the keys that the row has; null where it has none.

    A row without one of its keys is still of the other's entity. ``None`` where nothing names an entity.
    """
    if not names:
        return None
    in_order = sorted(zip(names, columns, strict=True), key=lambda pair: pair[0])
    pairs = [
        pc.coalesce(pc.binary_join_element_wise(f",{canonical_json(name)}:", _quoted(column), ""), "")
        for name, column in in_order
    ]
    joined = pc.binary_join_element_wise(*pairs, "")
    opened = pc.binary_replace_slice(joined, 0, 1, "{")  # in place of the first comma
    closed = pc.binary_join_element_wise(opened, "}", "")
    return pc.if_else(pc.not_equal(joined, ""), closed, None)


ESCAPED = r'[\x00-\x1f"\\]'
"""Characters that JSON writes in another way."""


def _quoted(texts: Any) -> Any:
    """Texts as JSON; null where there is none."""
    if pc.any(pc.match_substring_regex(texts, ESCAPED)).as_py():
        written = [None if text is None else canonical_json(text) for text in texts.to_pylist()]
        return pa.array(written, pa.string())
    return pc.binary_join_element_wise('"', texts, '"', "")
