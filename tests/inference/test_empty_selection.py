"""A table of transformers may have one for no column: nothing was fitted, and nothing is asked of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from flyball.domain.errors import ArtifactCorrupt
from flyball.inference import allowlist

FRAME = pd.DataFrame({"age": np.arange(40.0)})
LABELS = FRAME["age"] > 20


def fitted(columns: list[str]) -> Pipeline:
    """Categories of ``columns``, and the age, before a linear model."""
    parts = [("kinds", OneHotEncoder(), columns), ("numbers", StandardScaler(), ["age"])]
    return make_pipeline(ColumnTransformer(parts), LogisticRegression()).fit(FRAME, LABELS)


def test_a_transformer_of_no_column_is_read_as_it_was_made() -> None:
    model = fitted([])
    again = allowlist.construct(allowlist.dump(model))
    assert np.array_equal(model.predict_proba(FRAME), again.predict_proba(FRAME))


def test_a_transformer_of_a_column_that_was_not_fitted_is_refused() -> None:
    model = fitted(["age"])
    (name, _, columns), *rest = model[0].transformers_
    model[0].transformers_ = [(name, OneHotEncoder(), columns), *rest]
    with pytest.raises(ArtifactCorrupt):
        allowlist.construct(allowlist.dump(model))
