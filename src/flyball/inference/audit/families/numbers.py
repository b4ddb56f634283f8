"""Preparing numbers: what is missing, scales, combinations."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from flyball.inference.audit.kinds import (
    FLAG,
    MOST_COLUMNS,
    Maybe,
    Number,
    OneOf,
    Pair,
    Plain,
    Type,
    Whole,
    each,
    inert,
    joined,
)
from flyball.inference.audit.shapes import COLUMNS, Array, Values
from flyball.inference.audit.things import Allowed, Fitted, State, allowed

A_COLUMN = Array("f8", "columns")
DATA = "sklearn.preprocessing._data"


def _combinations(state: State, sizes: Mapping[str, int]) -> bool:
    """No more columns than a frame may have."""
    return math.comb(sizes["columns"] + state["_max_degree"], state["_max_degree"]) <= MOST_COLUMNS


def _count(model: Any) -> None:
    """Count again: with room for more columns than are made, the rest would be what memory held before."""
    kinds = {"interaction_only": model.interaction_only, "include_bias": model.include_bias}
    most = {"n_features": model.n_features_in_, "max_degree": model._max_degree, **kinds}
    model.n_output_features_ = model._num_combinations(min_degree=model._min_degree, **most)
    model._n_out_full = model._num_combinations(min_degree=0, **most)


ALLOWED: tuple[Allowed, ...] = (
    allowed(
        "sklearn.impute._base.SimpleImputer",
        "transformer",
        parameters=joined(
            each("add_indicator keep_empty_features copy", FLAG),
            each("missing_values fill_value", Plain()),
            {"strategy": OneOf("mean", "median", "most_frequent", "constant")},
        ),
        fitted={
            "n_features_in_": COLUMNS,
            "statistics_": Values("columns"),
            "indicator_": Maybe(Fitted("indicator", "columns")),
        },
        optional={"_fit_dtype": Type(), "_fill_dtype": Type()},
    ),
    allowed(
        "sklearn.impute._base.MissingIndicator",
        "transformer indicator",
        parameters=joined(
            inert("missing_values"),
            {
                "features": OneOf("missing-only", "all"),
                "sparse": OneOf("auto", True, False),
                "error_on_new": FLAG,
            },
        ),
        fitted={
            "n_features_in_": COLUMNS,
            "_n_features": Whole("columns"),
            "features_": Array("i8", "*", low=0, below="columns"),
            "_precomputed": FLAG,
        },
    ),
    allowed(
        f"{DATA}.StandardScaler",
        "transformer",
        parameters=each("with_mean with_std copy", FLAG),
        fitted={"n_features_in_": COLUMNS, **each("mean_ scale_", Maybe(A_COLUMN))},
        left_out="var_ n_samples_seen_",
    ),
    allowed(
        f"{DATA}.MinMaxScaler",
        "transformer",
        parameters=joined({"feature_range": Pair(Number(), Number())}, each("copy clip", FLAG)),
        fitted={"n_features_in_": COLUMNS, **each("scale_ min_", A_COLUMN)},
        left_out="n_samples_seen_ data_min_ data_max_ data_range_",
    ),
    allowed(
        f"{DATA}.MaxAbsScaler",
        "transformer",
        parameters=each("copy clip", FLAG),
        fitted={"n_features_in_": COLUMNS, "scale_": A_COLUMN},
        left_out="n_samples_seen_ max_abs_",
    ),
    allowed(
        f"{DATA}.RobustScaler",
        "transformer",
        parameters=joined(
            inert("quantile_range"), each("with_centering with_scaling unit_variance copy", FLAG)
        ),
        fitted={"n_features_in_": COLUMNS, **each("center_ scale_", Maybe(A_COLUMN))},
    ),
    allowed(
        f"{DATA}.PowerTransformer",
        "transformer",
        parameters=joined({"method": OneOf("yeo-johnson", "box-cox")}, each("standardize copy", FLAG)),
        fitted={"n_features_in_": COLUMNS, "lambdas_": A_COLUMN},
        optional={"_scaler": Fitted("transformer", "columns")},
    ),
    allowed(
        f"{DATA}.QuantileTransformer",
        "transformer",
        parameters=joined(
            inert("n_quantiles subsample random_state"),
            {"output_distribution": OneOf("uniform", "normal"), "ignore_implicit_zeros": FLAG, "copy": FLAG},
        ),
        fitted={
            "n_features_in_": COLUMNS,
            "n_quantiles_": Whole("quantiles", 1),
            "references_": Array("f8", "quantiles"),
            "quantiles_": Array("f8", "quantiles", "columns"),
        },
    ),
    allowed(
        f"{DATA}.Normalizer",
        "transformer",
        parameters={"norm": OneOf("l1", "l2", "max"), "copy": FLAG},
        fitted={"n_features_in_": COLUMNS},
    ),
    allowed(
        "sklearn.preprocessing._polynomial.PolynomialFeatures",
        "transformer",
        parameters=joined(
            inert("degree"), {"order": OneOf("C", "F")}, each("interaction_only include_bias", FLAG)
        ),
        fitted={
            "n_features_in_": COLUMNS,
            "_min_degree": Whole("", 0, 10),
            "_max_degree": Whole("", 0, 10),
        },
        left_out="n_output_features_ _n_out_full",
        holds=_combinations,
        finish=_count,
    ),
    allowed(
        "sklearn.decomposition._pca.PCA",
        "transformer",
        parameters=joined(
            inert("n_components copy svd_solver tol iterated_power n_oversamples power_iteration_normalizer"),
            inert("random_state"),
            {"whiten": FLAG},
        ),
        fitted={
            "n_features_in_": COLUMNS,
            "mean_": A_COLUMN,
            "components_": Array("f8", "parts", "columns"),
            "explained_variance_": Array("f8", "parts"),
            "n_components_": Whole("parts", 1, MOST_COLUMNS),
        },
        left_out="noise_variance_ n_samples_ explained_variance_ratio_ singular_values_ _fit_svd_solver",
    ),
    allowed(
        "sklearn.decomposition._truncated_svd.TruncatedSVD",
        "transformer",
        parameters=inert(
            "algorithm n_components n_iter n_oversamples power_iteration_normalizer random_state tol"
        ),
        fitted={"n_features_in_": COLUMNS, "components_": Array("f8", "parts", "columns")},
        left_out="explained_variance_ explained_variance_ratio_ singular_values_",
    ),
)
