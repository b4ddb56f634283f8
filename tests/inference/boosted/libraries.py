"""Each library asked directly: fitted as an own estimator has it fitted, and asked about any rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from flyball.inference.boosted.estimators import (
    Boosted,
    LightGBMClassifier,
    LightGBMRegressor,
    XGBoostClassifier,
    XGBoostRegressor,
)
from flyball.inference.boosted.training import Course, Grown

CLASSIFIERS: dict[str, type[Boosted]] = {"lightgbm": LightGBMClassifier, "xgboost": XGBoostClassifier}
REGRESSORS: dict[str, type[Boosted]] = {"lightgbm": LightGBMRegressor, "xgboost": XGBoostRegressor}
NAMES = ("lightgbm", "xgboost")
SEED = 11


def made(name: str, outcomes: np.ndarray, **parameters: Any) -> Any:
    """An estimator for such outcomes, to be fitted."""
    kinds = REGRESSORS if outcomes.dtype.kind == "f" else CLASSIFIERS
    return kinds[name](**{"random_state": SEED, "n_estimators": 20} | parameters)


def changed(estimator: Boosted, change: Callable[[Course, Grown], Grown]) -> Any:
    """The same estimator, but for what it takes from its library."""

    class Changed(type(estimator)):  # type: ignore[misc] # made here
        def grow(self, course: Course, asked: np.ndarray) -> Grown:
            return change(course, super().grow(course, asked))

    return Changed(**estimator.get_params())


class Both:
    """A fitted estimator, and the library that fitted it."""

    def __init__(self, estimator: Boosted, rows: np.ndarray, outcomes: np.ndarray, **how: Any) -> None:
        courses: list[Course] = []

        def heard(course: Course, found: Grown) -> Grown:
            courses.append(course)
            return found

        self.estimator: Any = changed(estimator, heard).fit(rows, outcomes, **how)
        (self.course,) = courses
        self._middle = float(np.mean(outcomes)) if self.course.classes is None else 0.0

    def said(self, rows: np.ndarray) -> np.ndarray:
        """What the library says, fitted once more: probabilities (rows, classes), or values (rows,)."""
        said = self.estimator.grow(self.course, rows).said
        if self.course.classes is None:
            link = getattr(self.estimator, "loss", "")
            return said if link in ("poisson", "gamma") else said + self._middle
        return np.stack([1 - said, said], axis=1) if self.course.classes == 2 else said

    def answers(self, rows: np.ndarray) -> np.ndarray:
        """What the own trees answer."""
        found = self.estimator
        answers: np.ndarray = (
            found.predict(rows) if self.course.classes is None else found.predict_proba(rows)
        )
        return answers

    def apart(self, rows: np.ndarray) -> float:
        """The largest difference between the two; of values relative to them, where they are above 1."""
        said, answers = self.said(rows), self.answers(rows)
        scale = np.maximum(np.abs(said), 1.0) if self.course.classes is None else 1.0
        return float(np.max(np.abs(answers - said) / scale))
