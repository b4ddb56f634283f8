"""Decision trees, forests and boosting, compiled: every fitted tree as the same plain arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn._loss.link import IdentityLink, LogLink
from sklearn.utils import get_tags

from flyball.domain.numbers import Link
from flyball.inference.boosted import estimators as boosted
from flyball.inference.compiled.estimators.nodes import Tree, covered, joined
from flyball.inference.compiled.estimators.trees import DEEPEST, MOST_NODES, Trees
from flyball.learning.compiling import reasons


def forest(fitted: Any, columns: int) -> Trees:
    """A forest, or one tree. Raises ``NotCompiled`` for several outcomes or too many nodes."""
    members = list(getattr(fitted, "estimators_", [fitted]))
    if fitted.n_outputs_ != 1:
        raise reasons.of(fitted, "it predicts several outcomes")
    shares = hasattr(fitted, "classes_")
    check_size(fitted, [(member.tree_.node_count, member.tree_.max_depth) for member in members])
    return joined(
        [of_forest(member.tree_) for member in members],
        start=np.zeros(len(fitted.classes_) if shares else 1),
        divisor=len(members),
        link="shares" if shares else "value",
        single=True,
        missing=get_tags(members[0]).input_tags.allow_nan and members[0].monotonic_cst is None,
    )


def boosting(fitted: Any, columns: int) -> Trees:
    """Gradient boosting. Raises ``NotCompiled`` for a start of the user's own, or too many nodes."""
    if fitted.init not in (None, "zero"):
        raise reasons.of(fitted, "it starts from another estimator")
    trees = [member.tree_ for member in fitted.estimators_.ravel()]
    check_size(fitted, [(tree.node_count, tree.max_depth) for tree in trees])
    # Here the library doubles each sum: so do doubled numbers, to the same bits.
    factor = 2.0 if fitted.loss == "exponential" else 1.0
    made = [of_forest(tree) for tree in trees]
    return joined(
        [tree._replace(values=tree.values * fitted.learning_rate * factor) for tree in made],
        start=fitted._raw_predict_init(np.zeros((1, columns)))[0] * factor,
        divisor=1,
        link=_link(fitted),
        single=True,
        missing=False,
    )


def histogram_boosting(fitted: Any, columns: int) -> Trees:
    """Histogram gradient boosting. Raises ``NotCompiled`` for splits by category, or another link."""
    trees = [tree for turn in fitted._predictors for tree in turn]
    if any(tree.nodes["is_categorical"].any() for tree in trees) or fitted.is_categorical_ is not None:
        raise reasons.of(fitted, "it splits by category")
    check_size(fitted, [(len(tree.nodes), int(tree.nodes["depth"].max())) for tree in trees])
    return joined(
        [_of_boosting(tree.nodes) for tree in trees],
        start=np.asarray(fitted._baseline_prediction, dtype=np.float64).reshape(-1),
        divisor=1,
        link=_link(fitted),
        single=False,
        missing=True,
    )


def kept(fitted: boosted.Boosted, columns: int) -> Trees:
    """LightGBM or XGBoost: it keeps its trees so already."""
    return fitted.trees()


def covers(fitted: Any) -> np.ndarray:
    """The weight of the training rows that went left and right at each split of a compiled estimator.

    Shape (splits, 2), in the order of ``Trees``: by the node counts of the library, of XGBoost by the sums of
    the loss's second derivatives.
    """
    if isinstance(fitted, boosted.Boosted):
        own: np.ndarray = fitted.covers_
        return own
    if hasattr(fitted, "_predictors"):
        every = [tree.nodes for turn in fitted._predictors for tree in turn]
        trees = [(_of_boosting(nodes), nodes["count"]) for nodes in every]
    else:
        members = np.ravel(getattr(fitted, "estimators_", [fitted]))
        trees = [(of_forest(each.tree_), each.tree_.weighted_n_node_samples) for each in members]
    return covered(trees)


def _link(fitted: Any) -> Link:
    if hasattr(fitted, "classes_"):
        return "logistic" if fitted.n_trees_per_iteration_ == 1 else "softmax"
    links: dict[type, Link] = {IdentityLink: "value", LogLink: "exponential"}
    link = links.get(type(fitted._loss.link))
    if link is None:
        raise reasons.of(fitted, "its loss has a link that is not compiled")
    return link


def check_size(fitted: Any, sizes: Sequence[tuple[int, int]]) -> None:
    """Nodes and depth of each tree. Raises ``NotCompiled`` for more than are taken."""
    # A tree has one leaf more than splits; one that is a leaf alone gets a split.
    if sum(max(nodes // 2, 1) for nodes, _ in sizes) > MOST_NODES:
        raise reasons.of(fitted, f"its trees have more than {MOST_NODES:,} splits")
    if max(depth for _, depth in sizes) >= DEEPEST:
        raise reasons.of(fitted, f"a tree of it is deeper than {DEEPEST} splits")


def of_forest(tree: Any) -> Tree:
    """A tree as scikit-learn's forests hold it."""
    return Tree(
        tree.children_left,
        tree.children_right,
        tree.feature,
        tree.threshold,
        tree.missing_go_to_left,
        tree.value[:, 0, :],
    )


def _of_boosting(nodes: np.ndarray) -> Tree:
    left = np.where(nodes["is_leaf"], -1, nodes["left"].astype(np.int64))
    return Tree(
        left,
        nodes["right"].astype(np.int64),
        nodes["feature_idx"],
        nodes["num_threshold"],
        nodes["missing_go_to_left"],
        nodes["value"][:, np.newaxis],
    )
