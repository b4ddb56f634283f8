"""Histogram boosting: trees as plain records, whose links and columns C follows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from flyball.inference.audit.arrays import BOOSTED_NODE
from flyball.inference.audit.families.trees import MOST_TREES, downward
from flyball.inference.audit.kinds import (
    NONE,
    Kind,
    ListOf,
    Maybe,
    Number,
    OneOf,
    Plain,
    Reset,
    Unread,
    Whole,
    each,
    inert,
    joined,
)
from flyball.inference.audit.shapes import COLUMNS, MOST_CLASSES, Array, labels
from flyball.inference.audit.things import Allowed, Fitted, State, allowed

FITTING = (
    "learning_rate max_iter max_leaf_nodes max_depth min_samples_leaf l2_regularization max_features max_bins"
    " warm_start early_stopping validation_fraction n_iter_no_change tol verbose random_state"
)
NOT_READ = (
    "_label_encoder _random_seed _feature_subsample_rng _loss do_early_stopping_ _use_validation_data _scorer"
    " train_score_ validation_score_"
)


def _boosted(state: State, sizes: Mapping[str, int]) -> bool:
    classes = sizes.get("classes", 2)
    if sizes["trees"] != (1 if classes <= 2 else classes):
        return False
    trees = [tree for stage in state["_predictors"] for tree in stage]
    return all(_tree(tree.state["nodes"], sizes["columns"]) for tree in trees)


def _tree(nodes: np.ndarray, columns: int) -> bool:
    place = np.flatnonzero(nodes["is_leaf"] == 0)
    inner = nodes[place]
    feature = inner["feature_idx"]
    return (
        len(nodes) > 0
        and bool(((feature >= 0) & (feature < columns)).all())
        # Splits by sets of categories follow links of their own; nothing here makes them.
        and not nodes["is_categorical"].any()
        and all(downward(place, inner[child].astype(np.int64), len(nodes)) for child in ("left", "right"))
    )


def _with_loss(model: Any) -> None:
    model._loss = model._get_loss(None)


def _without_bins(mapper: Any) -> None:
    mapper.bin_thresholds_ = []  # read where a column is split by categories, and none is


def _model(name: str, kind: str, parameters: Mapping[str, Kind], owner: Mapping[str, Kind]) -> Allowed:
    return allowed(
        f"sklearn.ensemble._hist_gradient_boosting.gradient_boosting.{name}",
        kind,
        parameters=joined(
            inert(FITTING),
            each("monotonic_cst interaction_cst scoring", Unread()),
            {"categorical_features": OneOf(None, "from_dtype")},
            parameters,
        ),
        fitted={
            "n_features_in_": COLUMNS,
            "_n_features": Whole("columns"),
            **owner,
            "n_trees_per_iteration_": Whole("trees", 1, MOST_CLASSES),
            "_baseline_prediction": Array("f8", 1, "trees"),
            "_bin_mapper": Fitted("bins", "columns"),
            "_predictors": ListOf(ListOf(Fitted("boosted_tree"), "trees"), most=MOST_TREES),
        },
        optional=each("is_categorical_ _preprocessor _is_categorical_remapped", NONE),
        left_out=NOT_READ,
        holds=_boosted,
        finish=_with_loss,
    )


ALLOWED: tuple[Allowed, ...] = (
    _model(
        "HistGradientBoostingClassifier",
        "classifier",
        {"loss": OneOf("log_loss"), "class_weight": Plain()},
        {"classes_": labels()},
    ),
    _model(
        "HistGradientBoostingRegressor",
        "regressor",
        {
            "loss": OneOf("squared_error", "absolute_error", "gamma", "poisson", "quantile"),
            "quantile": Maybe(Number(0, 1)),
        },
        {},
    ),
    allowed(
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "boosted_tree",
        fitted={
            "nodes": Array(BOOSTED_NODE, "nodes"),
            "binned_left_cat_bitsets": Array("u4", 0, 8),
            "raw_left_cat_bitsets": Array("u4", 0, 8),
        },
    ),
    allowed(
        "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
        "bins",
        parameters=joined(
            inert("n_bins subsample random_state"),
            each("is_categorical known_categories", NONE),
            {"n_threads": Reset(1)},
        ),
        fitted={"is_categorical_": Array("u1", "columns", below=1), "missing_values_bin_idx_": Whole()},
        left_out="bin_thresholds_ n_bins_non_missing_",
        finish=_without_bins,
    ),
)
