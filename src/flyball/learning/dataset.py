"""A snapshot's rows as a model learns from them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from flyball.domain.errors import DataError
from flyball.domain.schema import Schema
from flyball.inference.frame import conform


@dataclass(frozen=True, slots=True)
class Dataset:
    """Rows in the snapshot's order: by time, then key.

    ``frame`` holds the features as models see them; ``target`` the outcomes (``None`` for clustering);
    ``groups`` each row's entity, numbered in order of appearance; ``times`` each row's moment, or ``None``
    where some row has none.
    """

    frame: pd.DataFrame
    target: np.ndarray | None
    groups: np.ndarray
    times: np.ndarray | None
    keys: np.ndarray
    schema: Schema

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def labels(self) -> np.ndarray:
        """The outcomes of a task that has some. Raises ``DataError`` for clustering."""
        if self.target is None:
            raise DataError("The rows have no outcome.")
        return self.target

    @property
    def grouped(self) -> bool:
        """Whether an entity has more than one row."""
        return len(np.unique(self.groups)) < len(self.groups)

    def take(self, indices: np.ndarray) -> Dataset:
        """Some of the rows, by position."""
        return replace(
            self,
            frame=self.frame.iloc[indices].reset_index(drop=True),
            target=None if self.target is None else self.target[indices],
            groups=self.groups[indices],
            times=None if self.times is None else self.times[indices],
            keys=self.keys[indices],
        )


def read(path: Path | str, schema: Schema, task: str) -> Dataset:
    """The rows of a snapshot's Parquet file.

    Raises ``DataError`` for a file that cannot be read, and where there is nothing to learn from: no row,
    or a single label.
    """
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError):
        raise DataError("The snapshot's file cannot be read. Take the snapshot again.") from None
    rows = table.to_pandas(integer_object_nulls=True)
    if not len(rows):
        raise DataError("The snapshot has no rows.")
    target = None if task == "clustering" else _target(table.column("_outcome"), task)
    times = rows["_time"].to_numpy("datetime64[us]")
    return Dataset(
        frame=conform(schema, rows),
        target=target,
        # Never by name: a row without a key has its number in the file, which a shuffled file changes.
        groups=pd.factorize(rows["_entity"].fillna(rows["_key"]))[0],
        times=None if np.isnat(times).any() else times,
        keys=rows["_key"].to_numpy(str),
        schema=schema,
    )


def _target(column: pa.ChunkedArray, task: str) -> np.ndarray:
    values: list[Any] = column.to_pylist()
    if task == "regression":
        return np.array(values, dtype=np.float64)
    labels = np.array(values)
    if len(np.unique(labels)) < 2:
        raise DataError("Every row has the same outcome; there is nothing to tell apart.")
    return labels
