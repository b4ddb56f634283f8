"""Support vector machines: libsvm takes its vectors by counts that must be true."""

from __future__ import annotations

from collections.abc import Mapping

from flyball.inference.audit.kinds import FLAG, Kind, Number, OneOf, Plain, Whole, inert, joined
from flyball.inference.audit.shapes import COLUMNS, Array, labels
from flyball.inference.audit.things import Allowed, State, allowed

KERNEL: Mapping[str, Kind] = {
    "kernel": OneOf("linear", "poly", "rbf", "sigmoid"),
    "degree": Whole("", 0, 100),
    "gamma": Plain(),
    "coef0": Number(),
    "shrinking": FLAG,
}
FITTING = inert("tol C epsilon nu cache_size class_weight verbose max_iter random_state")
VECTORS: Mapping[str, Kind] = {
    "n_features_in_": COLUMNS,
    "_sparse": OneOf(False),
    "_effective_probability": OneOf(False),
    "_gamma": Number(),
    "support_": Array("i4", "vectors"),
    "support_vectors_": Array("f8", "vectors", "columns"),
    "_n_support": Array("i4", "counts", low=0),
    "dual_coef_": Array("f8", "rows", "vectors"),
    "_dual_coef_": Array("f8", "rows", "vectors"),
    "intercept_": Array("f8", "planes"),
    "_intercept_": Array("f8", "planes"),
    "_probA": Array("f8", 0),
    "_probB": Array("f8", 0),
}
NOT_READ = "class_weight_ fit_status_ _num_iter shape_fit_ n_iter_"


def _classes(state: State, sizes: Mapping[str, int]) -> bool:
    classes = sizes["classes"]
    return (
        classes >= 2
        and sizes["vectors"] > 0
        and sizes["counts"] == classes
        and int(state["_n_support"].sum()) == sizes["vectors"]
        and sizes["rows"] == classes - 1
        and sizes["planes"] == classes * (classes - 1) // 2
    )


def _values(state: State, sizes: Mapping[str, int]) -> bool:
    return sizes["vectors"] > 0 and (sizes["counts"], sizes["rows"], sizes["planes"]) == (2, 1, 1)


ALLOWED: tuple[Allowed, ...] = (
    allowed(
        "sklearn.svm._classes.SVC",
        "classifier",
        parameters=joined(
            KERNEL,
            FITTING,
            {
                "probability": OneOf("deprecated", False),
                "break_ties": FLAG,
                "decision_function_shape": OneOf("ovr", "ovo"),
            },
        ),
        fitted={"classes_": labels(), **VECTORS},
        left_out=NOT_READ,
        holds=_classes,
    ),
    allowed(
        "sklearn.svm._classes.SVR",
        "regressor",
        parameters=joined(KERNEL, FITTING, {"probability": OneOf("deprecated", False)}),
        fitted=VECTORS,
        left_out=NOT_READ,
        holds=_values,
    ),
)
