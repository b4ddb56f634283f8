"""What a metric's name means for a fitted pipeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import (
    calinski_harabasz_score,
    davies_bouldin_score,
    get_scorer,
    silhouette_score,
)

from flyball.domain.errors import DeclarationError
from flyball.domain.values import label_of
from flyball.learning.anomalies.masses import masses
from flyball.learning.dataset import Dataset
from flyball.learning.pipeline import preprocessing

Score = Callable[[Any, Dataset], float]
"""The score of a fitted pipeline on some rows: greater is better; NaN where it is not defined."""

SILHOUETTE_ROWS = 2_000
"""Rows that a cluster metric looks at, at most: the silhouette compares each with each."""

ONE_TO_ONE = ("roc_auc_ovo", "roc_auc_ovo_weighted")
"""Metrics of pairs of labels: of several labels, the library has them without weights alone."""

CLUSTER_METRICS: Mapping[str, Callable[[Any, Any], float]] = {
    "silhouette": silhouette_score,
    "calinski_harabasz": calinski_harabasz_score,
    "neg_davies_bouldin": lambda points, labels: -float(davies_bouldin_score(points, labels)),
}


def scorer(metric: str, dataset: Dataset, task: str, *, positive: Any = None, seed: int = 0) -> Score:
    """The score that a metric's name stands for.

    With two labels, scores count ``positive`` (the last in order where it is ``None``); with more,
    ``roc_auc`` means ``roc_auc_ovr``. Rows count by their weights, where they have some. Raises
    ``DeclarationError`` for an unknown metric or label, and for a metric that takes no weights where there
    are some.
    """
    if task == "clustering":
        return _clusters(metric, seed)
    if task == "anomaly_detection":
        return masses(metric, dataset, seed)
    if task == "classification":
        labels = np.unique(dataset.labels)
        if len(labels) == 2:
            return _binary(_known(metric, dataset), positive_of(labels, positive))
        return _several(metric, dataset, len(labels))
    chosen = _known(metric, dataset)
    return lambda model, rows: float(chosen(model, rows.frame, rows.target, **_weighed(rows)))


def _several(metric: str, dataset: Dataset, labels: int) -> Score:
    chosen = _known("roc_auc_ovr" if metric == "roc_auc" else metric, dataset)
    if dataset.weights is not None and metric in ONE_TO_ONE:
        raise DeclarationError(f"The metric {metric!r} takes no weights of rows; use another one.")

    def score(model: Any, rows: Dataset) -> float:
        if metric.startswith("roc_auc") and len(np.unique(rows.labels)) < labels:
            return float("nan")  # one label against the rest is not defined without that label
        return float(chosen(model, rows.frame, rows.target, **_weighed(rows)))

    return score


def _known(metric: str, dataset: Dataset) -> Any:
    try:
        found = get_scorer(metric)
    except ValueError:
        raise DeclarationError(f"There is no metric {metric!r}; use a scikit-learn scorer's name.") from None
    if dataset.weights is not None and "sample_weight" not in signature(found._score_func).parameters:
        raise DeclarationError(f"The metric {metric!r} takes no weights of rows; use another one.")
    return found


def _weighed(rows: Dataset) -> dict[str, np.ndarray]:
    return {} if rows.weights is None else {"sample_weight": rows.weights}


def positive_of(labels: np.ndarray, positive: Any) -> Any:
    """The label that is counted: the last one in order, where none is named. Raises ``DeclarationError``."""
    if positive is None:
        return labels[-1]
    meant = label_of(positive, labels.tolist())
    for label in labels:
        if label == meant:
            return label
    raise DeclarationError("No row has the positive class that the outcome names.")


def _binary(chosen: Any, positive: Any) -> Score:
    return lambda model, rows: float(
        chosen(
            _Positive(model, positive),
            rows.frame,
            (rows.target == positive).astype(int),
            **_weighed(rows),
        )
    )


class _Positive(ClassifierMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn is untyped
    """A fitted classifier whose positive class is called 1, as scikit-learn's scorers expect."""

    def __init__(self, model: Any, positive: Any) -> None:
        self.model = model
        self.positive = positive
        self.classes_ = np.array([0, 1])

    def predict(self, rows: Any) -> np.ndarray:
        """1 where the model says positive."""
        return np.asarray(self.model.predict(rows) == self.positive, dtype=int)

    def predict_proba(self, rows: Any) -> np.ndarray:
        """Probabilities of 0 and 1."""
        order = np.argsort(self.model.classes_ == self.positive, kind="stable")
        return np.asarray(self.model.predict_proba(rows))[:, order]


def _clusters(metric: str, seed: int) -> Score:
    """Clusters are judged in the space of the standard preprocessing, so that candidates compare."""
    if metric not in CLUSTER_METRICS:
        known = ", ".join(CLUSTER_METRICS)
        raise DeclarationError(f"There is no metric {metric!r} for clusters; use one of {known}.")

    def score(model: Any, rows: Dataset) -> float:
        drawn = np.random.default_rng(seed).permutation(len(rows))[:SILHOUETTE_ROWS]
        some = rows.take(np.sort(drawn))
        labels = model.predict(some.frame)
        if not 1 < len(np.unique(labels)) < len(labels):
            return float("nan")
        return float(CLUSTER_METRICS[metric](preprocessing(rows.schema).fit_transform(some.frame), labels))

    return score
