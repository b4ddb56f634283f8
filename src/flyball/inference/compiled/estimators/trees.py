"""Decision trees, alone or many: ONNX Runtime finds the leaves; they are added up in the library's order."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec
import numpy as np

from flyball.domain.errors import ArtifactCorrupt
from flyball.domain.numbers import Link, Takes, answered, check_taken
from flyball.inference.compiled.arrays import Array
from flyball.inference.compiled.estimators import graph
from flyball.inference.compiled.estimators.fitting import corrupt, finite, places, sized
from flyball.inference.compiled.estimators.links import checked
from flyball.inference.compiled.estimators.solver import Solver

MOST_NODES = 1_000_000
"""Splits of all trees together: while it opens them ONNX Runtime takes 900 bytes for each, then some 250."""
MOST_TREES = 50_000
"""Trees: with a million of one split each, ONNX Runtime opens them for minutes."""
DEEPEST = 500
"""Splits from a root to a leaf: ONNX Runtime builds a tree by recursion."""
QUICK_LEAVES = 2**15
"""Numbers of leaves up to which a row takes less than a millisecond."""
AT_ONCE = 2**18
"""Numbers of leaves that are held in memory: rows x trees x outputs."""


class Trees(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="trees"):
    """Splits of all trees, tree by tree, each before its children.

    A row goes to ``left`` where its ``column`` is at most ``threshold``, or is missing and ``missing_left``
    is 1; else to ``right``. A child from 0 is a split, one below 0 the leaf ``-1 - child``. ``roots`` are
    the trees' first splits. ``values`` (leaves, width) are added up in the order of the trees, from
    ``start`` (outputs,) on, and divided by ``divisor``; with a width of 1 and several outputs the trees take
    turns. ``single``: rows are rounded to float32 first. ``missing``: rows may lack numbers.
    """

    roots: Array
    column: Array
    threshold: Array
    left: Array
    right: Array
    missing_left: Array
    values: Array
    start: Array
    divisor: int
    link: Link
    single: bool
    missing: bool


class _Parts(NamedTuple):
    """Arrays of an estimator that fit each other; by ``told`` ONNX Runtime finds leaves (``_told``)."""

    start: np.ndarray
    values: np.ndarray
    trees: int
    told: dict[str, np.ndarray]


def opened(estimator: Trees, columns: int) -> Solver:
    """The trees at work. Raises ``ArtifactCorrupt``."""
    parts = _parts(estimator, columns)
    sums = _sums(parts, columns)

    def answer(matrix: np.ndarray) -> np.ndarray:
        return answered(estimator.link, sums(matrix) / estimator.divisor)

    takes = _takes(estimator)
    solve = (lambda matrix: answer(_rounded(matrix, takes))) if estimator.single else answer
    numbers = parts.trees * parts.values.shape[1]
    return Solver(solve, takes, is_quick=numbers <= QUICK_LEAVES)


def reached(estimator: Trees, columns: int) -> Callable[[np.ndarray], np.ndarray]:
    """What tells the leaf of each row in each tree, (rows, trees). Raises ``ArtifactCorrupt``."""
    return _leaves(_parts(estimator, columns), columns)


def check(estimator: Trees, columns: int) -> None:
    """Raises ``ArtifactCorrupt`` where they are no trees of so many columns."""
    _parts(estimator, columns)


def _parts(estimator: Trees, columns: int) -> _Parts:
    start = finite(estimator.start, (None,), "start")
    checked(estimator.link, len(start))
    roots, children = _structure(estimator)
    values = finite(estimator.values, (len(children) + len(roots), None), "leaves")
    if values.shape[1] not in (1, len(start)) or len(roots) * values.shape[1] % len(start):
        raise corrupt("leaves and outputs")
    if not 1 <= estimator.divisor <= MOST_NODES:
        raise corrupt("trees and divisor")
    return _Parts(start, values, len(roots), _told(estimator, columns, roots, children))


def _sums(parts: _Parts, columns: int) -> Callable[[np.ndarray], np.ndarray]:
    """What adds up the leaves of each row, (rows, outputs)."""
    if parts.values.shape[1] == 1:
        return _run(_adding(parts), columns, len(parts.start))
    leaves, values, start = _leaves(parts, columns), parts.values, parts.start
    rows = max(1, AT_ONCE // (parts.trees * values.shape[1]))

    def sums(matrix: np.ndarray) -> np.ndarray:
        some = (matrix[begin : begin + rows] for begin in range(0, max(1, len(matrix)), rows))
        return np.concatenate([added(values[leaves(each)], start) for each in some])

    return sums


def _takes(estimator: Trees) -> Takes:
    if estimator.link == "isolation":
        return "anything"  # as the library does: infinite numbers, and those beyond float32, are the farthest
    if estimator.single:
        return "missing" if estimator.missing else "finite"
    return "anything" if estimator.missing else "finite"


def compared(estimator: Trees, numbers: np.ndarray) -> np.ndarray:
    """Numbers as the trees compare them. Raises ``ModelFailed`` for one that they do not take."""
    takes = _takes(estimator)
    check_taken(numbers, takes)
    return _rounded(numbers, takes) if estimator.single else numbers


def _rounded(matrix: np.ndarray, takes: Takes) -> np.ndarray:
    """Rounded to float32, which is what scikit-learn's trees compare."""
    single = matrix.astype(np.float32).astype(np.float64)
    check_taken(single, "missing" if takes == "finite" else takes)  # a number may be beyond float32
    return single


# Where a leaf holds a number for each class: ONNX Runtime would need a copy of the trees for each of them.
def added(leaves: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Sums (rows, outputs) of leaves (rows, trees, width), in their order: another one rounds otherwise.

    The leaves are changed.
    """
    turns = leaves.reshape(len(leaves), -1, len(start))
    turns[:, 0] += start
    sums: np.ndarray = np.add.accumulate(turns, axis=1)[:, -1]
    return sums


def _structure(estimator: Trees) -> tuple[np.ndarray, np.ndarray]:
    """The roots, and the children (splits, 2). Raises ``ArtifactCorrupt`` where they are no trees."""
    nodes = len(sized(estimator.threshold, "<f8", (None,), "thresholds"))
    if nodes > MOST_NODES:
        raise ArtifactCorrupt("The artifact holds more splits than are taken here.")
    roots = places(estimator.roots, (None,), 0, nodes, "roots")
    if len(roots) > MOST_TREES:
        raise ArtifactCorrupt("The artifact holds more trees than are taken here.")
    leaves = nodes + len(roots)
    children = np.stack(
        [places(side, (nodes,), -leaves, nodes, "children") for side in (estimator.left, estimator.right)],
        axis=1,
    )
    if roots[0] != 0 or (np.diff(roots) <= 0).any():
        raise corrupt("roots")
    # Each split but the roots, and each leaf, is the child of one split: no cycle, no lost part.
    begins = np.concatenate([roots, children[children >= 0]])
    ends = -1 - children[children < 0]
    if not np.array_equal(np.sort(begins), np.arange(nodes)) or not np.array_equal(
        np.sort(ends), np.arange(leaves)
    ):
        raise corrupt("children")
    _check_depth(roots, children)
    return roots, children


def _check_depth(roots: np.ndarray, children: np.ndarray) -> None:
    tree = tree_of(roots, len(children))
    level, seen = roots, 0
    for _ in range(DEEPEST):
        seen += len(level)
        below = children[level]
        inner = below >= 0
        if (tree[below[inner]] != np.repeat(tree[level], 2)[inner.ravel()]).any():
            raise corrupt("trees")
        level = below[inner]
        if not len(level):
            break
    if len(level) or seen != len(children):
        raise corrupt("depths")


def tree_of(roots: np.ndarray, nodes: int) -> np.ndarray:
    """The tree of each split, of so many."""
    return np.searchsorted(roots, np.arange(nodes), side="right") - 1


def _told(estimator: Trees, columns: int, roots: np.ndarray, children: np.ndarray) -> dict[str, np.ndarray]:
    """What the TreeEnsemble node is told: each tree has an output of its own, its leaf's number."""
    nodes = len(children)
    threshold = sized(estimator.threshold, "<f8", (nodes,), "thresholds")
    missing_left = sized(estimator.missing_left, "|u1", (nodes,), "directions")
    if np.isnan(threshold).any() or missing_left.max() > 1:
        raise corrupt("thresholds")
    is_leaf = children < 0
    number = np.where(is_leaf, -1 - children, children)
    tree_of_leaf = np.empty(nodes + len(roots), dtype=np.int64)
    tree_of_leaf[number[is_leaf]] = np.repeat(tree_of(roots, nodes), 2)[is_leaf.ravel()]
    return {
        "tree_roots": roots,
        "nodes_featureids": places(estimator.column, (nodes,), 0, columns, "columns"),
        "nodes_splits": threshold,
        "nodes_modes": np.zeros(nodes, dtype=np.uint8),  # at most
        "nodes_missing_value_tracks_true": missing_left.astype(np.int64),
        "nodes_truenodeids": number[:, 0],
        "nodes_trueleafs": is_leaf[:, 0].astype(np.int64),
        "nodes_falsenodeids": number[:, 1],
        "nodes_falseleafs": is_leaf[:, 1].astype(np.int64),
        "leaf_targetids": tree_of_leaf,
        "leaf_weights": np.arange(nodes + len(roots), dtype=np.float64),
    }


def _adding(parts: _Parts) -> dict[str, np.ndarray]:
    """The same where it adds leaves up itself. One thread does so tree by tree, and begins at 0.

    So the start of each output is a tree before all others, with the same number on both sides.
    """
    nodes, leaves = len(parts.told["nodes_modes"]), len(parts.values)
    number = np.arange(len(parts.start))
    behind = {
        "nodes_featureids": np.zeros_like(number),
        "nodes_splits": np.zeros_like(parts.start),
        "nodes_modes": np.zeros_like(number, dtype=np.uint8),
        "nodes_missing_value_tracks_true": np.zeros_like(number),
        "nodes_truenodeids": leaves + 2 * number,
        "nodes_trueleafs": np.ones_like(number),
        "nodes_falsenodeids": leaves + 2 * number + 1,
        "nodes_falseleafs": np.ones_like(number),
    }
    told = {name: np.concatenate([parts.told[name], more]) for name, more in behind.items()}
    turns = parts.told["leaf_targetids"] % len(number)
    return told | {
        "tree_roots": np.concatenate([nodes + number, parts.told["tree_roots"]]),
        "leaf_targetids": np.concatenate([turns, np.repeat(number, 2)]),
        "leaf_weights": np.concatenate([parts.values[:, 0], np.repeat(parts.start, 2)]),
    }


def _leaves(parts: _Parts, columns: int) -> Callable[[np.ndarray], np.ndarray]:
    """What gives each row's leaf in each tree, (rows, trees)."""
    numbers = _run(parts.told, columns, parts.trees)
    return lambda rows: numbers(rows).astype(np.int64)


def _run(told: dict[str, np.ndarray], columns: int, outputs: int) -> Callable[[np.ndarray], np.ndarray]:
    """The node at work: of each row and output the sum of the leaves that the row reaches."""
    import onnxruntime  # a version without trees needs none of it

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # with more, the order of sums would be another one
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    how: dict[str, int | np.ndarray] = {"aggregate_function": 1, "post_transform": 0, "n_targets": outputs}
    data = graph.written(how | told, columns, outputs)
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])

    def run(rows: np.ndarray) -> np.ndarray:
        found: np.ndarray = session.run(None, {"rows": np.ascontiguousarray(rows)})[0]
        return found

    return run
