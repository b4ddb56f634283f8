"""What judges anomaly scores without outcomes: how little room the rows' usual values take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from flyball.domain.errors import DeclarationError
from flyball.domain.schema import Field, Kind
from flyball.learning.anomalies.scores import Numbers, scores
from flyball.learning.dataset import Dataset

ROWS = 5_000
"""Rows that are looked at, at most."""
REDRAWN = 3
"""Fields of a row that are drawn anew, at most: in many dimensions at once no drawn row is near any other."""
TAIL = 0.05
"""The share of the numbers on each side that does not count for a field's span."""
MASS = 0.9
"""The share of the rows whose volume counts: among the others may be the anomalies that are looked for."""


def masses(metric: str, dataset: Dataset, seed: int) -> Callable[[Any, Dataset], float]:
    """The score of a detector on some rows: greater is better, 1/2 where it tells no row from another.

    Rows are set beside drawn ones, in which up to ``REDRAWN`` fields take any value of the field's span in
    the dataset, each as likely. The fewer drawn rows are as usual as the rows themselves, the better. Raises
    ``DeclarationError`` for an unknown metric.
    """
    if metric not in ANOMALY_METRICS:
        known = ", ".join(ANOMALY_METRICS)
        raise DeclarationError(f"There is no metric {metric!r} for anomalies; use one of {known}.")

    def score(model: Any, rows: Dataset) -> float:
        draws = np.random.default_rng(seed)
        some = rows.take(np.sort(draws.permutation(len(rows))[:ROWS]))
        own = scores(model, some.frame)
        return ANOMALY_METRICS[metric](own, scores(model, drawn(some, dataset, draws)))

    return score


def mass_volume(own: Numbers, drawn_: Numbers) -> float:
    """1 - the area under the mass-volume curve, the volume being the share of drawn rows.

    The curve tells for each share of the rows, up to ``MASS``, which volume the most usual ones take
    (Clémençon and Jakubowicz 2013, "Scoring anomalies: a mass volume curve approach"; Goix 2016, "How to
    evaluate the quality of unsupervised anomaly detection algorithms?").
    """
    ordered = np.sort(drawn_)
    # Ties count by half: a detector that calls everything alike gains nothing by it.
    usual = np.sort(own)[: max(1, round(MASS * len(own)))]
    volume = (np.searchsorted(ordered, usual, "left") + np.searchsorted(ordered, usual, "right")) / 2
    return 1.0 - float(volume.mean()) / len(ordered)


ANOMALY_METRICS: Mapping[str, Callable[[Numbers, Numbers], float]] = {
    "mass_volume": mass_volume,
}


def drawn(rows: Dataset, dataset: Dataset, draws: np.random.Generator) -> pd.DataFrame:
    """The frame of ``rows``, up to ``REDRAWN`` fields of each drawn from their span in ``dataset``."""
    fields = dataset.schema.fields
    order = draws.random((len(rows), len(fields))).argsort(axis=1)
    is_redrawn = order < REDRAWN
    columns = {
        field.name: _column(
            field, rows.frame[field.name], dataset.frame[field.name], is_redrawn[:, at], draws
        )
        for at, field in enumerate(fields)
    }
    return pd.DataFrame(columns)


def _column(
    field: Field, kept: pd.Series, every: pd.Series, is_redrawn: npt.NDArray[np.bool_], draws: Any
) -> pd.Series:
    present = every.dropna()
    if not len(present):
        return kept
    found = kept.copy()
    found[is_redrawn] = _values(field, present, int(is_redrawn.sum()), draws)
    return found


def _span(numbers: Numbers) -> tuple[float, float]:
    """Where most of the numbers lie, and a quarter more on each side: a few far ones would stretch it."""
    low, high = np.quantile(numbers, (TAIL, 1.0 - TAIL))
    if not high > low:
        return float(numbers.min()), float(numbers.max())
    return float(low - (high - low) / 4), float(high + (high - low) / 4)


def _values(field: Field, present: pd.Series, count: int, draws: np.random.Generator) -> Any:
    """As many values of a field: of numbers and moments any of a span, else each known one, as likely."""
    if field.kind in (Kind.NUMBER, Kind.INTEGER):
        low, high = _span(present.to_numpy(float))
        found = low + (high - low) * draws.random(count)
        return np.round(found) if field.kind is Kind.INTEGER else found
    if field.kind is Kind.TIMESTAMP:
        span = present.max() - present.min()
        return pd.Series(present.min() + span * draws.random(count)).astype(present.dtype).to_numpy()
    known = pd.unique(present)
    return known[draws.integers(len(known), size=count)]
