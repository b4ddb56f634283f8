"""Fitted trees, node by node, joined into the arrays of ``Trees``; whoever grew them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from flyball.inference.compiled.arrays import packed
from flyball.inference.compiled.estimators.trees import Trees


class Tree(NamedTuple):
    """One fitted tree, node by node, each before its children; a leaf's ``left`` is not above 0."""

    left: np.ndarray
    right: np.ndarray
    column: np.ndarray
    threshold: np.ndarray
    missing_left: np.ndarray
    values: np.ndarray
    """Of every node, (nodes, width)."""


def covered(trees: Sequence[tuple[Tree, np.ndarray]]) -> np.ndarray:
    """What went left and right at each split of these trees, (splits, 2), in the order of ``Trees``.

    Beside each tree stands the weight of the training rows at each of its nodes.
    """
    return np.concatenate([_covered(tree, np.asarray(weights, np.float64)) for tree, weights in trees])


def _covered(tree: Tree, weights: np.ndarray) -> np.ndarray:
    inner = tree.left > 0
    if not inner.any():  # the split that it gets instead
        return np.full((1, 2), weights[0] / 2)
    return np.stack([weights[tree.left[inner]], weights[tree.right[inner]]], axis=1)


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


def joined(trees: Sequence[Tree], start: np.ndarray, **rest: Any) -> Trees:
    """All trees as one estimator that begins at ``start``; ``rest`` are its other parts."""
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
