"""Golden rows: made column by column from what many rows share, so that none is anybody's row."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from flyball.domain.schema import NUMERIC, Field, Kind, Schema
from flyball.domain.values import Scalar
from flyball.inference.frame import scalars
from flyball.learning.dataset import Dataset

GOLDEN_ROWS = 8
"""Rows whose answers every server must give again."""
SHARED = 10
"""Entities that must share a category or a word before it may stand in a golden row."""
INNER = (0.05, 0.95)
"""The quantiles between which numbers and moments are made: what lies beyond may be one person's."""
DIGITS = 3
WORDS = 4
MADE = "made up"
"""Stands where nothing is shared: a model must take a value that it has not seen anyway."""
_WORD = re.compile(r"\w+")


def golden_rows(dataset: Dataset, schema: Schema) -> list[dict[str, Scalar]]:
    """``GOLDEN_ROWS`` rows of the schema, the same for the same dataset.

    Every column is made by itself and put in an order of its own. Numbers and moments are rounded points
    between two quantiles; categories, and the words of texts, are those of at least ``SHARED`` entities.
    """
    groups = dataset.groups
    columns: dict[str, Any] = {}
    for place, field in enumerate(schema.fields):
        recorded = dataset.frame[field.name]
        made = _made(field, recorded, groups)
        turn = 2 * place + 1  # odd, so that it visits each of the eight once
        ordered = [made[(row * turn + place) % len(made)] for row in range(GOLDEN_ROWS)]
        if field.nullable and recorded.isna().any():
            ordered[(3 * place + 2) % GOLDEN_ROWS] = None
        columns[field.name] = pd.Series(ordered, dtype=recorded.dtype)
    return scalars(schema, pd.DataFrame(columns, index=range(GOLDEN_ROWS)))


def _made(field: Field, recorded: pd.Series, groups: np.ndarray) -> Sequence[Any]:
    present = recorded.notna().to_numpy()
    values, owners = recorded[present], groups[present]
    if not len(values):
        return [None]
    if field.kind is Kind.BOOLEAN:
        return [0.0, 1.0]
    if field.kind in NUMERIC:
        return _numbers(values.to_numpy("float64"), is_whole=field.kind is Kind.INTEGER)
    if field.kind is Kind.TIMESTAMP:
        return moments(values)
    if field.kind is Kind.CATEGORY:
        return shared(zip(values, owners, strict=True))[:GOLDEN_ROWS] or [MADE]
    return texts(values, owners)


def _numbers(values: np.ndarray, *, is_whole: bool) -> list[float]:
    low, high = np.quantile(values, INNER)
    points = np.linspace(low, high, GOLDEN_ROWS)
    return [rounded(point, low, high, is_whole=is_whole) for point in points]


def rounded(point: float, low: float, high: float, *, is_whole: bool) -> float:
    """A number in few digits, where that leaves it from ``low`` to ``high``."""
    near = float(f"{point:.{DIGITS}g}")
    chosen = near if low <= near <= high else float(point)
    return float(round(chosen)) if is_whole else chosen


def moments(values: pd.Series) -> list[pd.Timestamp]:
    """Days between two quantiles, as many as there are golden rows."""
    points = values.quantile(np.linspace(*INNER, GOLDEN_ROWS))
    return [pd.Timestamp(point).floor("D") for point in points]


def shared(pairs: Any) -> list[str]:
    """The values that at least ``SHARED`` entities have, the most frequent first."""
    counts = Counter(value for value, _ in dict.fromkeys(pairs))
    return [value for value, count in sorted(counts.items(), key=_rank) if count >= SHARED]


def _rank(counted: tuple[str, int]) -> tuple[int, str]:
    return -counted[1], counted[0]


def texts(values: pd.Series, owners: np.ndarray) -> list[str]:
    """Texts of shared words: each of the eight has some of its own."""
    words = shared(
        (word, owner) for text, owner in zip(values, owners, strict=True) for word in _WORD.findall(text)
    )[: GOLDEN_ROWS * WORDS]
    return [" ".join(words[place::GOLDEN_ROWS]) or MADE for place in range(GOLDEN_ROWS)]
