"""Isolation forests, compiled: trees whose leaves hold how deep they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from flyball.inference.compiled.estimators.nodes import Tree, joined
from flyball.inference.compiled.estimators.trees import Trees
from flyball.learning.compiling.estimators.trees import check_size, of_forest


def forest(fitted: Any, columns: int) -> Trees:
    """An isolation forest. Raises ``NotCompiled`` for too many nodes.

    The score of a row is 2 ** (-E[h] / c(n)), with the depths h of its leaves, each and the depth that the
    leaf's own rows would need (Liu, Ting and Zhou 2008, "Isolation Forest", equations 1 and 2).
    """
    members = fitted.estimators_
    check_size(fitted, [(member.tree_.node_count, member.tree_.max_depth) for member in members])
    # Trees that see every column are not asked by the columns that were drawn for them.
    drawn = fitted.estimators_features_ if fitted._max_features < columns else [range(columns)] * len(members)
    expected = float(_depths(np.array([fitted.max_samples_]))[0])
    return joined(
        [
            _isolating(member.tree_, np.asarray(places), expected)
            for member, places in zip(members, drawn, strict=True)
        ],
        start=np.zeros(1),
        divisor=len(members),
        link="isolation",
        single=True,
        missing=True,
    )


def _isolating(tree: Any, places: np.ndarray, expected: float) -> Tree:
    """A tree over all columns, of which it was given those at ``places``."""
    depths = tree.compute_node_depths() - 1 + _depths(tree.n_node_samples)
    # From a single row nothing was learned: there the library's own score is 1/2.
    values = -(depths / expected if expected else np.ones(len(depths)))
    inner = tree.children_left > 0
    column = np.where(inner, places[np.where(inner, tree.feature, 0)], 0)
    return of_forest(tree)._replace(column=column, values=values[:, np.newaxis])


def _depths(rows: np.ndarray) -> np.ndarray:
    """c(n), the mean depth of n rows in a tree that parts them all at random."""
    many = np.maximum(rows, 3).astype(np.float64)
    found = 2.0 * (np.log(many - 1.0) + np.euler_gamma) - 2.0 * (many - 1.0) / many
    return np.where(rows > 2, found, np.maximum(rows - 1.0, 0.0))
