"""A fitted model as columns and what takes them; of an ensemble, those of its parts side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.ensemble import StackingClassifier, StackingRegressor, VotingClassifier, VotingRegressor

from flyball.inference.compiled.arrays import packed
from flyball.inference.compiled.estimators import Estimator
from flyball.inference.compiled.estimators import linear as compiled_linear
from flyball.inference.compiled.estimators.joint import Blend, Part, Single, Stacked
from flyball.learning.compiling import reasons
from flyball.learning.compiling.columns import Columns
from flyball.learning.compiling.estimators import compiled
from flyball.learning.compiling.preprocessing import through

VOTING = (VotingClassifier, VotingRegressor)
STACKING = (StackingClassifier, StackingRegressor)


def followed(model: Any, columns: Sequence[Columns], task: str) -> tuple[list[Columns], Estimator]:
    """The columns that a model's estimators take, made of those given, and the estimators.

    Raises ``NotCompiled``.
    """
    last, own = _last(model, columns)
    if type(last) not in (*VOTING, *STACKING):
        return own, compiled(last, task, len(own))
    made = [_part(last, part, own, task) for part in last.estimators_]
    parts = tuple(Part(len(taken), estimator) for taken, estimator in made)
    every = [column for taken, _ in made for column in taken]
    return every, _blend(last, parts) if type(last) in VOTING else _stacked(last, parts, task)


def _last(model: Any, columns: Sequence[Columns]) -> tuple[Any, list[Columns]]:
    made = list(columns)
    while hasattr(model, "steps"):
        made = through(model.steps[:-1], made)
        model = model.steps[-1][1]
    return model, made


def _part(owner: Any, model: Any, columns: Sequence[Columns], task: str) -> tuple[list[Columns], Single]:
    last, made = _last(model, columns)
    if type(last) in (*VOTING, *STACKING):
        raise reasons.of(owner, "one of its parts is an ensemble in its turn")
    if len(getattr(last, "classes_", ())) != len(getattr(owner, "classes_", ())):
        raise reasons.of(owner, "one of its parts tells other classes")
    return made, compiled(last, task, len(made))


def _blend(ensemble: Any, parts: tuple[Part, ...]) -> Blend:
    if getattr(ensemble, "voting", "soft") != "soft":
        raise reasons.of(ensemble, "only the mean of probabilities is compiled")
    weights = ensemble._weights_not_none
    given = np.ones(len(parts)) if weights is None else np.asarray(weights, dtype=np.float64)
    return Blend(parts, packed(given))


def _stacked(ensemble: Any, parts: tuple[Part, ...], task: str) -> Stacked:
    wanted = "predict_proba" if task == "classification" else "predict"
    if ensemble.passthrough or set(ensemble.stack_method_) != {wanted}:
        raise reasons.of(ensemble, "only a model of its parts' probabilities or values is compiled")
    outputs = len(getattr(ensemble, "classes_", ()))
    given = len(parts) * (outputs if outputs > 2 else 1)
    last = compiled(ensemble.final_estimator_, task, given)
    if not isinstance(last, compiled_linear.Linear):
        raise reasons.of(ensemble, "only a linear model of its parts' answers is compiled")
    return Stacked(parts, last)
