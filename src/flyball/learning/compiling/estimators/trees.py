"""Decision trees, forests and boosting, compiled: every fitted tree as the same plain arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn._loss.link import IdentityLink, LogLink
from sklearn.utils import get_tags

from flyball.domain.numbers import Link
from flyball.inference.compiled.arrays import packed
from flyball.inference.compiled.estimators.trees import DEEPEST, MOST_NODES, Trees
from flyball.learning.compiling import reasons


class Tree(NamedTuple):
    """One fitted tree, node by node, each before its children; a leaf's ``left`` is not above 0."""

    left: np.ndarray
    right: np.ndarray
    column: np.ndarray
    threshold: np.ndarray
    missing_left: np.ndarray
    values: np.ndarray
    """Of every node, (nodes, width)."""


def forest(fitted: Any, columns: int) -> Trees:
    """A forest, or one tree. Raises ``NotCompiled`` for several outcomes or too many nodes."""
    members = list(getattr(fitted, "estimators_", [fitted]))
    if fitted.n_outputs_ != 1:
        raise reasons.of(fitted, "it predicts several outcomes")
    shares = hasattr(fitted, "classes_")
    _check_size(fitted, [(member.tree_.node_count, member.tree_.max_depth) for member in members])
    return _joined(
        [_of_forest(member.tree_) for member in members],
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
    _check_size(fitted, [(tree.node_count, tree.max_depth) for tree in trees])
    # Here the library doubles each sum: so do doubled numbers, to the same bits.
    factor = 2.0 if fitted.loss == "exponential" else 1.0
    made = [_of_forest(tree) for tree in trees]
    return _joined(
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
    _check_size(fitted, [(len(tree.nodes), int(tree.nodes["depth"].max())) for tree in trees])
    return _joined(
        [_of_boosting(tree.nodes) for tree in trees],
        start=np.asarray(fitted._baseline_prediction, dtype=np.float64).reshape(-1),
        divisor=1,
        link=_link(fitted),
        single=False,
        missing=True,
    )


def covers(fitted: Any) -> np.ndarray:
    """The weight of the training rows that went left and right at each split of a compiled estimator.

    Shape (splits, 2), in the order of ``Trees``: by the node counts of the library.
    """
    if hasattr(fitted, "_predictors"):
        every = [tree.nodes for turn in fitted._predictors for tree in turn]
        trees = [(_of_boosting(nodes), nodes["count"]) for nodes in every]
    else:
        members = np.ravel(getattr(fitted, "estimators_", [fitted]))
        trees = [(_of_forest(each.tree_), each.tree_.weighted_n_node_samples) for each in members]
    return np.concatenate([_covered(tree, np.asarray(weights, np.float64)) for tree, weights in trees])


def _covered(tree: Tree, weights: np.ndarray) -> np.ndarray:
    inner = tree.left > 0
    if not inner.any():  # the split that it gets instead
        return np.full((1, 2), weights[0] / 2)
    return np.stack([weights[tree.left[inner]], weights[tree.right[inner]]], axis=1)


def _link(fitted: Any) -> Link:
    if hasattr(fitted, "classes_"):
        return "logistic" if fitted.n_trees_per_iteration_ == 1 else "softmax"
    links: dict[type, Link] = {IdentityLink: "value", LogLink: "exponential"}
    link = links.get(type(fitted._loss.link))
    if link is None:
        raise reasons.of(fitted, "its loss has a link that is not compiled")
    return link


def _check_size(fitted: Any, sizes: Sequence[tuple[int, int]]) -> None:
    # A tree has one leaf more than splits; one that is a leaf alone gets a split.
    if sum(max(nodes // 2, 1) for nodes, _ in sizes) > MOST_NODES:
        raise reasons.of(fitted, f"its trees have more than {MOST_NODES:,} splits")
    if max(depth for _, depth in sizes) >= DEEPEST:
        raise reasons.of(fitted, f"a tree of it is deeper than {DEEPEST} splits")


def _of_forest(tree: Any) -> Tree:
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


def _split(tree: Tree) -> Tree:
    """The tree; where it is one leaf alone, a split between two copies of it."""
    if len(tree.left) > 1:
        return tree
    return Tree(
        np.array([1, -1, -1]),
        np.array([2, -1, -1]),
        np.zeros(3, int),
        np.zeros(3),
        np.zeros(3, int),
        np.repeat(tree.values, 3, axis=0),
    )


def _joined(trees: Sequence[Tree], start: np.ndarray, **rest: Any) -> Trees:
    columns: dict[str, list[np.ndarray]] = {
        name: [] for name in ("column", "threshold", "left", "right", "missing")
    }
    roots, values, splits, leaves = [], [], 0, 0
    for tree in map(_split, trees):
        inner = tree.left > 0
        # Numbers of splits and leaves run on from tree to tree.
        place = np.where(inner, splits + np.cumsum(inner) - 1, -leaves - np.cumsum(~inner))
        columns["left"].append(place[tree.left[inner]])
        columns["right"].append(place[tree.right[inner]])
        columns["column"].append(tree.column[inner].astype(np.int64))
        columns["threshold"].append(tree.threshold[inner].astype(np.float64))
        columns["missing"].append(tree.missing_left[inner].astype(np.uint8))
        roots.append(splits)
        values.append(tree.values[~inner].astype(np.float64))
        splits, leaves = splits + int(inner.sum()), leaves + int((~inner).sum())
    whole = {name: packed(np.concatenate(parts)) for name, parts in columns.items()}
    return Trees(
        roots=packed(np.array(roots, dtype=np.int64)),
        column=whole["column"],
        threshold=whole["threshold"],
        left=whole["left"],
        right=whole["right"],
        missing_left=whole["missing"],
        values=packed(np.concatenate(values)),
        start=packed(start),
        **rest,
    )
