"""What scores and estimates need of each prediction, as columns of numbers; packed without code in it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from flyball.domain.records import Prediction, entity_key

Table = dict[str, npt.NDArray[Any]]
"""Columns of one length, by name."""

MOST_NUMBERS = 16_000_000
"""Of one table that is read together: 128 MB."""
TYPES: Mapping[str, type] = {**dict.fromkeys(("unit", "draw", "done", "would"), np.uint64), "week": np.int32}
"""Of columns that are no float64. ``draw`` is random, and the same for a prediction each time."""


class Rows:
    """The tables of one part, each a list of rows until it is packed.

    ``scored`` has labelled predictions: what happened, what was answered (``before``) and what would be
    (``after``), as places among the labels with their probabilities, or as values. ``drawn`` has those whose
    arm was drawn at random, ``distances`` by how much values would differ.
    """

    def __init__(self) -> None:
        self._tables: dict[str, list[Mapping[str, Any]]] = {}

    def add(self, table: str, row: Mapping[str, Any]) -> None:
        """One row more."""
        self._tables.setdefault(table, []).append(row)

    def sizes(self) -> dict[str, int]:
        """How many rows each table has."""
        return {name: len(rows) for name, rows in self._tables.items()}

    def packed(self) -> bytes:
        """All tables as bytes that ``tables`` reads."""
        columns: Table = {
            f"{table} {name}": np.array([row[name] for row in rows], dtype=TYPES.get(name, np.float64))
            for table, rows in self._tables.items()
            for name in rows[0]
        }
        packed = io.BytesIO()
        np.savez_compressed(packed, **cast(Any, columns))
        return packed.getvalue()


def table(parts: Iterable[bytes], name: str, count: int) -> Table:
    """One table of all parts, ``count`` rows; where these are too many to hold, some that chance chose.

    The same rows each time, whatever the parts are. Empty where no part has it.
    """
    found: list[Table] = []
    for packed in parts:
        with np.load(io.BytesIO(packed), allow_pickle=False) as file:
            own = {key.partition(" ")[2]: key for key in file.files if key.startswith(f"{name} ")}
            if not own:
                continue
            columns = {column: file[key] for column, key in own.items()}
        width = sum(values[:1].size for values in columns.values())
        chosen = columns["draw"] <= _below(count, width)
        found.append({column: values[chosen] for column, values in columns.items()})
    names = found[0] if found else ()
    return {column: np.concatenate([each[column] for each in found]) for column in names}


def number_of(text: str) -> int:
    """A number of 64 bits that stands for a text: the same for equal ones, and as good as random."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def unit_of(stored: Prediction) -> str:
    """Whose a prediction is: its entity's, else its reference's, else its own."""
    return entity_key(stored.entity) or stored.reference or str(stored.id)


def codes(numbers: Sequence[int] | npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    """Numbers that stand for something as 0, 1, 2 and so on, one for each that is another."""
    return np.unique(numbers, return_inverse=True)[1]


def _below(count: int, width: int) -> np.uint64:
    """The number that a row's ``draw`` does not exceed with the chance that keeps as many rows as fit."""
    share = min(1.0, MOST_NUMBERS / max(count * width, 1))
    return np.uint64(min(int(share * 2**64), 2**64 - 1))
