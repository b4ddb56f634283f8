"""Adding up: documents of sums and of counts, exact, so that neither order nor merging changes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from flyball.control.abtests.models import ABTest, Sums
from flyball.domain.abtests import sums
from flyball.domain.abtests.histograms import Bins, latency_bins, score_bins
from flyball.domain.abtests.metrics import Shape

SCORES = score_bins()
LATENCIES = latency_bins()
Pair = tuple[float, float]
"""What a unit adds: a value and 0, a denominator, or a covariate; of ``auc`` the score and 1 for the
positive class; of ``latency`` seconds and 0."""


def summed(shape: Shape, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Some units of one stratum and arm, as a document. Raises ``ValueError`` where one is not finite."""
    values = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    if shape == "latency":
        return {"counts": [_counted(LATENCIES, values[:, 0])]}
    if shape == "auc":
        positive = values[:, 1] > 0
        return {"counts": [_counted(SCORES, values[kind, 0]) for kind in (~positive, positive)]}
    return {"sums": sums.of_rows(values[:, 0], values[:, 1]).document()}


def of_day(metric: str, day: int) -> str:
    """What a metric is called of one day since the first prediction."""
    return f"{metric}/{day}"


def add(test: ABTest, metric: str, stratum: int, arm: str, more: Mapping[str, Any]) -> None:
    """Add a document to that of a metric, in the transaction that holds the test."""
    own = Sums.objects.filter(test=test, metric=metric, stratum=stratum, arm=arm)
    kept = own.first()
    if kept is None:
        Sums.objects.create(test=test, metric=metric, stratum=stratum, arm=arm, document=dict(more))
    else:
        own.update(document=merged(kept.document, more))


def merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Both together."""
    return {name: _merged(name, one.get(name), other.get(name)) for name in {**one, **other}}


def counts(document: Mapping[str, Any], rows: int, bins: int) -> np.ndarray:
    """The counts of a document, as (rows, bins) of float64; zeros where nothing was counted."""
    return np.array(document.get("counts") or np.zeros((rows, bins)), dtype=np.float64)


def _merged(name: str, one: Any, other: Any) -> Any:
    if one is None or other is None:
        return other if one is None else one
    if name == "sums":
        return (sums.of_document(one) + sums.of_document(other)).document()
    if name == "counts":
        return (np.array(one, dtype=np.int64) + np.array(other, dtype=np.int64)).tolist()
    return one + other


def _counted(bins: Bins, values: np.ndarray) -> list[int]:
    return [int(count) for count in bins.counted(values)]
