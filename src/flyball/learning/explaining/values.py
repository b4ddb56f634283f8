"""What each field may be instead: values that many rows share, each with its part of the rows."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

from flyball.domain.schema import NUMERIC, Field, Kind, Schema
from flyball.domain.values import Scalar
from flyball.inference.frame import scalars
from flyball.learning.dataset import Dataset
from flyball.learning.golden import INNER, moments, rounded, shared, texts

POINTS = 16
"""Values of a field at most, besides a missing one."""
Values = tuple[tuple[Scalar, float], ...]


def values_of(dataset: Dataset, schema: Schema) -> tuple[Values, ...]:
    """Of each field, in order, its values and their shares: none is one person's, as in golden rows."""
    return tuple(_values(field, dataset.frame[field.name], dataset.groups) for field in schema.fields)


def _values(field: Field, recorded: pd.Series, groups: np.ndarray) -> Values:
    present = recorded.notna().to_numpy()
    made, weights = _made(field, recorded[present], groups[present]) if present.any() else ([], [])
    gone = 1.0 - float(present.mean())
    shares = [weight / sum(weights) * (1.0 - gone) for weight in weights]
    if gone > 0.0 or not made:
        made, shares = [*made, None], [*shares, gone if made else 1.0]
    column = pd.DataFrame({field.name: pd.Series(made, dtype=recorded.dtype)})
    plain = [row[field.name] for row in scalars(Schema((field,)), column)]
    return tuple(zip(plain, shares, strict=True))


def _made(field: Field, values: pd.Series, owners: np.ndarray) -> tuple[list[Any], list[float]]:
    if field.kind is Kind.CATEGORY:
        counts = Counter(values)
        known = shared(zip(values, owners, strict=True))[:POINTS]
        return known, [float(counts[each]) for each in known]
    if field.kind is Kind.BOOLEAN:
        share = float(values.mean())
        return [0.0, 1.0], [1.0 - share, share]
    if field.kind in NUMERIC:
        made = _points(values.to_numpy("float64"), is_whole=field.kind is Kind.INTEGER)
    else:
        made = moments(values) if field.kind is Kind.TIMESTAMP else texts(values, owners)
    return made, [1.0] * len(made)


def _points(values: np.ndarray, *, is_whole: bool) -> list[Any]:
    low, high = np.quantile(values, INNER)
    points = np.quantile(values, np.linspace(*INNER, POINTS)).tolist()
    return [rounded(point, low, high, is_whole=is_whole) for point in points]
