"""Encoders of categories as tables: the fitted encoder is asked for every value that it knows."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from flyball.inference.compiled.columns import Key
from flyball.learning.compiling import reasons
from flyball.learning.compiling.columns import Columns, Looked, Number, Raw

LARGEST = 4_000_000
"""Numbers in the table of one field."""


def encoded(encoder: Any, columns: Sequence[Columns]) -> list[Columns]:
    """The columns of a one-hot or an ordinal encoder. Raises ``NotCompiled``."""
    widths = getattr(encoder, "_n_features_outs", None) or [1] * len(columns)
    made: list[Columns] = []
    start = 0
    for place, (column, width) in enumerate(zip(columns, widths, strict=True)):
        _check(encoder, column)
        if (len(encoder.categories_[place]) + 2) * width > LARGEST:
            raise reasons.of(encoder, f"the field {column.field!r} has too many categories")
        made += _looked(encoder, columns, place, slice(start, start + width))
        start += width
    return made


def replaced(imputer: Any, columns: Sequence[Columns]) -> list[Columns]:
    """Categories with what an imputer puts for missing ones. Raises ``NotCompiled``."""
    names = [column.field for column in columns]
    seen = imputer.missing_values
    if not (seen is None or (isinstance(seen, float) and np.isnan(seen))):
        raise reasons.of(imputer, "it fills other values than missing ones")
    if imputer.add_indicator:
        raise reasons.of(imputer, "it adds an indicator to categories")
    gone = [None if isinstance(column, Raw) and column.instead is None else "?" for column in columns]
    filled = _asked(imputer, names, [pd.Series([each], dtype=object) for each in gone])[0]
    if len(filled) != len(columns):
        raise reasons.of(imputer, "it leaves out columns")
    return [
        Raw(column.field, column.kind, column.instead if was is not None else _text(imputer, now))
        for column, was, now in zip(columns, gone, filled, strict=True)
        if isinstance(column, Raw)
    ]


def _text(imputer: Any, value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise reasons.of(imputer, "it fills categories with something that is no text")


def _check(encoder: Any, column: Columns) -> None:
    if isinstance(column, Looked):
        raise reasons.of(encoder, f"the field {column.field!r} is encoded twice")
    if isinstance(column, Number) and (column.steps or column.present is not None or column.part is not None):
        raise reasons.of(encoder, f"the field {column.field!r} is computed before it is encoded")
    if isinstance(column, Number) and column.words is not None:
        raise reasons.of(encoder, f"words of {column.field!r} are encoded")


def _looked(encoder: Any, columns: Sequence[Columns], place: int, own: slice) -> list[Columns]:
    """Every known value of one column, a missing one and one that is unknown, beside the same others."""
    column, known = columns[place], [_plain(value) for value in encoder.categories_[place]]
    refuses = encoder.handle_unknown == "error"
    keys: list[Key] = list(dict.fromkeys(known))
    if None not in keys and not (refuses and _stands(column) not in known):
        keys.append(None)
    asked = [_stands(column) if key is None else key for key in keys]
    if not refuses:
        asked.append(_unknown(known, is_number=isinstance(column, Number)))
    series = [
        _series(each, asked if other == place else [_plain(encoder.categories_[other][0])] * len(asked))
        for other, each in enumerate(columns)
    ]
    values = _asked(encoder, [each.field for each in columns], series)[:, own]
    if refuses:
        values = np.vstack([values, np.full(values.shape[1], np.nan)])
    return [
        Looked(
            field=column.field,
            keys=tuple(keys),
            values=values[:, number].astype(np.float64),
            numbers=isinstance(column, Number),
            refuses=refuses,
        )
        for number in range(values.shape[1])
    ]


def _plain(value: Any) -> Key:
    if value is None or isinstance(value, str):
        return None if value is None else str(value)
    number = float(value)
    return None if np.isnan(number) else number


def _stands(column: Columns) -> Key:
    """What the encoder gets where the row's value is missing; ``None`` where that stays missing."""
    if isinstance(column, Number):
        return None if np.isnan(column.missing) else column.missing
    return column.instead if isinstance(column, Raw) else None


def _unknown(known: Sequence[Key], *, is_number: bool) -> Key:
    taken = set(known)
    if is_number:
        return next(number for number in map(float, range(len(taken) + 1)) if number not in taken)
    return next(text for length in range(1, len(taken) + 2) if (text := "?" * length) not in taken)


def _series(column: Columns, values: Sequence[Key]) -> pd.Series:
    if isinstance(column, Number):
        return pd.Series([np.nan if value is None else value for value in values], dtype=np.float64)
    return pd.Series(list(values), dtype=object)


def _asked(transformer: Any, names: Sequence[str], series: Sequence[pd.Series]) -> np.ndarray:
    """What the library makes of these columns, in the form that it was fitted on."""
    frame = pd.concat(series, axis=1)
    fitted_on = getattr(transformer, "feature_names_in_", None)
    frame.columns = pd.Index(names if fitted_on is None else fitted_on)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # unknown categories are asked for on purpose
        made = transformer.transform(frame.to_numpy() if fitted_on is None else frame)
    return np.asarray(made.toarray() if hasattr(made, "toarray") else made)
