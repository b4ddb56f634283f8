"""Isolation forests: trees over some of the columns each, and how deep every node of them is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flyball.inference.audit.families.trees import MOST_TREES
from flyball.inference.audit.kinds import Kind, ListOf, Number, OneOf, Whole, hold, inert, joined
from flyball.inference.audit.nodes import At, items
from flyball.inference.audit.shapes import COLUMNS, Array
from flyball.inference.audit.things import Allowed, Fitted, State, Thing, allowed

PARAMETERS = (
    "n_estimators estimator_params max_samples max_features bootstrap bootstrap_features oob_score"
    " warm_start n_jobs random_state verbose contamination"
)
NOT_READ = "_n_samples _sample_weight _seeds estimator_ _estimator_names"


@dataclass(frozen=True, slots=True)
class Several:
    """A tuple of this, one for each tree."""

    kind: Kind

    def read(self, node: object, at: At) -> Any:
        found = items(node, at, "TupleNode")
        hold(at, "trees", len(found))
        return tuple(self.kind.read(value, at.inside(str(place))) for place, value in enumerate(found))


def _fits(state: State, sizes: Mapping[str, int]) -> bool:
    """Each tree has its own columns, and a depth for each node: C finds a leaf's number, NumPy its depth."""
    every = zip(
        state["estimators_"],
        state["estimators_features_"],
        state["_decision_path_lengths"],
        state["_average_path_length_per_tree"],
        strict=True,
    )
    return (
        sizes["trees"] > 0
        and state["_max_features"] <= sizes["columns"]
        and all(
            isinstance(tree, Thing)
            and tree.sizes["columns"] == len(places) == state["_max_features"]
            and len(depths) == len(beyond) == tree.state["tree_"].sizes["nodes"]
            for tree, places, depths, beyond in every
        )
    )


ALLOWED: tuple[Allowed, ...] = (
    allowed(
        "sklearn.ensemble._iforest.IsolationForest",
        "detector",
        parameters=joined(inert(PARAMETERS), {"estimator": OneOf(None)}),
        fitted={
            "n_features_in_": COLUMNS,
            "max_samples_": Whole("", 1),
            "_max_samples": Whole("", 1),
            "_max_features": Whole("", 1),
            "offset_": Number(),
            "estimators_": ListOf(Fitted("tree_regressor"), "trees", MOST_TREES),
            "estimators_features_": ListOf(Array("i8", "*", low=0, below="columns"), "trees", MOST_TREES),
            "_decision_path_lengths": Several(Array("i8", "*")),
            "_average_path_length_per_tree": Several(Array("f8", "*")),
        },
        holds=_fits,
        left_out=NOT_READ,
    ),
)
