"""The catalogue: what each task can be learned with, by name, and where to search."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import BisectingKMeans, KMeans, MiniBatchKMeans
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.mixture import GaussianMixture
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.svm import SVC, SVR

from flyball.inference.boosted.estimators import (
    Boosted,
    LightGBMClassifier,
    LightGBMRegressor,
    XGBoostClassifier,
    XGBoostRegressor,
)
from flyball.learning.pipeline import ENCODINGS

Space = Mapping[str, BaseDistribution]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One algorithm of the catalogue.

    ``make`` gives the estimator for a seed, with the library's own defaults, which are tried first; ``space``
    maps its parameters to where they are searched; ``start`` names the ones tried next, where others are
    known to be good. ``encodings`` are the category encodings worth trying; ``takes_missing`` says that it
    learns from missing numbers itself; ``rows`` is the most it is fitted on; ``is_constrained`` says that its
    answers can be kept from falling, or rising, along a number; ``library`` is the module of an extra that
    fits it.
    """

    make: Callable[[int], Any]
    space: Space = field(default_factory=dict)
    start: Mapping[str, Any] = field(default_factory=dict)
    encodings: tuple[str, ...] = ("one-hot",)
    takes_missing: bool = False
    rows: int | None = None
    is_constrained: bool = False
    library: str = ""


def log(low: float, high: float) -> FloatDistribution:
    """A positive number, searched by its logarithm."""
    return FloatDistribution(low, high, log=True)


def count(low: int, high: int) -> IntDistribution:
    """A whole number, searched by its logarithm."""
    return IntDistribution(low, high, log=True)


TREES = 100
"""Trees in a forest: one row through more takes longer than its gain is worth."""
FOREST: Space = {"min_samples_leaf": count(1, 20), "max_features": FloatDistribution(0.1, 0.8)}
FOREST_START = {"min_samples_leaf": 3, "max_features": 0.3}
BOOSTING: Space = {
    "learning_rate": log(0.03, 0.3),
    "max_leaf_nodes": count(8, 64),
    "min_samples_leaf": count(5, 100),
    "l2_regularization": log(1e-6, 10.0),
}
LIGHTGBM: Space = {
    "learning_rate": log(0.03, 0.3),
    "num_leaves": count(8, 64),
    "min_child_samples": count(5, 100),
    "reg_lambda": log(1e-6, 10.0),
}
XGBOOST: Space = {
    "learning_rate": log(0.03, 0.3),
    "max_depth": IntDistribution(3, 8),
    "min_child_weight": log(1.0, 50.0),
    "reg_lambda": log(1e-3, 10.0),
}
XGBOOST_START = {"learning_rate": 0.1, "max_depth": 5, "min_child_weight": 1.0, "reg_lambda": 1.0}
# No weights by distance: a row that was learned is at distance 0 but for rounding, which differs between a
# row alone and in company, and so would its answer. For the same reason a tree and not brute force, which
# scikit-learn takes on its own beyond 15 columns: that computes the distances of a whole batch at once.
NEIGHBOURS: Space = {"n_neighbors": count(3, 100)}
NEIGHBOURS_START = {"n_neighbors": 20}
CLUSTERS: Space = {"n_clusters": IntDistribution(2, 12)}


def _svc(seed: int) -> CalibratedClassifierCV:
    return CalibratedClassifierCV(SVC(random_state=seed), ensemble=False, cv=3)


def _of_library(
    library: str, kind: type[Boosted], space: Space, start: Mapping[str, Any] | None = None
) -> Entry:
    return Entry(
        make=lambda seed: kind(random_state=seed),
        space=space,
        start=start or {},
        encodings=ENCODINGS,
        is_constrained=True,
        takes_missing=True,
        library=library,
    )


CATALOG: Mapping[str, Mapping[str, Entry]] = {
    "classification": {
        "linear": Entry(
            make=lambda seed: LogisticRegression(max_iter=1000, random_state=seed),
            space={"C": log(1e-3, 1e2)},
        ),
        "forest": Entry(
            make=lambda seed: RandomForestClassifier(TREES, random_state=seed),
            space=FOREST,
            start=FOREST_START,
            encodings=ENCODINGS,
            is_constrained=True,
        ),
        "extra_trees": Entry(
            make=lambda seed: ExtraTreesClassifier(TREES, random_state=seed),
            space=FOREST,
            start=FOREST_START,
            encodings=ENCODINGS,
            is_constrained=True,
        ),
        "boosting": Entry(
            make=lambda seed: HistGradientBoostingClassifier(random_state=seed),
            space=BOOSTING,
            encodings=ENCODINGS,
            is_constrained=True,
            takes_missing=True,
        ),
        "lightgbm": _of_library("lightgbm", LightGBMClassifier, LIGHTGBM),
        "xgboost": _of_library("xgboost", XGBoostClassifier, XGBOOST, XGBOOST_START),
        "svm": Entry(
            make=_svc,
            space={"estimator__C": log(1e-2, 3e1), "estimator__gamma": log(1e-4, 1.0)},
            start={"estimator__C": 1.0, "estimator__gamma": 0.01},
            rows=6_000,
        ),
        "nearest_neighbours": Entry(
            make=lambda _: KNeighborsClassifier(algorithm="kd_tree"),
            space=NEIGHBOURS,
            start=NEIGHBOURS_START,
            rows=50_000,
        ),
        "naive_bayes": Entry(
            make=lambda _: GaussianNB(),
            space={"var_smoothing": log(1e-9, 1.0)},
        ),
    },
    "regression": {
        "linear": Entry(make=lambda seed: Ridge(random_state=seed), space={"alpha": log(1e-3, 1e3)}),
        "forest": Entry(
            make=lambda seed: RandomForestRegressor(TREES, random_state=seed),
            space=FOREST,
            start=FOREST_START,
            encodings=ENCODINGS,
            is_constrained=True,
        ),
        "extra_trees": Entry(
            make=lambda seed: ExtraTreesRegressor(TREES, random_state=seed),
            space=FOREST,
            start=FOREST_START,
            encodings=ENCODINGS,
            is_constrained=True,
        ),
        "boosting": Entry(
            make=lambda seed: HistGradientBoostingRegressor(random_state=seed),
            space=BOOSTING,
            encodings=ENCODINGS,
            is_constrained=True,
            takes_missing=True,
        ),
        "lightgbm": _of_library("lightgbm", LightGBMRegressor, LIGHTGBM),
        "xgboost": _of_library("xgboost", XGBoostRegressor, XGBOOST, XGBOOST_START),
        "svm": Entry(
            make=lambda _: SVR(),
            space={"C": log(1e-2, 1e3), "epsilon": log(1e-3, 1.0)},
            rows=6_000,
        ),
        "nearest_neighbours": Entry(
            make=lambda _: KNeighborsRegressor(algorithm="kd_tree"),
            space=NEIGHBOURS,
            start=NEIGHBOURS_START,
            rows=50_000,
        ),
    },
    "clustering": {
        "kmeans": Entry(
            make=lambda seed: KMeans(n_init=5, random_state=seed), space=CLUSTERS, start={"n_clusters": 3}
        ),
        "minibatch_kmeans": Entry(
            make=lambda seed: MiniBatchKMeans(n_init=5, random_state=seed),
            space=CLUSTERS,
            start={"n_clusters": 3},
        ),
        "bisecting_kmeans": Entry(
            make=lambda seed: BisectingKMeans(random_state=seed), space=CLUSTERS, start={"n_clusters": 3}
        ),
        "gaussian_mixture": Entry(
            make=lambda seed: GaussianMixture(reg_covar=1e-3, random_state=seed),
            space={
                "n_components": IntDistribution(2, 12),
                "covariance_type": CategoricalDistribution(("full", "diag")),
            },
            start={"n_components": 3, "covariance_type": "full"},
            rows=50_000,
        ),
    },
    "anomaly_detection": {
        "isolation_forest": Entry(
            make=lambda seed: IsolationForest(n_estimators=TREES, random_state=seed),
            # Not more rows a tree: among all of them anomalies that are alike look like one more cluster.
            space={
                "n_estimators": count(TREES, 200),
                "max_samples": count(32, 256),
                "max_features": FloatDistribution(0.3, 1.0),
            },
            encodings=ENCODINGS,
        ),
    },
}
"""Named algorithms of each task. Every one is fitted by one thread, so that results repeat."""

ENSEMBLES: Mapping[str, tuple[str, ...]] = {
    "classification": ("blend", "stacking"),
    "regression": ("blend", "stacking"),
    "clustering": (),
    "anomaly_detection": (),
}
"""Candidates of each task that are made of the others."""

BASELINE: Mapping[str, Entry] = {
    "classification": Entry(make=lambda _: DummyClassifier(strategy="prior")),
    "regression": Entry(make=lambda _: DummyRegressor(strategy="mean")),
    "clustering": Entry(make=lambda seed: KMeans(2, init="random", n_init=1, max_iter=1, random_state=seed)),
    "anomaly_detection": Entry(make=lambda seed: IsolationForest(n_estimators=1, random_state=seed)),
}
"""What every candidate must beat: the most frequent label, the mean, two centres or one tree at random."""
