"""The census income data: what boosting reaches on rows it has not seen."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pp
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest

from flyball.domain.declaration import Search
from flyball.domain.schema import Field, Kind, Schema
from flyball.inference import runtime
from flyball.learning.dataset import read
from flyball.learning.package import package
from flyball.learning.selection import Plan, select

CENSUS = Path(__file__).parents[2] / "../shared/data/adult.csv"


def snapshot(path: Path) -> Schema:
    """Write the census as a snapshot's file; its schema."""
    table = pc.read_csv(CENSUS, convert_options=pc.ConvertOptions(strings_can_be_null=True))
    table = table.rename_columns([name.strip() for name in table.column_names])
    columns = {name: _trimmed(table.column(name)) for name in table.column_names}
    outcome, keys = columns.pop("income"), pa.array([str(place) for place in range(len(table))])
    meta = {
        "_key": keys,
        "_time": pa.nulls(len(table), pa.timestamp("us", "UTC")),
        "_known_at": pa.nulls(len(table), pa.timestamp("us", "UTC")),
        "_entity": keys,
        "_origin": pa.array(["rows"] * len(table)),
        "_outcome": outcome,
    }
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


@pytest.mark.skipif(not CENSUS.exists(), reason="the census data is not beside this repository")
def test_boosting_reaches_its_score_on_census_rows_it_has_not_seen(tmp_path: Path) -> None:
    schema = snapshot(tmp_path / "census.parquet")
    data = read(tmp_path / "census.parquet", schema, "classification")
    plan = Plan(
        task="classification",
        metric="roc_auc",
        candidates=["boosting"],
        positive=">50K",
        search=Search(trials=2),
    )
    best = select(data, plan)[0]
    assert best.name == "boosting"
    assert best.held_out_score is not None
    assert best.held_out_score >= 0.91
    made = package(best, data, schema, endpoint="income", task="classification")
    assert runtime.load(made.manifest, made.answering).predict([made.manifest.golden[0][0]])
