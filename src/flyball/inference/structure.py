"""Trees and machines that hold together: scikit-learn follows their links without a look, and crashes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.ensemble import BaseEnsemble, HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from sklearn.neighbors import BallTree, KDTree
from sklearn.svm import SVC, SVR, NuSVC, NuSVR
from sklearn.tree import BaseDecisionTree
from sklearn.tree._tree import Tree

from flyball.domain.errors import ArtifactCorrupt

OWNERS = (BaseEnsemble, BaseDecisionTree, HistGradientBoostingClassifier, HistGradientBoostingRegressor)
"""Estimators that hand their input to trees inside them: no tree may look at a column beyond theirs."""


def check(model: Any) -> None:
    """Look at every tree and support vector machine inside a model.

    Raises ``ArtifactCorrupt`` where a link, a column or a vector is not there.
    """
    for part, columns in _parts(model):
        rule = RULES.get(type(part))
        if rule and not rule(part, columns):
            raise ArtifactCorrupt("The artifact holds a model that points outside itself.")


def _parts(model: Any) -> Iterator[tuple[Any, float]]:
    """Everything inside a model, each with the number of columns that it may look at."""
    waiting: list[tuple[Any, float]] = [(model, math.inf)]
    seen: set[int] = set()
    while waiting:
        part, columns = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, BaseEstimator):
            own = vars(part).get("n_features_in_", math.inf)
            columns = min(columns, own) if isinstance(part, OWNERS) else math.inf
        yield part, columns
        waiting.extend((inner, columns) for inner in _inside(part))


def _inside(part: Any) -> list[Any]:
    if isinstance(part, Mapping):
        return list(part.values())
    if isinstance(part, list | tuple | set):
        return list(part)
    if isinstance(part, np.ndarray):
        return list(part.flat) if part.dtype == object else []
    return list(vars(part).values()) if hasattr(part, "__dict__") and not isinstance(part, type) else []


def _downward(left: Any, right: Any, count: int) -> bool:
    """Whether each inner node's children come after it: no loop, nothing beyond the last."""
    return all(bool(((child > place) & (child < count)).all()) for place, child in (left, right))


def _tree(tree: Any, columns: float) -> bool:
    if not (0 < tree.node_count <= tree.capacity and tree.n_features <= columns):
        return False
    inner = np.flatnonzero(tree.children_left != -1)
    feature = tree.feature[inner]
    return bool(((feature >= 0) & (feature < tree.n_features)).all()) and _downward(
        (inner, tree.children_left[inner]), (inner, tree.children_right[inner]), tree.node_count
    )


def _predictor(tree: Any, columns: float) -> bool:
    nodes = tree.nodes
    place = np.flatnonzero(nodes["is_leaf"] == 0)
    inner = nodes[place]
    return (
        len(nodes) > 0
        and bool(((inner["feature_idx"] >= 0) & (inner["feature_idx"] < columns)).all())
        # Splits by sets of categories follow links of their own; nothing here makes them.
        and not inner["is_categorical"].any()
        and _downward((place, inner["left"]), (place, inner["right"]), len(nodes))
    )


def _neighbours(tree: Any, columns: float) -> bool:
    data, order, nodes, bounds, _, _, count = tree.__getstate__()[:7]
    nodes = np.asarray(nodes)
    inner = np.flatnonzero(nodes["is_leaf"] == 0)
    limits = np.concatenate([nodes["idx_start"], nodes["idx_end"]])
    return (
        0 < count == len(nodes) == np.shape(bounds)[1]
        and len(order) == len(data)
        and bool(((np.asarray(order) >= 0) & (np.asarray(order) < len(data))).all())
        and bool(((limits >= 0) & (limits <= len(data))).all())
        and bool((2 * inner + 2 < count).all())
    )


def _vectors(machine: Any, columns: float) -> bool:
    """A support vector machine's counts and coefficients are those of the vectors it holds."""
    if "support_vectors_" not in vars(machine):
        return True  # not fitted: a calibrated classifier keeps one as its pattern
    vectors, coefficients = machine.support_vectors_, machine._dual_coef_
    classes = len(getattr(machine, "classes_", ()))
    held = int(machine._n_support.sum()) if classes else len(vectors)
    return (
        held == len(vectors) == coefficients.shape[1]
        and len(coefficients) == max(classes - 1, 1)
        and len(machine._n_support) == max(classes, 2)
        and bool((machine._n_support >= 0).all())
        and len(machine._intercept_) == max(classes * (classes - 1) // 2, 1)
    )


RULES: Mapping[type, Callable[[Any, float], bool]] = {
    Tree: _tree,
    TreePredictor: _predictor,
    KDTree: _neighbours,
    BallTree: _neighbours,
    SVC: _vectors,
    SVR: _vectors,
    NuSVC: _vectors,
    NuSVR: _vectors,
}
