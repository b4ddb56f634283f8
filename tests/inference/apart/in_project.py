"""Types that cannot be imported before Django is set up: they use the project's own models."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from tests.inference.apart.own import Doubling
from tests.shop.models import Customer


class Columns(Doubling):
    """Answers how many columns a customer has."""

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803 - scikit-learn's name for it
        """Values, shape (rows,)."""
        return np.full(len(X), float(len(Customer._meta.get_fields())))


class Passing(TransformerMixin, BaseEstimator):
    """A step that gives back what it is given, where there are customers to be had."""

    def fit(self, rows: Any, target: Any = None) -> Self:
        """Nothing is learned."""
        self.fitted_ = True
        return self

    def transform(self, rows: Any) -> Any:
        """The rows as they are."""
        Customer.objects.count()
        return rows
