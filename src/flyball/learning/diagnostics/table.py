"""A table of a diagnosis, and how long curves become short ones that look the same."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from flyball.domain.values import canonical, storable

COLUMNS = 100
"""Into so many columns of equal width a curve is divided, in each of which it keeps its extremes."""
LONGEST = 120
"""Characters of a text in a table."""


@dataclass(frozen=True, slots=True)
class Table:
    """Named columns, and rows of what JSON can hold: ``None`` where there is no number."""

    columns: tuple[str, ...]
    rows: list[list[Any]]

    @classmethod
    def of(cls, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
        """The rows, with numbers of numpy's as Python's and without what is not finite."""
        return cls(tuple(columns), [[plain(value) for value in row] for row in rows])


def plain(value: Any) -> Any:
    """A value as JSON can hold it."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value + 0.0 if math.isfinite(value) else None
    if isinstance(value, str):
        return storable(value)[:LONGEST]
    return value if value is None or isinstance(value, bool | int) else canonical(value)


def kept(x: npt.NDArray[Any], *ys: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    """Places of a curve's points that are drawn like all of them, in their order.

    In each of ``COLUMNS`` columns along ``x`` the first point, the last one, and the lowest and the highest
    of each of ``ys`` (M4: Jugel et al. 2014, "M4: A Visualization-Oriented Time Series Data Aggregation").
    """
    if len(x) <= 2 * COLUMNS:
        return np.arange(len(x))
    low, high = float(x.min()), float(x.max())
    column = np.minimum(((x - low) / ((high - low) or 1.0) * COLUMNS).astype(int), COLUMNS - 1)
    chosen: set[int] = set()
    for each in np.unique(column):
        places = np.flatnonzero(column == each)
        chosen |= {int(places[0]), int(places[-1])}
        for y in ys:
            chosen |= {int(places[y[places].argmin()]), int(places[y[places].argmax()])}
    return np.array(sorted(chosen), dtype=np.intp)
