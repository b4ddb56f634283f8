"""Classes that no server trusts by itself."""

from __future__ import annotations

import os
from io import BytesIO
from typing import Any

from sklearn.dummy import DummyClassifier


class Homemade(DummyClassifier):
    """A classifier of the user's own."""


class Unwritable(Homemade):
    """One that no file can hold."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:  # noqa: N803 - as below
        """Keep a file that is open."""
        self.file_ = BytesIO()
        return super().fit(X, y, sample_weight)


class Deadly(Homemade):
    """One that ends the process which asks it."""

    def predict_proba(self, X: Any) -> Any:  # noqa: N803 - scikit-learn's name for it
        """Nothing: nobody is there to take it."""
        os.abort()
