"""Parquet files that are put end to end are one file of the same rows, whoever reads it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flyball.batches.writing import compact
from flyball.batches.writing.footers import Joined
from flyball.domain.errors import DataError

ROWS = 40


def table(first: int, rows: int = ROWS) -> Any:
    """Rows of every kind of column that goes along, also of those that few files have."""
    numbers = range(first, first + rows)
    return pa.table(
        {
            "number": pa.array(numbers, pa.int64()),
            "half": pa.array([None if each % 7 == 3 else each / 2 for each in numbers], pa.float64()),
            "text": pa.array(
                [None if each % 5 == 0 else f"ward {each % 3} \U0001f600" for each in numbers], pa.string()
            ),
            "places": pa.array([f"d{each % 2}" for each in numbers], pa.string()).dictionary_encode(),
            "truth": pa.array([each % 2 == 0 for each in numbers], pa.bool_()),
            "nothing": pa.nulls(rows, pa.string()),
            "price": pa.array([Decimal(each) / 4 for each in numbers], pa.decimal128(9, 2)),
            "moment": pa.array(
                [datetime(2026, 1, 1 + each % 28, tzinfo=UTC) for each in numbers], pa.timestamp("us", "UTC")
            ),
            "lists": pa.array([[each] * (each % 3) for each in numbers], pa.list_(pa.int32())),
            "inside": pa.array(
                [{"a": each, "b": None} for each in numbers], pa.struct([("a", "i8"), ("b", "f4")])
            ),
            "raw": pa.array([bytes([each % 256, 255]) for each in numbers], pa.binary()),
        }
    )


def put(path: Path, content: Any, **options: Any) -> Path:
    pq.write_table(content, path, **options)
    return path


def joined(out: Path, *parts: Path) -> Path:
    with out.open("wb") as file:
        whole = Joined(file)
        for part in parts:
            whole.add(part)
        whole.end()
    return out


@pytest.mark.parametrize(
    "options",
    [
        {"compression": "lz4"},
        {"compression": "none", "use_dictionary": False, "write_statistics": False},
        {"compression": "zstd", "row_group_size": 2},
        {"write_page_index": True, "write_page_checksum": True, "data_page_version": "2.0"},
        {"version": "1.0", "store_schema": False},
        {"bloom_filter_options": {"number": True, "text": {"fpp": 0.01}}},
    ],
    ids=str,
)
def test_files_end_to_end_hold_the_rows_of_all_in_their_order(
    options: dict[str, Any], tmp_path: Path
) -> None:
    tables = [table(0), table(ROWS, 0), table(ROWS, 1), table(ROWS + 1, 200)]
    parts = [put(tmp_path / f"{place}", each, **options) for place, each in enumerate(tables)]
    out = joined(tmp_path / "all.parquet", *parts)
    read = pq.read_table(out, page_checksum_verification=True)
    assert read.equals(pa.concat_tables(pq.read_table(part) for part in parts), check_metadata=True)
    told, of_parts = pq.ParquetFile(out).metadata, [pq.ParquetFile(part).metadata for part in parts]
    groups = [each.row_group(place) for each in of_parts for place in range(each.num_row_groups)]
    assert told.num_rows == sum(each.num_rows for each in of_parts)
    assert told.num_row_groups == len(groups)
    for place, group in enumerate(groups):
        for column in range(told.num_columns):
            one, other = told.row_group(place).column(column), group.column(column)
            assert one.statistics == other.statistics
            assert (one.encodings, one.compression) == (other.encodings, other.compression)
    rest = (
        duckdb.read_parquet(str(out))
        .filter(f"number >= {ROWS - 5}")
        .project("number")
        .order("number")
        .fetchall()
    )
    assert [row[0] for row in rest] == list(range(ROWS - 5, ROWS + 201))


def test_a_row_group_of_one_file_can_be_read_alone_where_it_lies_now(tmp_path: Path) -> None:
    parts = [put(tmp_path / f"{place}", table(place * ROWS)) for place in range(20)]
    out = pq.ParquetFile(joined(tmp_path / "all.parquet", *parts), page_checksum_verification=True)
    for place in (19, 0, 7):
        assert out.read_row_group(place)["number"].to_pylist() == list(
            range(place * ROWS, (place + 1) * ROWS)
        )


def test_one_file_alone_comes_out_as_it_was(tmp_path: Path) -> None:
    part = put(tmp_path / "part", table(0))
    assert joined(tmp_path / "all.parquet", part).read_bytes() == part.read_bytes()


def test_a_part_of_other_columns_is_refused(tmp_path: Path) -> None:
    parts = [put(tmp_path / "a", pa.table({"n": [1]})), put(tmp_path / "b", pa.table({"n": ["x"]}))]
    with pytest.raises(DataError, match="b has other columns"):
        joined(tmp_path / "all.parquet", *parts)


@pytest.mark.parametrize("left", [0, 3, 8, 11, -1, -9, -200])
def test_a_part_that_is_cut_off_is_refused(left: int, tmp_path: Path) -> None:
    part = put(tmp_path / "part", table(0))
    part.write_bytes(part.read_bytes()[:left])
    with pytest.raises(DataError, match="part is damaged"):
        joined(tmp_path / "all.parquet", part)


@pytest.mark.parametrize(
    "data", [b"", b"\x15", b"\x18\x05ab", b"\x1b\x00", b"\x19\x11\x00\x00", b"\x1f\x00\x00", b"\x19\xfc"]
)
def test_bytes_that_are_no_struct_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="no struct"):
        compact.read(data)


def test_fields_that_lie_far_apart_are_written_as_they_are_read() -> None:
    fields: compact.Struct = {
        1: (compact.I32, -3),
        40: (compact.TRUE, None),
        41: (compact.FALSE, None),
        300: (compact.LIST, (compact.BINARY, [b"", b"x" * 300])),
        301: (compact.LIST, (compact.STRUCT, [{2: (compact.I64, 2**63 - 1)}] * 16)),
        302: (compact.I64, -(2**63)),
        303: (compact.DOUBLE, b"\x00" * 8),
        304: (compact.I8, b"\xff"),
    }
    assert compact.read(compact.written(fields)) == fields
