"""A pipeline is fitted: its preparing steps, then its estimator, told what rows weigh."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import has_fit_parameter

from flyball.domain.errors import ModelFailed
from flyball.learning.dataset import Dataset
from flyball.learning.monotonic import constrained
from flyball.learning.pipeline import is_prepared
from flyball.learning.weighing.rows import in_fits

WEIGHTS = "sample_weight"
"""What scikit-learn calls them."""


def fitted(pipeline: Any, rows: Dataset, monotonic: Mapping[str, int], *, is_balanced: bool = False) -> Any:
    """The pipeline fitted on the rows, as they weigh.

    Raises ``ModelFailed`` where rows weigh and its last estimator takes no weights: fitted without them it
    would learn something else than is declared.
    """
    weights = in_fits(rows, is_balanced=is_balanced)
    if weights is None and not monotonic:
        return pipeline.fit(rows.frame, rows.target)
    last, model = pipeline.steps[-1]
    if weights is not None and not has_fit_parameter(model, WEIGHTS):
        raise ModelFailed(f"{type(model).__name__} takes no weights of rows, and they are declared.")
    if not is_prepared(pipeline):  # of the user's own: its other steps stay as they are
        return pipeline.fit(rows.frame, rows.target, **{f"{last}__{WEIGHTS}": weights})
    preparing = pipeline[:-1]
    columns = preparing.fit_transform(rows.frame, rows.target)
    if weights is not None:
        _weigh(preparing[0], rows.frame, weights)
        columns = preparing.transform(rows.frame)
    if monotonic:
        constrained(model, preparing, monotonic)
    model.fit(columns, rows.target, **({} if weights is None else {WEIGHTS: weights}))
    return pipeline


def _weigh(step: Any, rows: Any, weights: np.ndarray) -> None:
    """What fitted steps have learned of numbers, once more with weights: what fills them, and their scale.

    The library hands weights on to steps of steps by routing alone, whose marks would stay in the artifact.
    """
    if isinstance(step, ColumnTransformer):
        for _, part, names in step.transformers_:
            _weigh(part, rows[names], weights)
    elif isinstance(step, Pipeline):
        for part in step.named_steps.values():
            _weigh(part, rows, weights)
            rows = part.transform(rows)
    elif isinstance(step, SimpleImputer):
        _fill(step, np.asarray(rows, dtype=np.float64), weights)
    elif isinstance(step, StandardScaler):
        step.fit(rows, sample_weight=weights)


def _fill(step: SimpleImputer, rows: np.ndarray, weights: np.ndarray) -> None:
    middle = _median if step.strategy == "median" else _most_frequent
    for place, column in enumerate(rows.T):
        known = ~np.isnan(column)
        if known.any():
            step.statistics_[place] = middle(column[known], weights[known])


def _median(values: np.ndarray, weights: np.ndarray) -> float:
    """Where half of the weight is below and half above; in the middle of two values where both are it."""
    low, high = (np.quantile(sign * values, 0.5, method="inverted_cdf", weights=weights) for sign in (1, -1))
    return float(low - high) / 2


def _most_frequent(values: np.ndarray, weights: np.ndarray) -> float:
    """The value of most weight; of several the least, as the library does."""
    each, place = np.unique(values, return_inverse=True)
    return float(each[np.bincount(place, weights).argmax()])
