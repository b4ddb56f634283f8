"""LightGBM and XGBoost behind scikit-learn's interface: the library fits, and own trees answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state, compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from flyball.inference.boosted import kept, lightgbm_trees, xgboost_trees
from flyball.inference.boosted.fitting import fitted
from flyball.inference.boosted.training import Course, Grown, Rows
from flyball.inference.compiled.estimators import trees

LARGEST_SEED = 2**31 - 1


@dataclass(kw_only=True, eq=False, repr=False)
class Boosted(BaseEstimator):  # type: ignore[misc] # scikit-learn is untyped
    """What all four share. The library is loaded by a fit alone, which keeps its trees as plain arrays.

    A fit of the same rows with the same seed keeps the same bytes: it takes one thread. It raises
    ``Unusable`` without the library, and ``ModelFailed`` where the kept trees do not answer all of its rows
    as the library does, within 1e-6. ``early_stopping`` holds out ``validation_fraction`` of the rows, and
    ends once their loss has not fallen for ``n_iter_no_change`` trees. ``monotonic_cst`` is -1, 0 or 1 a
    column. Missing numbers are NaN.
    """

    n_estimators: int = 100
    early_stopping: bool = False
    validation_fraction: float = 0.1
    n_iter_no_change: int = 10
    monotonic_cst: Sequence[int] | None = None
    random_state: Any = None

    single: ClassVar[bool]
    """Whether the library compares float32; it refuses infinite numbers then."""

    def trees(self) -> trees.Trees:
        """The fitted trees as data."""
        check_is_fitted(self)
        return kept.trees_of(vars(self), single=self.single)

    def parameters(self) -> dict[str, Any]:
        """Those that are the library's alone, by its own names."""
        raise NotImplementedError

    def grow(self, course: Course, asked: np.ndarray) -> Grown:
        """What the library makes of a course, and what it answers to the rows ``asked``."""
        raise NotImplementedError

    def __sklearn_tags__(self) -> Any:
        """That it takes missing numbers."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def __getstate__(self) -> dict[str, Any]:
        """Without the trees at work: they are opened again where they are asked."""
        state: dict[str, Any] = super().__getstate__()
        return {name: value for name, value in state.items() if name != "_solver"}

    def _checked(self, *given: Any, **how: Any) -> Any:
        takes = "allow-nan" if self.single else False
        dtype = np.float32 if self.single else np.float64
        return validate_data(self, *given, ensure_all_finite=takes, dtype=dtype, **how)

    def _learned(self, rows: Rows, classes: int | None) -> Self:
        course = Course(
            parameters=self.parameters(),
            turns=self.n_estimators,
            rows=rows,
            classes=classes,
            loss=getattr(self, "loss", ""),
            quantile=getattr(self, "quantile", None),
            seed=int(check_random_state(self.random_state).randint(LARGEST_SEED)),
            ways=self.monotonic_cst,
            patience=self.n_iter_no_change,
        )
        watched = self.validation_fraction if self.early_stopping else None
        found, covers = fitted(self.grow, course, watched, single=self.single)
        self.__dict__.pop("_solver", None)
        self.__dict__.update(kept.attributes(found), covers_=covers)
        return self

    def _answers(self, X: Any) -> np.ndarray:  # noqa: N803 - scikit-learn's name for it
        if "_solver" not in vars(self):
            self._solver = trees.opened(self.trees(), self.n_features_in_)
        return self._solver(self._checked(X, reset=False).astype(np.float64))


@dataclass(kw_only=True, eq=False, repr=False)
class LightGBM(Boosted):
    """LightGBM's parameters, with its own defaults."""

    learning_rate: float = 0.1
    num_leaves: int = 31
    max_depth: int = -1
    min_child_samples: int = 20
    min_child_weight: float = 1e-3
    subsample: float = 1.0
    colsample_bytree: float = 1.0
    reg_alpha: float = 0.0
    reg_lambda: float = 0.0
    max_bin: int = 255

    single = False

    def parameters(self) -> dict[str, Any]:
        """Those that are the library's alone, by its own names."""
        return {
            "learning_rate": self.learning_rate,
            "num_leaves": self.num_leaves,
            "max_depth": self.max_depth,
            "min_data_in_leaf": self.min_child_samples,
            "min_sum_hessian_in_leaf": self.min_child_weight,
            "bagging_fraction": self.subsample,
            "bagging_freq": 1 if self.subsample < 1 else 0,
            "feature_fraction": self.colsample_bytree,
            "lambda_l1": self.reg_alpha,
            "lambda_l2": self.reg_lambda,
            "max_bin": self.max_bin,
        }

    def grow(self, course: Course, asked: np.ndarray) -> Grown:
        """By LightGBM."""
        return lightgbm_trees.grown(course, asked)


@dataclass(kw_only=True, eq=False, repr=False)
class XGBoost(Boosted):
    """XGBoost's parameters, with its own defaults."""

    learning_rate: float = 0.3
    max_depth: int = 6
    max_leaves: int = 0
    grow_policy: str = "depthwise"
    min_child_weight: float = 1.0
    gamma: float = 0.0
    subsample: float = 1.0
    colsample_bytree: float = 1.0
    reg_alpha: float = 0.0
    reg_lambda: float = 1.0
    max_bin: int = 256

    single = True

    def parameters(self) -> dict[str, Any]:
        """Those that are the library's alone, by its own names."""
        names = "learning_rate max_depth max_leaves grow_policy min_child_weight gamma subsample max_bin"
        names += " colsample_bytree reg_alpha reg_lambda"
        return {name: getattr(self, name) for name in names.split()}

    def grow(self, course: Course, asked: np.ndarray) -> Grown:
        """By XGBoost."""
        return xgboost_trees.grown(course, asked)


@dataclass(kw_only=True, eq=False, repr=False)
class Classifies(ClassifierMixin, Boosted):  # type: ignore[misc] # scikit-learn is untyped
    """Two classes or more; ``class_weight`` is by class, or "balanced"."""

    class_weight: Mapping[Any, float] | str | None = None

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803 - scikit-learn's name for it
        """Learn from numbers (rows, columns) and labels (rows,)."""
        numbers, labels = self._checked(X, y)
        check_classification_targets(labels)
        self.classes_, places = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError("There is one class alone to learn: two are needed.")
        weights = None if sample_weight is None else _check_sample_weight(sample_weight, numbers)
        if self.class_weight is not None:
            own = compute_sample_weight(self.class_weight, labels)
            weights = own if weights is None else own * weights
        return self._learned(Rows(numbers, places, weights), len(self.classes_))

    def predict_proba(self, X: Any) -> np.ndarray:  # noqa: N803 - scikit-learn's name for it
        """Probabilities, (rows, classes)."""
        return self._answers(X)

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803 - scikit-learn's name for it
        """The likeliest labels, (rows,)."""
        labels: np.ndarray = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return labels


@dataclass(kw_only=True, eq=False, repr=False)
class Regresses(RegressorMixin, Boosted):  # type: ignore[misc] # scikit-learn is untyped
    """One value, by one of ``LOSSES``; that of ``quantile`` is between 0 and 1."""

    loss: str = "squared_error"
    quantile: float | None = None

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803 - scikit-learn's name for it
        """Learn from numbers (rows, columns) and values (rows,)."""
        if self.loss not in kept.LOSSES:
            raise ValueError(f"There is no loss {self.loss!r}; use one of {', '.join(kept.LOSSES)}.")
        if (self.loss == "quantile") != (self.quantile is not None):
            raise ValueError("The loss 'quantile' needs quantile=, and no other takes it.")
        numbers, values = self._checked(X, y, y_numeric=True)
        weights = None if sample_weight is None else _check_sample_weight(sample_weight, numbers)
        return self._learned(Rows(numbers, values.astype(np.float64), weights), None)

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803 - scikit-learn's name for it
        """The values, (rows,)."""
        return self._answers(X)


@dataclass(kw_only=True, eq=False, repr=False)
class LightGBMClassifier(Classifies, LightGBM):
    """Classes by LightGBM."""


@dataclass(kw_only=True, eq=False, repr=False)
class LightGBMRegressor(Regresses, LightGBM):
    """Values by LightGBM."""


@dataclass(kw_only=True, eq=False, repr=False)
class XGBoostClassifier(Classifies, XGBoost):
    """Classes by XGBoost."""


@dataclass(kw_only=True, eq=False, repr=False)
class XGBoostRegressor(Regresses, XGBoost):
    """Values by XGBoost."""
