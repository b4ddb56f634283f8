"""LightGBM's and XGBoost's trees as own estimators keep them: arrays that must fit as compiled ones do."""

from __future__ import annotations

from collections.abc import Mapping

from flyball.domain.errors import ArtifactCorrupt
from flyball.inference.audit.kinds import Kind, Maybe, Number, OneOf, Plain, Unread, each, inert, joined
from flyball.inference.audit.shapes import COLUMNS, Array, labels
from flyball.inference.audit.things import Allowed, Rule, State, allowed
from flyball.inference.boosted.kept import LOSSES, trees_of
from flyball.inference.compiled.estimators.trees import check

FITTING = (
    "n_estimators early_stopping validation_fraction n_iter_no_change random_state learning_rate max_depth"
    " min_child_weight subsample colsample_bytree reg_alpha reg_lambda max_bin"
)
KEPT: Mapping[str, Kind] = {
    "n_features_in_": COLUMNS,
    "roots_": Array("i8", "trees"),
    **each("column_ left_ right_", Array("i8", "splits")),
    "threshold_": Array("f8", "splits"),
    "missing_left_": Array("u1", "splits"),
    "values_": Array("f8", "leaves", 1),
    "start_": Array("f8", "outputs"),
    "covers_": Array("f8", "splits", 2),
}


def _holds(*, single: bool) -> Rule:
    def holds(state: State, sizes: Mapping[str, int]) -> bool:
        classes = sizes.get("classes", 2)  # of two there is one sum, as of values
        if sizes["outputs"] != (1 if classes == 2 else classes):
            return False
        try:
            check(trees_of(state, single=single), sizes["columns"])
        except ArtifactCorrupt:
            return False
        return True

    return holds


def _both(library: str, own: Mapping[str, Kind], *, single: bool) -> tuple[Allowed, Allowed]:
    name, holds = f"flyball.inference.boosted.estimators.{library}", _holds(single=single)
    every = joined(inert(FITTING), own, {"monotonic_cst": Unread()})
    classifier = allowed(
        f"{name}Classifier",
        "classifier",
        parameters=joined(every, {"class_weight": Plain()}),
        fitted={**KEPT, "classes_": labels()},
        holds=holds,
    )
    regressor = allowed(
        f"{name}Regressor",
        "regressor",
        parameters=joined(every, {"loss": OneOf(*LOSSES), "quantile": Maybe(Number(0, 1))}),
        fitted=KEPT,
        holds=holds,
    )
    return classifier, regressor


ALLOWED: tuple[Allowed, ...] = (
    *_both("LightGBM", inert("num_leaves min_child_samples"), single=False),
    *_both("XGBoost", inert("max_leaves grow_policy gamma"), single=True),
)
