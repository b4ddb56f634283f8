"""Every family of estimators that is compiled, and tables to fit it on."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    IsolationForest,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, SGDClassifier, SGDRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from flyball.domain.declaration import UNSUPERVISED
from flyball.learning.catalog import BASELINE, CATALOG
from tests.learning.trees import with_few_trees

LEARNED, ROWS = 1_500, 6_000

OTHERS: Mapping[str, Mapping[str, Callable[[int], Any]]] = {
    "classification": {
        "tree": lambda seed: DecisionTreeClassifier(random_state=seed),
        "stages": lambda seed: GradientBoostingClassifier(n_estimators=20, subsample=0.5, random_state=seed),
        "exponential": lambda seed: GradientBoostingClassifier(
            n_estimators=20, loss="exponential", random_state=seed
        ),
        "descent": lambda seed: SGDClassifier(loss="log_loss", random_state=seed),
        "network": lambda seed: MLPClassifier((8, 5), max_iter=5, random_state=seed),
        "prior": lambda _: DummyClassifier(strategy="prior"),
    },
    "regression": {
        "tree": lambda seed: DecisionTreeRegressor(random_state=seed),
        "mean": lambda _: DummyRegressor(),
        "median": lambda _: DummyRegressor(strategy="median"),
        "least_squares": lambda _: LinearRegression(),
        "lasso": lambda _: Lasso(0.01),
        "elastic_net": lambda _: ElasticNet(0.01),
        "descent": lambda seed: SGDRegressor(random_state=seed),
        "network": lambda seed: MLPRegressor(
            hidden_layer_sizes=(8,), activation="tanh", max_iter=5, random_state=seed
        ),
        "deep": lambda seed: MLPRegressor(
            hidden_layer_sizes=(4, 4), activation="logistic", max_iter=5, random_state=seed
        ),
        "flat": lambda seed: MLPRegressor(
            hidden_layer_sizes=(4,), activation="identity", max_iter=5, random_state=seed
        ),
        "stages": lambda seed: GradientBoostingRegressor(n_estimators=20, random_state=seed),
        "from_zero": lambda seed: GradientBoostingRegressor(
            n_estimators=20, loss="huber", init="zero", random_state=seed
        ),
        "absolute": lambda seed: HistGradientBoostingRegressor(loss="absolute_error", random_state=seed),
        "poisson": lambda seed: HistGradientBoostingRegressor(loss="poisson", random_state=seed),
        "gamma": lambda seed: HistGradientBoostingRegressor(loss="gamma", random_state=seed),
        "quantile": lambda seed: HistGradientBoostingRegressor(
            loss="quantile", quantile=0.3, random_state=seed
        ),
    },
    "clustering": {},
    "anomaly_detection": {
        "few_columns": lambda seed: IsolationForest(
            n_estimators=20, max_samples=64, max_features=0.4, random_state=seed
        ),
        "one_row_each": lambda seed: IsolationForest(n_estimators=5, max_samples=1, random_state=seed),
    },
}

FAMILIES: Mapping[str, Mapping[str, Callable[[int], Any]]] = {
    task: {
        **{name: entry.make for name, entry in entries.items()},
        "baseline": BASELINE[task].make,
        **OTHERS[task],
    }
    for task, entries in CATALOG.items()
}
"""The whole catalogue, and others: what makes each by its task and name."""

ISOLATION = frozenset({"isolation_forest", "few_columns", "one_row_each"})
MISSING = (
    ISOLATION
    | {"forest", "extra_trees", "boosting", "lightgbm", "xgboost", "tree"}
    | {"absolute", "poisson", "gamma", "quantile"}
)
TREES = MISSING - {"one_row_each"} | {"stages", "exponential", "from_zero"}
EXACT = TREES - ISOLATION | {"baseline"}
TWO_CLASSES = frozenset({"exponential", "descent"})
"""What tells two classes and no more, or is compiled for no more."""

OUTCOMES = ("two", "three", "words", "values", "none")


def table(columns: int = 6, missing: float = 0.0) -> np.ndarray:
    """Rows of continuous numbers, whole numbers and zeros and ones; that share of them missing."""
    random = np.random.default_rng(7)
    rows = random.normal(size=(ROWS, columns))
    rows[:, 2:4] = np.round(rows[:, 2:4] * 3)
    rows[:, 4:] = rows[:, 4:] > 0
    rows[random.random(rows.shape) < missing] = np.nan
    return rows


def outcomes(kind: str, rows: np.ndarray) -> np.ndarray:
    """Noisy outcomes of those rows."""
    random = np.random.default_rng(8)
    score = np.nan_to_num(rows)[:, 0] + 0.5 * np.nan_to_num(rows).sum(axis=1) + random.normal(size=len(rows))
    if kind == "values":
        return np.exp(score / 4)
    third = np.digitize(score, np.quantile(score, [0.3, 0.6]))
    if kind == "words":
        return np.array(["low", "mid", "high"])[third]
    return third if kind == "three" else np.minimum(third, 1)


@cache
def fitted(task: str, name: str, kind: str, *, columns: int = 6, missing: float = 0.0) -> Any:
    """The estimator of that name, fitted once on the first rows of that table. No test changes it.

    All trees of the catalogue's defaults are compared in ``test_catalogue.py``.
    """
    rows, estimator = table(columns, missing), with_few_trees(FAMILIES[task][name](3))
    target = None if task in UNSUPERVISED else outcomes(kind, rows)[:LEARNED]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # networks are stopped early
        return estimator.fit(rows[:LEARNED], target)


def answers(task: str, estimator: Any, rows: np.ndarray) -> np.ndarray:
    """What the library answers: probabilities, values, clusters, scores."""
    if task == "anomaly_detection":
        return -estimator.score_samples(rows)
    return estimator.predict_proba(rows) if task == "classification" else estimator.predict(rows)
