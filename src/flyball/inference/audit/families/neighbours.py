"""Nearest neighbours: the rows alone are read; the tree over them is grown again from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from flyball.inference.audit.kinds import NONE, Kind, MapOf, Maybe, Number, OneOf, Whole, inert, joined
from flyball.inference.audit.shapes import COLUMNS, Array, labels
from flyball.inference.audit.things import Allowed, State, allowed

METRICS = OneOf("minkowski", "euclidean", "l2", "manhattan", "l1", "chebyshev")
SETTING: Mapping[str, Kind] = {
    "n_neighbors": Whole("", 1, 100_000),
    "weights": OneOf("uniform", "distance"),
    "algorithm": OneOf("auto", "kd_tree", "ball_tree", "brute"),
    "leaf_size": Whole("", 1, 100_000),
    "metric": METRICS,
    "p": Number(1, 100),
    "metric_params": NONE,
    "radius": NONE,
}
ROWS: Mapping[str, Kind] = {
    "n_features_in_": COLUMNS,
    "n_samples_fit_": Whole("rows", 1),
    "effective_metric_": METRICS,
    "effective_metric_params_": MapOf(Maybe(Number(1, 100))),
    "_fit_method": OneOf("kd_tree", "ball_tree", "brute"),
    "_fit_X": Array("f8", "rows", "columns"),
}


def _finite(state: State, sizes: Mapping[str, int]) -> bool:
    """C sorts rows by their numbers: one that is none would never find its place."""
    settings = state["effective_metric_params_"]
    is_plain = (
        settings.keys() <= {"p", "w"} and settings.get("w") is None and settings.get("p", 2) is not None
    )
    return is_plain and bool(np.isfinite(state["_fit_X"]).all())


def _grow(model: Any) -> None:
    from sklearn.neighbors import BallTree, KDTree

    kind = {"kd_tree": KDTree, "ball_tree": BallTree}.get(model._fit_method)
    model._tree = None
    if kind is not None:
        metric, settings = model.effective_metric_, model.effective_metric_params_
        model._tree = kind(model._fit_X, model.leaf_size, metric=metric, **settings)


ALLOWED: tuple[Allowed, ...] = (
    allowed(
        "sklearn.neighbors._classification.KNeighborsClassifier",
        "classifier",
        parameters=joined(SETTING, inert("n_jobs")),
        fitted={
            **ROWS,
            "classes_": labels(),
            "_y": Array("i8", "rows", low=0, below="classes"),
            "outputs_2d_": OneOf(False),
        },
        left_out="_tree",
        holds=_finite,
        finish=_grow,
    ),
    allowed(
        "sklearn.neighbors._regression.KNeighborsRegressor",
        "regressor",
        parameters=joined(SETTING, inert("n_jobs")),
        fitted={**ROWS, "_y": Array("f8 f4 i8", "rows")},
        left_out="_tree",
        holds=_finite,
        finish=_grow,
    ),
)
