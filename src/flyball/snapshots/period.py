"""How many rows of a snapshot are of a period: a version must not be judged by what it learned from."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from flyball.domain.errors import DataError
from flyball.snapshots.freeze import BATCH


def count(path: Path, start: datetime, end: datetime) -> tuple[int, int]:
    """Rows from ``start`` on and before ``end``, and rows without a time, which may be of any period.

    Raises ``DataError`` for a file that cannot be read.
    """
    within = timeless = 0
    try:
        for batch in pq.ParquetFile(path).iter_batches(BATCH, columns=["_time"]):
            times = batch.column(0)
            timeless += times.null_count
            low, high = (pa.scalar(each, times.type) for each in (start, end))
            inside = pc.and_(pc.greater_equal(times, low), pc.less(times, high))
            within += pc.sum(inside).as_py() or 0
    except (pa.ArrowException, OSError, KeyError):
        raise DataError("The snapshot's file cannot be read. Take the snapshot again.") from None
    return within, timeless
