"""Trees and forests: scikit-learn follows their links in C without a look, so each is looked at here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from flyball.inference.audit.arrays import TREE_NODE
from flyball.inference.audit.kinds import Either, Kind, ListOf, OneOf, Plain, Whole, inert, joined
from flyball.inference.audit.shapes import COLUMNS, MOST_CLASSES, Array, Table, labels
from flyball.inference.audit.things import Allowed, Estimator, Fitted, State, Thing, allowed

GROWN = (
    "criterion max_depth min_samples_split min_samples_leaf min_weight_fraction_leaf max_features"
    " max_leaf_nodes random_state min_impurity_decrease ccp_alpha"
)
FOREST = f"{GROWN} n_estimators estimator_params bootstrap oob_score n_jobs verbose warm_start max_samples"
BOOSTED = f"{GROWN} n_estimators subsample alpha verbose warm_start validation_fraction n_iter_no_change tol"
NOT_READ = (
    "_sample_weight _n_samples _n_samples_bootstrap estimator_ oob_score_ oob_decision_function_"
    " oob_prediction_"
)
ONE = OneOf(1)
"""One outcome: nothing here has several."""
CLASSES: Mapping[str, Kind] = {"classes_": labels(), "n_classes_": Whole("classes", 1, MOST_CLASSES)}
MOST_TREES = 100_000


def _tree(state: State, sizes: Mapping[str, int]) -> bool:
    """Each inner node's children come after it, and it looks at a column that is there."""
    nodes = state["nodes"]
    left, right = nodes["left_child"], nodes["right_child"]
    inner = np.flatnonzero(left != -1)
    feature = nodes["feature"][inner]
    return (
        state["n_classes"].tolist() == [sizes["classes"]]
        and bool(((feature >= 0) & (feature < sizes["columns"])).all())
        and all(downward(inner, child[inner], len(nodes)) for child in (left, right))
    )


def downward(place: Any, child: Any, count: int) -> bool:
    """Whether each child comes after its parent: no loop, and nothing beyond the last."""
    return bool(((child > place) & (child < count)).all())


def _made(state: State) -> Any:
    from sklearn.tree._tree import Tree

    tree = Tree(state["n_features"], state["n_classes"], state["n_outputs"])
    parts = ("max_depth", "node_count", "nodes", "values")
    tree.__setstate__(
        {name: np.ascontiguousarray(v) if name in parts[2:] else v for name, v in _of(state, parts)}
    )
    return tree


def _of(state: State, names: tuple[str, ...]) -> list[tuple[str, Any]]:
    return [(name, state[name]) for name in names]


def _of_numbers(state: State, sizes: Mapping[str, int]) -> bool:
    """A tree of a regression has one number a node."""
    tree = state["tree_"]
    return isinstance(tree, Thing) and tree.sizes["classes"] == 1


def _stages(state: State, sizes: Mapping[str, int]) -> bool:
    """As many trees a stage as there are outputs: C adds each tree to the column of its place."""
    classes = sizes.get("classes", 2)
    return sizes["trees"] == (1 if classes <= 2 else classes)


def _with_loss(model: Any) -> None:
    model._loss = model._get_loss(None)


def _single(name: str, kind: str, owner: Mapping[str, Kind], role: str) -> Allowed:
    numbers = role.endswith("regressor")
    return allowed(
        f"sklearn.tree._classes.{name}",
        f"{kind} {role}",
        parameters=inert(f"{GROWN} splitter class_weight monotonic_cst"),
        fitted={
            "n_features_in_": COLUMNS,
            "n_outputs_": ONE,
            **owner,
            "tree_": Fitted("tree", "columns") if numbers else Fitted("tree", "columns", "classes"),
        },
        optional={"max_features_": Plain()},
        holds=_of_numbers if numbers else None,
    )


def _forest(name: str, kind: str, inner: str, owner: Mapping[str, Kind]) -> Allowed:
    same = ("columns", "classes") if owner else ("columns",)
    return allowed(
        f"sklearn.ensemble._forest.{name}",
        kind,
        parameters=joined(
            inert(f"{FOREST} monotonic_cst class_weight"),
            {"estimator": Estimator()},
        ),
        fitted={
            "n_features_in_": COLUMNS,
            "n_outputs_": ONE,
            **owner,
            "estimators_": ListOf(Fitted(inner, *same), "trees", MOST_TREES),
        },
        holds=lambda state, sizes: sizes["trees"] > 0,
        left_out=NOT_READ,
    )


def _boosted(name: str, kind: str, loss: Kind, owner: Mapping[str, Kind]) -> Allowed:
    return allowed(
        f"sklearn.ensemble._gb.{name}",
        kind,
        parameters=joined(inert(f"{BOOSTED} learning_rate"), {"loss": loss, "init": OneOf(None, "zero")}),
        fitted={
            "n_features_in_": COLUMNS,
            **owner,
            "n_trees_per_iteration_": Whole("trees", 1, MOST_CLASSES),
            "init_": Either(
                OneOf("zero"), Fitted("dummy", *(("columns", "classes") if owner else ("columns",)))
            ),
            "estimators_": Table(Fitted("tree_regressor", "columns"), "stages", "trees"),
        },
        optional={"max_features_": Plain(), "n_estimators_": Plain()},
        holds=lambda state, sizes: _stages(state, sizes) and sizes["stages"] > 0,
        left_out="_loss _rng train_score_ oob_improvement_ oob_scores_ oob_score_",
        finish=_with_loss,
    )


ALLOWED: tuple[Allowed, ...] = (
    allowed(
        "sklearn.tree._tree.Tree",
        "tree",
        fitted={
            "n_features": Whole("columns", 1, COLUMNS.high),
            "n_classes": Array("i8", 1),
            "n_outputs": ONE,
            "max_depth": Whole("", 0, 1_000_000),
            "node_count": Whole("nodes", 1),
            "nodes": Array(TREE_NODE, "nodes"),
            "values": Array("f8", "nodes", 1, "classes"),
        },
        holds=_tree,
        make=_made,
    ),
    _single("DecisionTreeClassifier", "classifier", CLASSES, "tree_classifier"),
    _single("ExtraTreeClassifier", "classifier", CLASSES, "tree_classifier"),
    _single("DecisionTreeRegressor", "regressor", {}, "tree_regressor"),
    _single("ExtraTreeRegressor", "regressor", {}, "tree_regressor"),
    _forest("RandomForestClassifier", "classifier", "tree_classifier", CLASSES),
    _forest("ExtraTreesClassifier", "classifier", "tree_classifier", CLASSES),
    _forest("RandomForestRegressor", "regressor", "tree_regressor", {}),
    _forest("ExtraTreesRegressor", "regressor", "tree_regressor", {}),
    _boosted("GradientBoostingClassifier", "classifier", OneOf("log_loss", "exponential"), CLASSES),
    _boosted(
        "GradientBoostingRegressor",
        "regressor",
        OneOf("squared_error", "absolute_error", "huber", "quantile"),
        {},
    ),
)
