"""A snapshot's rows as a model learns from them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from flyball.domain.declaration import UNSUPERVISED
from flyball.domain.errors import DataError
from flyball.domain.schema import Schema
from flyball.domain.weighing.declared import STORED
from flyball.inference.frame import conform

UNREADABLE = "The snapshot's file cannot be read. Take the snapshot again."
LARGEST = 1e150
"""The largest outcome of a regression: squares of larger ones overflow, and every score is then infinite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Rows in the snapshot's order: by time, then key.

    ``frame`` holds the features as models see them; ``target`` the outcomes (``None`` where there are none).
    ``entities``, shape (rows, join keys), numbers each row's entities in order of appearance, one column a
    join key; it is -1 where a row lacks that key, and a row without any entity is an entity of its own.
    ``times`` are the rows' moments and ``known_at`` the moments at which their outcomes were known
    (``datetime64[us]``, UTC); both are ``None`` where some row has no time. ``weights``, shape (rows,), say
    how much each row counts, and are above 0; ``None``: all count the same.
    """

    frame: pd.DataFrame
    target: np.ndarray | None
    entities: np.ndarray
    times: np.ndarray | None
    known_at: np.ndarray | None
    keys: np.ndarray
    schema: Schema
    weights: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def labels(self) -> np.ndarray:
        """The outcomes of a task that has some. Raises ``DataError`` where there are none."""
        if self.target is None:
            raise DataError("The rows have no outcome.")
        return self.target

    @property
    def groups(self) -> np.ndarray:
        """One number a row: rows with the same entities, of all join keys, have the same."""
        return np.unique(self.entities, axis=0, return_inverse=True)[1].ravel()

    def take(self, indices: np.ndarray) -> Dataset:
        """Some of the rows, by position."""
        return replace(
            self,
            frame=self.frame.iloc[indices].reset_index(drop=True),
            target=None if self.target is None else self.target[indices],
            entities=self.entities[indices],
            times=None if self.times is None else self.times[indices],
            known_at=None if self.known_at is None else self.known_at[indices],
            keys=self.keys[indices],
            weights=None if self.weights is None else self.weights[indices],
        )


def read(path: Path | str, schema: Schema, task: str, weight: str = "") -> Dataset:
    """The rows of a snapshot's Parquet file.

    With ``weight``, the column that rows weigh by, those of weight 0 are left out: nothing learns from them,
    and nothing is scored by them. Raises ``DataError`` for a file that cannot be read or has the weights of
    another column, and where there is nothing to learn from: no row, a single label, or a number that is
    missing or beyond ``LARGEST``.
    """
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError):
        raise DataError(UNREADABLE) from None
    if not {"_key", "_time", "_known_at", "_entity"} <= set(table.column_names):
        raise DataError(UNREADABLE)
    if weight:
        table = table.filter(pc.greater(_weighed(table, weight), 0))
    rows = table.to_pandas(integer_object_nulls=True)
    if not len(rows):
        raise DataError("The snapshot has no rows.")
    target = None if task in UNSUPERVISED else _target(table.column("_outcome"), task)
    times, known_at = _moments(rows)
    return Dataset(
        frame=conform(schema, rows),
        target=target,
        entities=_entities(rows["_entity"], rows["_key"]),
        times=times,
        known_at=known_at,
        keys=rows["_key"].to_numpy(str),
        schema=schema,
        weights=rows["_weight"].to_numpy(np.float64) if weight else None,
    )


def _weighed(table: pa.Table, weight: str) -> pa.ChunkedArray:
    """The weights, of that column. Those of an earlier snapshot may be another's, or there may be none."""
    if (table.schema.metadata or {}).get(STORED) != weight.encode() or "_weight" not in table.column_names:
        raise DataError(f"The snapshot has no weights of the column {weight!r}. Take a new snapshot.")
    return table.column("_weight")


def _moments(rows: pd.DataFrame) -> tuple[np.ndarray | None, np.ndarray | None]:
    times = rows["_time"].to_numpy("datetime64[us]")
    if np.isnat(times).any():
        return None, None
    known_at = rows["_known_at"].to_numpy("datetime64[us]")
    if np.isnat(known_at).any():  # taken as the row's time, it would let the future into every score
        raise DataError("The snapshot does not say when each outcome was known. Take the snapshot again.")
    return times, known_at


def _entities(entities: pd.Series, keys: pd.Series) -> np.ndarray:
    """Each row's entities by join key, from their JSON text; a row's key stands where it has none."""
    # Never by name: a row without a key has its number in the file, which a shuffled file changes.
    whole, texts = pd.factorize(entities.where(entities != keys))
    try:
        known = [dict(json.loads(text)) for text in texts]
    except (ValueError, TypeError):
        raise DataError(UNREADABLE) from None
    columns = []
    for name in sorted({name for entity in known for name in entity}) or [""]:
        values = pd.Series([entity.get(name) for entity in known], dtype=object)
        # One more at the end, which -1 points to: the rows without an entity.
        columns.append(np.append(pd.factorize(values)[0], -1)[whole])
    found = np.column_stack(columns)
    alone = whole < 0
    found[alone, 0] = found[:, 0].max() + 1 + pd.factorize(keys[alone])[0]
    return found


def _target(column: pa.ChunkedArray, task: str) -> np.ndarray:
    values: list[Any] = column.to_pylist()
    if task == "regression":
        return _numbers(np.array(values, dtype=np.float64))
    labels = np.array(values)
    if len(np.unique(labels)) < 2:
        raise DataError("Every row has the same outcome; there is nothing to tell apart.")
    return labels


def _numbers(outcomes: np.ndarray) -> np.ndarray:
    if np.isnan(outcomes).any():
        raise DataError("The outcome of some row is not a number.")
    if (np.abs(outcomes) > LARGEST).any():
        raise DataError(f"The outcome of some row is beyond {LARGEST:g}: errors that large overflow.")
    return outcomes
