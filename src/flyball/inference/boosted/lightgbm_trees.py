"""LightGBM: a fit, and its trees read from the text that it writes of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from flyball.domain.errors import ModelFailed
from flyball.domain.extras import check
from flyball.inference.boosted.training import Course, Grown
from flyball.inference.compiled.estimators.nodes import Tree

OBJECTIVES = {
    "squared_error": "regression",
    "absolute_error": "regression_l1",
    "quantile": "quantile",
    "poisson": "poisson",
    "gamma": "gamma",
}
BY_CATEGORY, MISSING_LEFT = 1, 2
"""Bits of a split's type; the two above them say what counts as missing."""
NOTHING, ZEROS = 0, 1
"""What counts as missing: nothing, so that a missing number is a 0; or a 0 too. Else NaN alone."""
SMALLEST = float(np.float32(1e-35))
"""The library takes all numbers up to here for 0."""


def grown(course: Course, asked: np.ndarray) -> Grown:
    """The trees of a fit, and the library's answers to the rows ``asked``, (rows, columns).

    Raises ``Unusable`` without the library, ``ModelFailed`` for splits that are none of numbers.
    """
    booster = trained(course)
    parts = [_read(block) for block in booster.model_to_string().split("\nTree=")[1:]]
    return Grown(
        trees=[_tree(part) for part in parts],
        weights=[np.concatenate([part["internal_count"], part["leaf_count"]]) for part in parts],
        start=np.zeros(course.outputs),
        said=np.asarray(booster.predict(asked, num_threads=1), dtype=np.float64),
    )


def trained(course: Course) -> Any:
    """The library's own booster. Raises ``Unusable`` without the library."""
    check("lightgbm")
    import lightgbm

    rows, watch = course.rows, course.watch
    train = lightgbm.Dataset(rows.numbers, rows.outcomes, weight=rows.weights)
    watched, stop = [], list[Callable[..., Any]]()
    if watch is not None:
        watched = [train.create_valid(watch.numbers, watch.outcomes, weight=watch.weights)]
        stop = [lightgbm.early_stopping(course.patience, verbose=False)]
    given = {**course.parameters, **_given(course)}
    return lightgbm.train(given, train, course.turns, valid_sets=watched, callbacks=stop)


def _given(course: Course) -> dict[str, Any]:
    given: dict[str, Any] = {
        "objective": OBJECTIVES.get(course.loss),
        "seed": course.seed,
        # The same bytes from the same rows: one thread, one way to gather, no trial of which is faster.
        "num_threads": 1,
        "deterministic": True,
        "force_col_wise": True,
        "verbosity": -1,
    }
    if course.classes is not None:
        given["objective"] = "binary" if course.classes == 2 else "multiclass"
        given["num_class"] = course.outputs
    if course.quantile is not None:
        given["alpha"] = course.quantile
    if course.ways is not None:
        given["monotone_constraints"] = list(course.ways)
    return given


def _read(block: str) -> dict[str, np.ndarray]:
    """The numbers of one tree, by name."""
    lines = re.findall(r"^(\w+)=(.*)$", block, re.MULTILINE)
    return {name: np.array(numbers.split(), dtype=np.float64) for name, numbers in lines}


def _tree(part: Mapping[str, np.ndarray]) -> Tree:
    kind = part["decision_type"].astype(np.int64)
    missing = kind >> 2
    if (kind & BY_CATEGORY).any() or (missing == ZEROS).any() or part["is_linear"].any():
        raise ModelFailed("LightGBM made a split, or a leaf, that is not kept here.")
    splits, leaves = len(kind), len(part["leaf_value"])
    threshold = _kept(part["threshold"])
    left, right = (part[side].astype(np.int64) for side in ("left_child", "right_child"))
    is_left = np.where(missing == NOTHING, threshold >= 0.0, (kind & MISSING_LEFT) > 0)
    # Leaves are numbered apart, as ~0, ~1, ...: here they stand behind all splits.
    return Tree(
        left=_with_leaves(np.where(left >= 0, left, splits + ~left), leaves, -1),
        right=_with_leaves(np.where(right >= 0, right, splits + ~right), leaves, -1),
        column=_with_leaves(part["split_feature"].astype(np.int64), leaves, 0),
        threshold=_with_leaves(threshold, leaves, 0.0),
        missing_left=_with_leaves(is_left, leaves, False),
        values=np.concatenate([np.zeros(splits), part["leaf_value"]])[:, np.newaxis],
    )


def _kept(threshold: np.ndarray) -> np.ndarray:
    """Thresholds on the same side of all numbers that are taken for 0."""
    is_small = np.abs(threshold) <= SMALLEST
    beside = np.where(threshold >= 0.0, SMALLEST, np.nextafter(-SMALLEST, -np.inf))
    return np.where(is_small, beside, threshold)


def _with_leaves(numbers: np.ndarray, leaves: int, filling: float) -> np.ndarray:
    return np.concatenate([numbers, np.full(leaves, filling, dtype=numbers.dtype)])
