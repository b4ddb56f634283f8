"""Scores of parts of the rows: of each category and each quarter of a field, and of each stretch of time."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from flyball.domain.errors import DataError
from flyball.domain.schema import Field, Kind
from flyball.domain.values import timestamp_text
from flyball.learning.diagnostics.held import Held
from flyball.learning.diagnostics.table import Table

GROUPS = 10
"""Of an interval: each is left out once, and scoring what is left is what takes the time."""
LEAST = 20
"""Rows of a slice: the score of fewer says nothing."""
MOST = 12
"""Slices that are kept, the worst."""
MOST_DECLARED = 50
MOST_FIELDS = 100
MOST_CATEGORIES = 20
"""Of one field, the most frequent ones."""
QUARTERS = 4
STRETCHES = 20
NO_TIME = "The rows have no time."
MISSING = "(missing)"
Places = npt.NDArray[np.intp]


def slices(held: Held, declared: Collection[str] = ()) -> Table:
    """The worst slices first, with their rows, scores and intervals; those without a score are left out.

    Of ``declared`` fields every slice is there, at most ``MOST_DECLARED`` in all; of others the worst.
    """
    judge, rows = held.judge(), held.labelled
    found = []
    fields = sorted(held.manifest.schema.fields, key=lambda field: field.name not in declared)
    for field in fields[:MOST_FIELDS]:
        for name, places in _parts(field, held.rows.frame[field.name]):
            score = judge.score(rows, held.answers, places) if len(places) >= LEAST else None
            if score is not None and len(places) < len(rows):
                found.append((score, field.name, name, places))
    ordered = sorted(found, key=lambda each: each[:3])
    own = [each for each in ordered if each[1] in declared][:MOST_DECLARED]
    others = [each for each in ordered if each[1] not in declared]
    worst = sorted([*own, *others[:MOST]], key=lambda each: each[:3])
    return Table.of(
        ("field", "slice", "rows", "score", "lower", "upper"),
        [
            (field, name, len(places), *judge.bounded(rows, held.answers, places, groups=GROUPS))
            for _, field, name, places in worst
        ],
    )


def over_time(held: Held) -> Table:
    """The score of each stretch of time of the held-out rows that has enough of them.

    There are fewer stretches than ``STRETCHES`` where there are few rows. Raises ``DataError`` without times.
    """
    times = held.rows.times
    if times is None or times.min() == times.max():
        raise DataError(NO_TIME)
    judge, rows = held.judge(), held.labelled
    many = max(1, min(STRETCHES, len(times) // (2 * LEAST)))
    edges = np.linspace(times.min().astype(np.int64), times.max().astype(np.int64), many + 1)
    stretch = np.minimum(np.searchsorted(edges, times.astype(np.int64), side="right"), many) - 1
    found = []
    for each in range(many):
        places = np.flatnonzero(stretch == each)
        if len(places) >= LEAST:
            scored = judge.bounded(rows, held.answers, places, groups=GROUPS)
            found.append((*(_moment(edge) for edge in edges[each : each + 2]), len(places), *scored))
    return Table.of(("from", "to", "rows", "score", "lower", "upper"), found)


def overall(held: Held) -> Table:
    """The score of all held-out rows, with its interval."""
    places = np.arange(len(held.rows))
    scored = held.judge().bounded(held.labelled, held.answers, places, groups=GROUPS)
    return Table.of(("metric", "rows", "score", "lower", "upper"), [(held.plan.metric, len(places), *scored)])


def _moment(microseconds: float) -> str:
    return timestamp_text(pd.Timestamp(int(microseconds), unit="us", tz="UTC").to_pydatetime())


def _parts(field: Field, values: pd.Series) -> Iterator[tuple[str, Places]]:
    """The slices of a field, each with the places of its rows; texts have none."""
    missing = values.isna().to_numpy()
    if missing.any():
        yield MISSING, np.flatnonzero(missing)
    if field.kind in {Kind.NUMBER, Kind.INTEGER, Kind.TIMESTAMP}:
        yield from _quarters(field, values, missing)
    elif field.kind in {Kind.CATEGORY, Kind.BOOLEAN}:
        for value, _ in values[~missing].value_counts().head(MOST_CATEGORIES).items():
            name = str(bool(value)).lower() if field.kind is Kind.BOOLEAN else str(value)
            yield name, np.flatnonzero(values == value)


def _quarters(
    field: Field, values: pd.Series, missing: npt.NDArray[np.bool_]
) -> Iterator[tuple[str, Places]]:
    is_time = field.kind is Kind.TIMESTAMP
    numbers = (values.dt.as_unit("us").astype("int64") if is_time else values).to_numpy()
    known = numbers[~missing]
    if not len(known):
        return
    edges = np.unique(np.quantile(known, np.linspace(0, 1, QUARTERS + 1), method="inverted_cdf"))
    write: Any = (lambda edge: _moment(edge)[:10]) if is_time else (lambda edge: f"{edge:g}")
    if len(edges) == 1:
        yield write(edges[0]), np.flatnonzero(~missing)
    for first, (low, high) in enumerate(pairwise(edges)):
        after = numbers >= low if first == 0 else numbers > low
        text = f"{write(low)} to {write(high)}" if first == 0 else f"over {write(low)} to {write(high)}"
        yield text, np.flatnonzero(~missing & after & (numbers <= high))
