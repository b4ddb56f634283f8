"""Linear models: arrays of coefficients, that NumPy multiplies."""

from __future__ import annotations

from collections.abc import Mapping

from flyball.inference.audit.kinds import FLAG, Either, Number, OneOf, Plain, Text, each, inert, joined
from flyball.inference.audit.shapes import COLUMNS, Array, Values, labels
from flyball.inference.audit.things import Allowed, State, allowed

SHRUNKEN = (
    "alpha l1_ratio fit_intercept precompute max_iter copy_X tol warm_start positive random_state selection"
)
RIDGE = "alpha fit_intercept copy_X max_iter tol solver positive random_state"
DESCENT = (
    "penalty learning_rate epsilon alpha l1_ratio fit_intercept shuffle random_state verbose eta0 power_t"
    " early_stopping validation_fraction n_iter_no_change warm_start average max_iter tol"
)
LINE = {
    "n_features_in_": COLUMNS,
    "coef_": Array("f8", "columns"),
    "intercept_": Either(Number(), Array("f8", 1)),
}
"""A regression of one outcome."""
PLANES = {
    "n_features_in_": COLUMNS,
    "classes_": labels(),
    "coef_": Array("f8", "planes", "columns"),
    "intercept_": Array("f8", "planes"),
}
"""A classification: one plane for two classes, or one a class."""


def _planes(state: State, sizes: Mapping[str, int]) -> bool:
    return sizes["planes"] == (1 if sizes["classes"] == 2 else sizes["classes"])


ALLOWED: tuple[Allowed, ...] = (
    allowed(
        "sklearn.linear_model._logistic.LogisticRegression",
        "classifier",
        parameters=inert(
            "penalty C l1_ratio dual tol fit_intercept intercept_scaling class_weight random_state solver"
            " max_iter verbose warm_start n_jobs"
        ),
        fitted=PLANES,
        holds=_planes,
        left_out="n_iter_",
    ),
    allowed(
        "sklearn.linear_model._stochastic_gradient.SGDClassifier",
        "classifier",
        parameters=joined(
            inert(f"{DESCENT} class_weight n_jobs"), {"loss": OneOf("log_loss", "modified_huber")}
        ),
        fitted=PLANES,
        holds=_planes,
        left_out="t_ n_iter_ _loss_function_ _expanded_class_weight",
    ),
    allowed(
        "sklearn.linear_model._stochastic_gradient.SGDRegressor",
        "regressor",
        parameters=joined(inert(DESCENT), each("loss", Text())),
        fitted=LINE,
        left_out="t_ n_iter_",
    ),
    allowed(
        "sklearn.linear_model._ridge.Ridge",
        "regressor",
        parameters=inert(RIDGE),
        fitted=LINE,
        left_out="n_iter_ solver_",
    ),
    allowed(
        "sklearn.linear_model._base.LinearRegression",
        "regressor",
        parameters=inert("fit_intercept copy_X tol n_jobs positive"),
        fitted=LINE,
        left_out="rank_ singular_",
    ),
    *(
        allowed(
            f"sklearn.linear_model._coordinate_descent.{name}",
            "regressor",
            parameters=inert(SHRUNKEN),
            fitted=LINE,
            left_out="n_iter_ dual_gap_",
        )
        for name in ("Lasso", "ElasticNet")
    ),
    allowed(
        "sklearn.discriminant_analysis.LinearDiscriminantAnalysis",
        "classifier",
        parameters=joined(
            inert("shrinkage n_components tol"),
            {"solver": OneOf("svd", "lsqr", "eigen"), "store_covariance": FLAG},
            each("priors covariance_estimator", OneOf(None)),
        ),
        fitted=PLANES,
        holds=_planes,
        optional={
            "priors_": Values("classes"),
            "xbar_": Array("f8", "columns"),
            "scalings_": Array("f8", "*", "*"),
            "_max_components": Plain(),
        },
        left_out="means_ covariance_ explained_variance_ratio_",
    ),
)
