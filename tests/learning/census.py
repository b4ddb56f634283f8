"""The census income data, which is not in this repository, as a snapshot."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pp
import pyarrow.csv as pc
import pyarrow.parquet as pq

from flyball.domain.schema import Field, Kind, Schema

BESIDE = Path(__file__).parents[3] / "shared/data"
CENSUS = Path(os.environ.get("FLYBALL_TEST_DATA") or BESIDE) / "adult.csv"


def snapshot(path: Path, outcome: str | None = "income") -> Schema:
    """Write the census as a snapshot's file, with one column as its outcome; its schema."""
    table = pc.read_csv(CENSUS, convert_options=pc.ConvertOptions(strings_can_be_null=True))
    table = table.rename_columns([name.strip() for name in table.column_names])
    columns = {name: _trimmed(table.column(name)) for name in table.column_names}
    keys = pa.array([str(place) for place in range(len(table))])
    meta = {
        "_key": keys,
        "_time": pa.nulls(len(table), pa.timestamp("us", "UTC")),
        "_known_at": pa.nulls(len(table), pa.timestamp("us", "UTC")),
        "_entity": keys,
        "_origin": pa.array(["rows"] * len(table)),
    }
    if outcome is not None:
        meta["_outcome"] = columns.pop(outcome)
    pq.write_table(pa.table(meta | columns), path)
    return Schema(tuple(_field(name, column) for name, column in columns.items()))


def _trimmed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_string(column.type):
        return column
    plain = pp.utf8_trim_whitespace(column)
    return pp.if_else(pp.equal(plain, "?"), pa.scalar(None, pa.string()), plain)


def _field(name: str, column: pa.ChunkedArray) -> Field:
    if pa.types.is_integer(column.type):
        return Field(name=name, kind=Kind.INTEGER)
    known = tuple(sorted(pp.unique(column.drop_null()).to_pylist()))
    return Field(name=name, kind=Kind.CATEGORY, nullable=column.null_count > 0, categories=known)
