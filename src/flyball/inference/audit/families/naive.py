"""Models that count: naive Bayes, and the ones that answer without looking."""

from __future__ import annotations

from flyball.inference.audit.kinds import Maybe, Number, OneOf, Plain, Unread, Whole, inert, joined
from flyball.inference.audit.shapes import COLUMNS, MOST_CLASSES, Array, labels
from flyball.inference.audit.things import Allowed, allowed

ALLOWED: tuple[Allowed, ...] = (
    allowed(
        "sklearn.naive_bayes.GaussianNB",
        "classifier",
        parameters=joined(inert("var_smoothing"), {"priors": Unread()}),
        fitted={
            "n_features_in_": COLUMNS,
            "classes_": labels(),
            "theta_": Array("f8", "classes", "columns"),
            "var_": Array("f8", "classes", "columns"),
            "class_prior_": Array("f8", "classes"),
        },
        left_out="epsilon_ class_count_",
    ),
    allowed(
        "sklearn.naive_bayes.BernoulliNB",
        "classifier",
        parameters=joined(
            inert("alpha fit_prior force_alpha"), {"class_prior": Unread(), "binarize": Maybe(Number())}
        ),
        fitted={
            "n_features_in_": COLUMNS,
            "classes_": labels(),
            "feature_log_prob_": Array("f8", "classes", "columns"),
            "class_log_prior_": Array("f8", "classes"),
        },
        left_out="class_count_ feature_count_",
    ),
    allowed(
        "sklearn.dummy.DummyClassifier",
        "classifier dummy",
        parameters=joined(inert("strategy random_state"), {"constant": Plain()}),
        fitted={
            "n_features_in_": COLUMNS,
            "_strategy": OneOf("most_frequent", "prior", "stratified", "uniform", "constant"),
            "n_outputs_": OneOf(1),
            "sparse_output_": OneOf(False),
            "classes_": labels(),
            "n_classes_": Whole("classes", 1, MOST_CLASSES),
            "class_prior_": Array("f8", "classes"),
        },
    ),
    allowed(
        "sklearn.dummy.DummyRegressor",
        "regressor dummy",
        parameters=joined(inert("strategy"), {"constant": Unread(), "quantile": Maybe(Number(0, 1))}),
        fitted={"n_features_in_": COLUMNS, "n_outputs_": OneOf(1), "constant_": Array("f8 i8", 1, 1)},
    ),
)
