"""Transformers that scikit-learn lacks: calendar features of timestamps, weights of a text's words."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import TfidfVectorizer

from flyball.inference.compiled.columns import MICROSECONDS, PARTS


class Calendar(TransformerMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn is untyped
    """Columns of timestamps as numbers: ``PARTS`` of each, in UTC; NaN where there is no timestamp.

    ``days`` are whole and part days since 1970.
    """

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:  # noqa: N803 - scikit-learn's name for it
        """Remember the columns' names. Nothing else is learned."""
        self.columns_ = [str(name) for name in X.columns]
        return self

    def transform(self, X: pd.DataFrame) -> np.ndarray:  # noqa: N803 - scikit-learn's name for it
        """The parts, float64, shape (rows, 6 × columns)."""
        return np.column_stack([part for name in self.columns_ for part in _parts(X[name])])

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """``<column>_<part>`` for each column made."""
        return np.array([f"{name}_{part}" for name in self.columns_ for part in PARTS], dtype=object)


def _parts(moments: pd.Series) -> list[np.ndarray]:
    known = moments.notna().to_numpy()
    # Whole microseconds: a difference of timestamps is counted in nanoseconds, which end in the year 2262.
    counted = moments.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[us]").astype(np.int64)
    calendar = moments.dt
    parts = (calendar.year, calendar.month, calendar.day, calendar.day_of_week, calendar.hour)
    numbers = [counted / MICROSECONDS, *(part.to_numpy("float64", na_value=np.nan) for part in parts)]
    return [np.where(known, number, np.nan) for number in numbers]


class Words(TransformerMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn is untyped
    """One text column as the TF-IDF weights of its ``limit`` most frequent words; missing text has none.

    Without a single word in the texts it gives no column, where ``TfidfVectorizer`` would fail.
    """

    def __init__(self, limit: int = 256) -> None:
        self.limit = limit

    def fit(self, X: pd.Series, y: Any = None) -> Self:  # noqa: N803 - scikit-learn's name for it
        """Learn the vocabulary of a column of texts."""
        vectorizer = TfidfVectorizer(max_features=self.limit, dtype=np.float64)
        texts = _texts(X)
        analyse = vectorizer.build_analyzer()
        self.vectorizer_ = vectorizer.fit(texts) if any(analyse(text) for text in texts) else None
        return self

    def transform(self, X: pd.Series) -> np.ndarray:  # noqa: N803 - scikit-learn's name for it
        """The weights, float64, shape (rows, words)."""
        if self.vectorizer_ is None:
            return np.empty((len(X), 0))
        weights: np.ndarray = self.vectorizer_.transform(_texts(X)).toarray()
        return weights

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """The words."""
        if self.vectorizer_ is None:
            return np.array([], dtype=object)
        names: np.ndarray = self.vectorizer_.get_feature_names_out()
        return names


def _texts(column: pd.Series) -> list[str]:
    return ["" if text is None else text for text in column]
