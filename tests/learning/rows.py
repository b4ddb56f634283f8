"""Small snapshots with every kind of field, drawn with a fixed seed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from flyball.domain.declaration import UNSUPERVISED
from flyball.domain.schema import Field, Kind, Schema
from flyball.inference.frame import frame
from flyball.learning.dataset import Dataset, read

START = datetime(2026, 1, 1, tzinfo=UTC)
MOMENT = pa.timestamp("us", "UTC")
COLOURS = ("blue", "green", "red")
LETTERS = ("good slow day", "bad quick night", "", "a quick answer")

SCHEMA = Schema(
    (
        Field(name="amount", kind=Kind.NUMBER, nullable=True, low=-5.0, high=5.0),
        Field(name="hours-per-week", kind=Kind.INTEGER, low=0.0, high=9.0),
        Field(name="member", kind=Kind.BOOLEAN, nullable=True),
        Field(name="colour", kind=Kind.CATEGORY, nullable=True, categories=COLOURS),
        Field(name="branch", kind=Kind.CATEGORY, nullable=True, categories=(1, 2, 3)),
        Field(name="letter", kind=Kind.TEXT, nullable=True),
        Field(name="since", kind=Kind.TIMESTAMP, nullable=True),
    )
)


def snapshot(
    path: Path,
    *,
    task: str = "classification",
    size: int = 120,
    outcomes: Sequence[Any] = ("no", "yes"),
    entities: int = 0,
    shops: int = 0,
    timed: bool = False,
    known_after: timedelta = timedelta(0),
) -> Path:
    """Write a snapshot whose outcome follows ``amount`` and ``member``.

    ``entities`` repeat in turn, and so do ``shops``, the entities of a second join key. Timed rows come
    hour by hour, and their outcomes are known ``known_after``.
    """
    draw = np.random.default_rng(7)
    amount = draw.normal(size=size)
    member = draw.random(size) < 0.5
    signal = amount + member + draw.normal(scale=0.3, size=size)
    places = range(size)
    times = [START + timedelta(hours=place) if timed else None for place in places]
    columns: dict[str, pa.Array] = {
        "_key": pa.array([f"row-{place}" for place in places]),
        "_time": pa.array(times, MOMENT),
        "_known_at": pa.array([time and time + known_after for time in times], MOMENT),
        "_entity": pa.array([_entity(place, customer=entities, shop=shops) for place in places]),
        "_origin": pa.array(["rows"] * size),
    }
    if task not in UNSUPERVISED:
        columns["_outcome"] = pa.array(_outcomes(task, signal, outcomes))
    pq.write_table(pa.table(columns | _features(amount, member, draw)), path)
    return path


def dataset(folder: Path, **options: Any) -> Dataset:
    """The rows of such a snapshot, read back."""
    task = options.get("task", "classification")
    return read(snapshot(folder / "rows.parquet", **options), SCHEMA, task)


def given(schema: Schema, known: Sequence[Mapping[str, Any]], target: np.ndarray | None) -> Dataset:
    """Rows that know no time."""
    return Dataset(
        frame=frame(schema, known),
        target=target,
        entities=np.arange(len(known))[:, None],
        times=None,
        known_at=None,
        keys=np.arange(len(known)).astype(str),
        schema=schema,
    )


def changed(folder: Path, columns: Mapping[str, Sequence[Any] | None], **options: Any) -> Dataset:
    """The rows of such a snapshot with other values in these columns; ``None`` takes the column out."""
    path = snapshot(folder / "rows.parquet", **options)
    table = pq.read_table(path)
    for name, values in columns.items():
        at, field = table.schema.get_field_index(name), table.schema.field(name)
        table = table.remove_column(at)
        if values is not None:
            table = table.add_column(at, field, [pa.array(values, field.type)])
    pq.write_table(table, path)
    return read(path, SCHEMA, options.get("task", "classification"))


def _entity(place: int, **counts: int) -> str:
    """A row's entity as snapshots spell it; its key where it has none."""
    entity = {name: f"{name}-{place % count}" for name, count in counts.items() if count}
    return json.dumps(entity, separators=(",", ":")) if entity else f"row-{place}"


def _outcomes(task: str, signal: np.ndarray, outcomes: Sequence[Any]) -> list[Any]:
    if task == "regression":
        return signal.tolist()
    if not len(signal):
        return []
    edges = np.quantile(signal, [place / len(outcomes) for place in range(1, len(outcomes))])
    return [outcomes[place] for place in np.searchsorted(edges, signal)]


def _features(amount: np.ndarray, member: np.ndarray, draw: np.random.Generator) -> dict[str, pa.Array]:
    size = len(amount)

    def holed(values: Sequence[Any], share: float = 0.1) -> list[Any]:
        return [None if draw.random() < share else value for value in values]

    moments = [START - timedelta(days=int(days)) for days in draw.integers(0, 900, size)]
    return {
        "amount": pa.array(holed(amount.tolist()), pa.float64()),
        "hours-per-week": pa.array(draw.integers(0, 10, size).tolist(), pa.int64()),
        "member": pa.array(holed(member.tolist()), pa.bool_()),
        "colour": pa.array(holed(draw.choice(COLOURS, size).tolist()), pa.string()),
        "branch": pa.array(holed(draw.integers(1, 4, size).tolist()), pa.int64()),
        "letter": pa.array(holed(draw.choice(LETTERS, size).tolist()), pa.string()),
        "since": pa.array(holed(moments), MOMENT),
    }
