"""From columns to the encoder that makes them: those of one field, made the same way, together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from flyball.inference.compiled import columns as data
from flyball.inference.compiled.arrays import packed
from flyball.learning.compiling.columns import Columns, Looked, Number
from flyball.learning.compiling.reasons import NotCompiled


def encoder(columns: Sequence[Columns]) -> data.Encoder:
    """The encoder of these columns, in their order. Raises ``NotCompiled`` for one that is no number."""
    groups: dict[type, dict[Any, list[tuple[int, Any]]]] = defaultdict(lambda: defaultdict(list))
    for place, column in enumerate(columns):
        made, key = _group(column)
        groups[made][key].append((place, column))
    return data.Encoder(
        width=len(columns),
        numbers=tuple(
            data.Numbers(field, tuple(_column(*each) for each in own))
            for field, own in groups[data.Numbers].items()
        ),
        moments=tuple(data.Moments(field, _placed(own)) for field, own in groups[data.Moments].items()),
        tables=tuple(_table(own) for own in groups[data.Table].values()),
        words=tuple(
            data.Words(field, words, packed(np.array(weights, dtype=np.float64)), _placed(own))
            for (field, (words, weights)), own in groups[data.Words].items()
        ),
    )


def _group(column: Columns) -> tuple[type, Any]:
    if isinstance(column, Looked):
        return data.Table, (column.field, column.keys, column.numbers, column.refuses)
    if not isinstance(column, Number):
        raise NotCompiled(f"The field {column.field!r} reaches the estimator without becoming a number.")
    if column.words is not None:
        return data.Words, (column.field, column.words)
    return (data.Numbers if column.part is None else data.Moments), column.field


def _column(place: int, column: Number) -> data.Column:
    return data.Column(place, column.missing, column.present, column.steps)


def _placed(own: Sequence[tuple[int, Number]]) -> tuple[tuple[int, data.Column], ...]:
    return tuple((column.part or 0, _column(place, column)) for place, column in own)


def _table(own: Sequence[tuple[int, Looked]]) -> data.Table:
    one = own[0][1]
    return data.Table(
        field=one.field,
        keys=one.keys,
        places=tuple(place for place, _ in own),
        values=packed(np.column_stack([column.values for _, column in own])),
        numbers=one.numbers,
        refuses=one.refuses,
    )
