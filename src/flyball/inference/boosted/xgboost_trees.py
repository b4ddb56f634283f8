"""XGBoost: a fit, and its trees read from the JSON that it writes of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from flyball.domain.errors import ModelFailed
from flyball.domain.extras import check
from flyball.inference.boosted.training import Course, Grown, Rows
from flyball.inference.compiled.estimators.nodes import Tree

OBJECTIVES = {
    "squared_error": "reg:squarederror",
    "absolute_error": "reg:absoluteerror",
    "quantile": "reg:quantileerror",
    "poisson": "count:poisson",
    "gamma": "reg:gamma",
}
LOWEST = np.float32(-np.inf)


def grown(course: Course, asked: np.ndarray) -> Grown:
    """The trees of a fit, and the library's answers to the rows ``asked``, (rows, columns).

    Raises ``Unusable`` without the library, ``ModelFailed`` for what it refuses.
    """
    booster, last = trained(course)
    learner = msgspec.json.decode(bytes(booster.save_raw("json")))["learner"]
    made = [_tree(each) for each in learner["gradient_booster"]["model"]["trees"][: last * course.outputs]]
    return Grown(
        trees=[tree for tree, _ in made],
        weights=[weights for _, weights in made],
        start=_start(learner["learner_model_param"]["base_score"], course),
        said=np.asarray(booster.inplace_predict(asked, iteration_range=(0, last)), dtype=np.float64),
    )


def trained(course: Course) -> tuple[Any, int]:
    """The library's own booster, and how many of its turns count.

    Raises ``Unusable`` without the library, ``ModelFailed`` for what it refuses.
    """
    check("xgboost")
    import xgboost

    watch = course.watch
    try:
        booster = xgboost.train(
            {**course.parameters, **_given(course)},
            _matrix(xgboost, course.rows),
            course.turns,
            evals=[] if watch is None else [(_matrix(xgboost, watch), "watched")],
            early_stopping_rounds=None if watch is None else course.patience,
            verbose_eval=False,
        )
    except xgboost.core.XGBoostError as error:
        raise ModelFailed(f"XGBoost fails: {_said(error)}") from None
    return booster, course.turns if watch is None else booster.best_iteration + 1


def _matrix(library: Any, rows: Rows) -> Any:
    return library.DMatrix(rows.numbers, rows.outcomes, weight=rows.weights, nthread=1)


def _given(course: Course) -> dict[str, Any]:
    given: dict[str, Any] = {
        "objective": OBJECTIVES.get(course.loss),
        "seed": course.seed,
        "tree_method": "hist",
        "nthread": 1,  # so that sums have one order
        "verbosity": 0,
    }
    if course.classes is not None:
        given["objective"] = "binary:logistic" if course.classes == 2 else "multi:softprob"
    if course.outputs > 1:
        given["num_class"] = course.outputs
    if course.quantile is not None:
        given["quantile_alpha"] = course.quantile
    if course.ways is not None:
        given["monotone_constraints"] = tuple(course.ways)
    return given


def _said(error: Exception) -> str:
    """The library's own sentence, without the places in its code."""
    line = str(error).partition("\n")[0]
    return re.sub(r"^\[[\d:]+\] \S+ (Check failed: )?", "", line)


def _start(written: str, course: Course) -> np.ndarray:
    """What the sums begin with, in float32: the library writes the answer that it is, one of each output."""
    said = np.array(written.strip("[]").split(","), dtype=np.float32)
    if course.classes == 2:
        return np.asarray(-np.log(1 / said - 1), dtype=np.float32)
    if course.loss in ("poisson", "gamma"):
        return np.asarray(np.log(said), dtype=np.float32)
    return said


def _tree(written: Mapping[str, Any]) -> tuple[Tree, np.ndarray]:
    """One tree, and the sum of the loss's second derivatives at each of its nodes."""
    if any(written["split_type"]):
        raise ModelFailed("XGBoost made a split that is not kept here.")
    parts = {name: np.array(written[f"{name}_children"], dtype=np.int64) for name in ("left", "right")}
    order = _order(parts["left"], parts["right"])
    place = np.full(len(parts["left"]) + 1, -1)
    place[order] = np.arange(len(order))
    number = np.array(written["split_conditions"], dtype=np.float32)[order]
    left = place[parts["left"][order]]
    tree = Tree(
        left=left,
        right=place[parts["right"][order]],
        column=np.array(written["split_indices"], dtype=np.int64)[order],
        # A row goes left below the threshold: up to the next smaller number.
        threshold=np.nextafter(number, LOWEST).astype(np.float64),
        missing_left=np.array(written["default_left"])[order],
        values=number[:, np.newaxis],
    )
    return tree, np.array(written["sum_hessian"], dtype=np.float64)[order]


def _order(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The nodes that are reached from the first, level by level: pruned ones stay in the library's lists."""
    levels = [np.zeros(1, dtype=np.int64)]
    while len(levels[-1]):
        inner = levels[-1][left[levels[-1]] >= 0]
        levels.append(np.stack([left[inner], right[inner]], axis=1).ravel())
    return np.concatenate(levels)
