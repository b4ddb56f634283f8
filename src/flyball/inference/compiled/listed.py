"""One field's values of many rows: as plain values, or as an Arrow column."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from flyball.domain.values import Scalar


class ArrowColumn(Protocol):
    """What is asked of an Arrow array, ``pyarrow.Array``: nothing here imports the library."""

    def to_numpy(self, zero_copy_only: bool) -> np.ndarray:
        """The values; nulls among numbers are NaN."""

    def to_pylist(self) -> list[Any]:
        """The values as Python has them."""

    def slice(self, offset: int, length: int) -> ArrowColumn:
        """So many of the values from a place on; nothing is copied."""

    def dictionary_encode(self) -> Any:
        """The distinct values, and for each row the place of its own among them."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Plain values."""

    plain: Sequence[Scalar]

    def numbers(self) -> np.ndarray:
        """As float64; missing ones are NaN."""
        return np.array(self.plain, dtype=np.float64)

    def values(self) -> Sequence[Scalar]:
        """As they are."""
        return self.plain

    def codes(self, known: Mapping[Any, int], code: Callable[[Scalar], int]) -> np.ndarray:
        """A whole number for each value: as ``known`` says, and ``code`` of what it does not have."""
        # Most values are known: they are found in a quarter of the time that asking ``code`` takes.
        found = list(map(known.get, self.plain))
        if None in found:
            found = [
                code(value) if each is None else each for each, value in zip(found, self.plain, strict=True)
            ]
        return np.array(found, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Arrow:
    """An Arrow column; of its distinct values each is looked at once."""

    column: ArrowColumn

    def numbers(self) -> np.ndarray:
        """As float64; missing ones are NaN."""
        return self.column.to_numpy(zero_copy_only=False).astype(np.float64)

    def values(self) -> Sequence[Scalar]:
        """As Python has them."""
        return self.column.to_pylist()

    def codes(self, known: Mapping[Any, int], code: Callable[[Scalar], int]) -> np.ndarray:
        """A whole number for each value, as of plain ones."""
        encoded = self.column.dictionary_encode()
        distinct = Listed([*encoded.dictionary.to_pylist(), None]).codes(known, code)
        found: np.ndarray = distinct[
            encoded.indices.fill_null(len(distinct) - 1).to_numpy(zero_copy_only=False)
        ]
        return found


def arrow(columns: Mapping[str, ArrowColumn], field: str, length: int) -> Listed | Arrow:
    """A field's column of so many rows; where there is none, all of it is missing."""
    return Arrow(columns[field]) if field in columns else Listed([None] * length)
