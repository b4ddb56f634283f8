"""Choosing columns, and functions of each number: only what is listed by name is called."""

from __future__ import annotations

from flyball.inference.audit.kinds import FLAG, NONE, Maybe, Named, Number, OneOf, Plain, Text
from flyball.inference.audit.shapes import COLUMNS, Array
from flyball.inference.audit.things import Allowed, allowed

UNIVARIATE = "sklearn.feature_selection._univariate_selection"
TESTS = Named(*(f"{UNIVARIATE}.{name}" for name in ("f_classif", "f_regression", "chi2")))
"""Named with a selection; a fitted one calls none."""
ELEMENTWISE = Named(
    *(
        f"numpy.{name}"
        for name in ("log", "log1p", "log2", "log10", "exp", "expm1", "sqrt", "cbrt", "square")
    ),
    *(
        f"numpy.{name}"
        for name in ("absolute", "sign", "negative", "reciprocal", "sin", "cos", "tanh", "arctan")
    ),
    *(f"numpy.{name}" for name in ("floor", "ceil", "rint")),
)
"""Functions of one number, in C, that make one number."""
SCORES = {
    "n_features_in_": COLUMNS,
    "scores_": Array("f8", "columns"),
    "pvalues_": Maybe(Array("f8", "columns")),
}

ALLOWED: tuple[Allowed, ...] = (
    allowed(
        f"{UNIVARIATE}.SelectPercentile",
        "transformer",
        parameters={"score_func": TESTS, "percentile": Number(0, 100)},
        fitted=SCORES,
    ),
    allowed(
        f"{UNIVARIATE}.SelectKBest",
        "transformer",
        parameters={"score_func": TESTS, "k": Plain()},
        fitted=SCORES,
    ),
    allowed(
        "sklearn.feature_selection._variance_threshold.VarianceThreshold",
        "transformer",
        parameters={"threshold": Number()},
        fitted={"n_features_in_": COLUMNS, "variances_": Array("f8", "columns")},
    ),
    allowed(
        "sklearn.preprocessing._function_transformer.FunctionTransformer",
        "transformer",
        parameters={
            "func": Maybe(ELEMENTWISE),
            "inverse_func": Maybe(ELEMENTWISE),
            "validate": FLAG,
            "accept_sparse": FLAG,
            "check_inverse": FLAG,
            "feature_names_out": OneOf(None, "one-to-one"),
            "kw_args": NONE,
            "inv_kw_args": NONE,
        },
    ),
    allowed(
        "sklearn.compose._column_transformer.make_column_selector",
        "selector",
        parameters={"pattern": Maybe(Text()), "dtype_include": Plain(), "dtype_exclude": Plain()},
    ),
)
