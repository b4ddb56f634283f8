"""Estimators around estimators: calibration, thresholds, votes."""

from __future__ import annotations

from collections.abc import Mapping

from flyball.inference.audit.families.selecting import ELEMENTWISE
from flyball.inference.audit.kinds import (
    FLAG,
    Either,
    Kind,
    ListOf,
    Maybe,
    Number,
    OneOf,
    Pair,
    Plain,
    Text,
    Unread,
    Whole,
    inert,
    joined,
)
from flyball.inference.audit.shapes import labels
from flyball.inference.audit.things import Allowed, Estimator, Fitted, State, allowed

MOST = 1000
VOTERS = ListOf(Pair(Text(), Either(OneOf("drop"), Estimator())), most=MOST)
WEIGHTS = Maybe(ListOf(Number(), most=MOST))


def _some(state: State, sizes: Mapping[str, int]) -> bool:
    return sizes["voters"] > 0


def _parts(state: State, sizes: Mapping[str, int]) -> bool:
    return sizes["parts"] > 0


STACKED: Mapping[str, Kind] = {
    **inert("n_jobs verbose"),
    "estimators": VOTERS,
    "final_estimator": Maybe(Estimator()),
    "cv": Unread(),
    "passthrough": OneOf(False),
}
LEFT_BY_STACKING = "named_estimators_ _n_feature_outs"
"""Numbers of the names that are given to columns: no prediction reads them."""


ALLOWED: tuple[Allowed, ...] = (
    allowed(
        "sklearn.calibration.CalibratedClassifierCV",
        "classifier",
        parameters=joined(
            inert("n_jobs ensemble"),
            {"estimator": Maybe(Estimator()), "method": OneOf("sigmoid"), "cv": Unread()},
        ),
        fitted={
            "classes_": labels(),
            "calibrated_classifiers_": ListOf(Fitted("calibrated", "classes"), "voters", MOST),
        },
        holds=_some,
    ),
    allowed(
        "sklearn.calibration._CalibratedClassifier",
        "calibrated",
        fitted={
            "classes": labels(),
            "estimator": Fitted("classifier"),
            "calibrators": ListOf(Fitted("sigmoid")),
            "method": OneOf("sigmoid"),
        },
    ),
    allowed("sklearn.calibration._SigmoidCalibration", "sigmoid", fitted={"a_": Number(), "b_": Number()}),
    allowed(
        "sklearn.model_selection._classification_threshold.FixedThresholdClassifier",
        "classifier",
        parameters={
            "estimator": Estimator(),
            "response_method": OneOf("auto", "predict_proba", "decision_function"),
            "pos_label": Plain(),
            "threshold": Plain(),
        },
        fitted={"estimator_": Fitted("classifier")},
    ),
    allowed(
        "sklearn.ensemble._voting.VotingClassifier",
        "classifier",
        parameters=joined(
            inert("n_jobs verbose"),
            {"estimators": VOTERS, "voting": OneOf("soft"), "weights": WEIGHTS, "flatten_transform": FLAG},
        ),
        fitted={
            "classes_": labels(),
            "le_": Fitted("labels", "classes"),
            "estimators_": ListOf(Fitted("classifier"), "voters", MOST),
        },
        left_out="named_estimators_",
        holds=_some,
    ),
    allowed(
        "sklearn.ensemble._voting.VotingRegressor",
        "regressor",
        parameters=joined(inert("n_jobs verbose"), {"estimators": VOTERS, "weights": WEIGHTS}),
        fitted={"estimators_": ListOf(Fitted("regressor"), "voters", MOST)},
        left_out="named_estimators_",
        holds=_some,
    ),
    allowed(
        "sklearn.ensemble._stacking.StackingClassifier",
        "classifier",
        parameters=joined(STACKED, {"stack_method": OneOf("auto", "predict_proba")}),
        fitted={
            "classes_": labels(),
            "_label_encoder": Fitted("labels", "classes"),
            "estimators_": ListOf(Fitted("classifier"), "parts", MOST),
            "stack_method_": ListOf(OneOf("predict_proba"), "parts", MOST),
            "final_estimator_": Fitted("classifier"),
        },
        left_out=LEFT_BY_STACKING,
        holds=_parts,
    ),
    allowed(
        "sklearn.ensemble._stacking.StackingRegressor",
        "regressor",
        parameters=joined(STACKED, {"stack_method": OneOf("auto", "predict")}),
        fitted={
            "estimators_": ListOf(Fitted("regressor"), "parts", MOST),
            "stack_method_": ListOf(OneOf("predict"), "parts", MOST),
            "final_estimator_": Fitted("regressor"),
        },
        left_out=LEFT_BY_STACKING,
        holds=_parts,
    ),
    allowed(
        "sklearn.compose._target.TransformedTargetRegressor",
        "regressor",
        parameters={
            "regressor": Maybe(Estimator()),
            "transformer": Maybe(Estimator()),
            "func": Maybe(ELEMENTWISE),
            "inverse_func": Maybe(ELEMENTWISE),
            "check_inverse": FLAG,
        },
        fitted={
            "_training_dim": Whole("", 1, 2),
            "transformer_": Fitted("transformer"),
            "regressor_": Fitted("regressor"),
        },
    ),
)
