"""Rows as the data frame a model takes: one path for training and for serving."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from flyball.domain.schema import NUMERIC, Field, Kind, Schema
from flyball.domain.values import Scalar, canonical, category_text

MOMENT = pd.DatetimeTZDtype("us", "UTC")


def frame(schema: Schema, rows: Sequence[Mapping[str, Scalar]]) -> pd.DataFrame:
    """Checked rows as a data frame in the schema's order; a field that a row lacks is missing."""
    columns = {
        name: pd.Series([row.get(name) for row in rows], dtype=object, index=range(len(rows)))
        for name in schema.names
    }
    return conform(schema, columns)


def conform(schema: Schema, columns: Mapping[str, pd.Series] | pd.DataFrame) -> pd.DataFrame:
    """The schema's columns, each in the one type that models see.

    Numbers, integers and booleans are float64 with NaN for missing; categories and texts are ``str``
    objects with ``None`` for missing (a category that is not text is spelled as JSON: ``true``, ``3``);
    timestamps are ``datetime64[us, UTC]`` with NaT. Raises ``KeyError`` where a column is not there.
    """
    converted = {field.name: _convert(field, columns[field.name]) for field in schema.fields}
    return pd.DataFrame(converted)


def _convert(field: Field, values: pd.Series) -> Any:
    if field.kind in NUMERIC:
        return values.to_numpy("float64", na_value=np.nan)
    if field.kind is Kind.TIMESTAMP:
        moments = values if values.dtype != object else pd.to_datetime(values, utc=True, format="ISO8601")
        return moments.astype(MOMENT).array
    spell = category_text if field.kind is Kind.CATEGORY else str
    missing = values.isna().to_numpy()
    texts = np.empty(len(values), dtype=object)
    texts[:] = [None if gone else spell(value) for value, gone in zip(values, missing, strict=True)]
    return pd.Series(texts, dtype=object)


def scalars(schema: Schema, rows: pd.DataFrame) -> list[dict[str, Scalar]]:
    """The way back: a conformed frame as the rows that give it again."""
    columns = [_plain(field, rows[field.name]) for field in schema.fields]
    return [dict(zip(schema.names, values, strict=True)) for values in zip(*columns, strict=True)]


def _plain(field: Field, values: pd.Series) -> list[Scalar]:
    spell = _spelling(field)
    # What is not equal to itself is NaN or NaT.
    return [None if value is None or value != value else spell(value) for value in values]


def _spelling(field: Field) -> Callable[[Any], Scalar]:
    """How one value that is there is spelled."""
    if field.kind is Kind.BOOLEAN:
        return bool
    if field.kind is Kind.INTEGER:
        return int
    if field.kind is Kind.CATEGORY:
        known = {category_text(each): each for each in reversed(field.categories)}  # of two, the first
        return lambda value: known.get(value, str(value))
    return lambda value: canonical(value.to_pydatetime() if isinstance(value, pd.Timestamp) else value)
