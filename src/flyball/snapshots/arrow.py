"""Rows of Python values into Parquet, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from flyball.snapshots.physical import STORED, Physical

TYPES = {
    Physical.NUMBER: pa.float64(),
    Physical.INTEGER: pa.int64(),
    Physical.BOOLEAN: pa.bool_(),
    Physical.TEXT: pa.string(),
    Physical.MOMENT: pa.timestamp("us"),
}


class RowWriter:
    """Writes pages of rows to one Parquet file with columns ``c0``, ``c1`` and so on. A context manager.

    Names are positions because DuckDB takes ``A`` and ``a`` for one name, and data does not.
    """

    def __init__(self, path: Path, columns: Sequence[Physical]) -> None:
        self.columns = tuple(columns)
        self.schema = pa.schema([(f"c{i}", TYPES[physical]) for i, physical in enumerate(columns)])
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
                (STORED[physical] for physical in self.columns),
                self.schema.types,
                zip(*rows, strict=True),
                strict=True,
            )
        ]
        self._file.write_table(pa.Table.from_arrays(arrays, schema=self.schema))
        self.count += len(rows)
