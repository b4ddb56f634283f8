"""What is kept of a fitted booster: the arrays of its trees, and what follows from its sums."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from flyball.domain.numbers import Link
from flyball.inference.compiled.arrays import packed, unpacked
from flyball.inference.compiled.estimators.trees import Trees

ARRAYS = ("roots", "column", "threshold", "left", "right", "missing_left", "values", "start")
"""Those of ``Trees``: an estimator keeps each under its name and an underscore."""
LOSSES: Mapping[str, Link] = {
    "squared_error": "value",
    "absolute_error": "value",
    "quantile": "value",
    "poisson": "exponential",
    "gamma": "exponential",
}
"""What regressions may be fitted by, in scikit-learn's words."""


def link_of(classes: int | None, loss: str) -> Link:
    """From the sums to the answers, of so many classes; of a regression (no classes) by its loss."""
    if classes is None:
        return LOSSES[loss]
    return "logistic" if classes == 2 else "softmax"


def attributes(trees: Trees) -> dict[str, np.ndarray]:
    """The arrays of trees by the attributes that hold them."""
    return {f"{name}_": unpacked(getattr(trees, name)) for name in ARRAYS}


def trees_of(state: Mapping[str, Any], *, single: bool) -> Trees:
    """The trees of an estimator's attributes. ``single``: its library compares float32."""
    classes = len(state["classes_"]) if "classes_" in state else None
    return Trees(
        **{name: packed(state[f"{name}_"]) for name in ARRAYS},
        divisor=1,
        link=link_of(classes, state.get("loss", "")),
        single=single,
        missing=True,
    )
