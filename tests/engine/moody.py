"""A step of a user's own that is slow for some rows and breaks for others."""

from __future__ import annotations

import os
import time
from typing import Any, Self

from sklearn.base import BaseEstimator, TransformerMixin

SLOW, BREAKING, ABORTING = 115.0, -5.0, 114.0
"""Ages of the rows for which it waits, for which it raises, and for which it crashes."""
SECONDS = 4.0


class Moody(TransformerMixin, BaseEstimator):
    """Gives back what it is given."""

    def fit(self, rows: Any, target: Any = None) -> Self:
        """Nothing is learned."""
        self.fitted_ = True
        return self

    def transform(self, rows: Any) -> Any:
        """The rows as they are."""
        if (rows["age"] == SLOW).any():
            time.sleep(SECONDS)
        if (rows["age"] == ABORTING).any():
            os.abort()
        if (rows["age"] == BREAKING).any():
            raise ArithmeticError("it cannot be")
        return rows
