"""A step that takes its time until a file is there: long enough for helpers to come."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, Self

from sklearn.base import BaseEstimator, TransformerMixin

UNTIL = "TEST_UNTIL"
"""Names the variable that names the file. Without it no time is taken."""
SECONDS = 1.0


class Sleepy(TransformerMixin, BaseEstimator):
    """Gives back what it is given."""

    def fit(self, rows: Any, target: Any = None) -> Self:
        """Nothing is learned."""
        self.fitted_ = True
        return self

    def transform(self, rows: Any) -> Any:
        """The rows as they are."""
        if UNTIL in os.environ and not Path(os.environ[UNTIL]).exists():
            time.sleep(SECONDS)
        return rows


TRUSTED = f"{Sleepy.__module__}.{Sleepy.__name__}"
