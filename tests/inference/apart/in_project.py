"""A model that cannot be imported before Django is set up: it counts with the project's own models."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.inference.apart.own import Doubling
from tests.shop.models import Customer


class Columns(Doubling):
    """Answers how many columns a customer has."""

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803 - scikit-learn's name for it
        """Values, shape (rows,)."""
        return np.full(len(X), float(len(Customer._meta.get_fields())))
