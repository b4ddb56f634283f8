"""A transformer and classifiers as a user would write them."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin


class Amounts(TransformerMixin, BaseEstimator):
    """The amount alone, as a power of itself."""

    def __init__(self, power: int = 1) -> None:
        self.power = power

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: N803 - scikit-learn's name for it
        """Learn nothing."""
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: Any) -> np.ndarray:  # noqa: N803 - scikit-learn's name for it
        """One column, missing as 0."""
        return np.nan_to_num(X[["amount"]].to_numpy()) ** self.power


class Speechless(Exception):
    """An error whose sentence fails."""

    def __str__(self) -> str:
        raise LookupError("no words")


class Silent(ClassifierMixin, BaseEstimator):
    """A classifier that cannot be fitted, and does not say why."""

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803 - scikit-learn's name for it
        """Fail."""
        raise Speechless


class Broken(ClassifierMixin, BaseEstimator):
    """A classifier that cannot be fitted."""

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803 - scikit-learn's name for it
        """Fail."""
        raise ZeroDivisionError("no luck today")
