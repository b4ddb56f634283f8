"""Rows of Python values into Parquet, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from flyball.snapshots.column_types import STORED, ColumnType

TYPES = {
    ColumnType.NUMBER: pa.float64(),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.BOOLEAN: pa.bool_(),
    ColumnType.TEXT: pa.string(),
    ColumnType.MOMENT: pa.timestamp("us"),
}


class RowWriter:
    """Writes pages of rows to one Parquet file with columns ``c0``, ``c1`` and so on. A context manager.

    Names are positions because DuckDB takes ``A`` and ``a`` for one name, and data does not.
    """

    def __init__(self, path: Path, columns: Sequence[ColumnType]) -> None:
        self.columns = tuple(columns)
        self.schema = pa.schema([(f"c{i}", TYPES[type_]) for i, type_ in enumerate(columns)])
        self.path = path
        self.count = 0

    def __enter__(self) -> RowWriter:
        self._file = pq.ParquetWriter(self.path, self.schema)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        """Append a page. Raises ``ValueError`` or ``TypeError`` where a value is not of its column's type."""
        if not rows:
            return
        arrays = [
            pa.array([None if value is None else store(value) for value in values], type_)
            for store, type_, values in zip(
                (STORED[column] for column in self.columns),
                self.schema.types,
                zip(*rows, strict=True),
                strict=True,
            )
        ]
        self._file.write_table(pa.Table.from_arrays(arrays, schema=self.schema))
        self.count += len(rows)
