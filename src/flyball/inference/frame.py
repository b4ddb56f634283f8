"""Rows as the data frame a model takes: one path for training and for serving."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    columns = [[_plain(field, value) for value in rows[field.name]] for field in schema.fields]
    return [dict(zip(schema.names, values, strict=True)) for values in zip(*columns, strict=True)]


def _plain(field: Field, value: Any) -> Scalar:
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return None
    if field.kind is Kind.BOOLEAN:
        return bool(value)
    if field.kind is Kind.INTEGER:
        return int(value)
    if field.kind is Kind.CATEGORY:
        return next((known for known in field.categories if category_text(known) == value), str(value))
    return canonical(value.to_pydatetime() if isinstance(value, pd.Timestamp) else value)
