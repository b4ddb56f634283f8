"""From a schema to the preprocessing that an estimator stands behind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sklearn.compose import ColumnTransformer
from sklearn.feature_selection import SelectPercentile, f_classif, f_regression
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from flyball.domain.errors import DataError
from flyball.domain.schema import Kind, Schema
from flyball.inference.transformers import Calendar, Words

ENCODINGS = ("one-hot", "ordinal")
MOST_CATEGORIES = 100
"""Columns that one-hot encoding makes of one field at most; rarer categories share the last."""
PREPARE = "prepare"
"""The first step of every pipeline that is made here."""


def prepared(
    schema: Schema,
    estimator: Any,
    *,
    task: str,
    encoding: str = "one-hot",
    keep: int = 100,
    filled: bool = True,
    fields: Sequence[str] | None = None,
) -> Pipeline:
    """An estimator behind preprocessing of the schema's fields.

    ``fields`` limits which are used; ``keep`` is the percentage of prepared columns that the univariate
    test (ANOVA's F, or the correlation's) keeps, of all where it is 100. The test needs missing numbers
    ``filled``, whatever the estimator takes.
    """
    columns = preprocessing(schema, encoding=encoding, filled=filled or keep < 100, fields=fields)
    steps: list[tuple[str, Any]] = [(PREPARE, columns)]
    if keep < 100:
        test = f_regression if task == "regression" else f_classif
        steps.append(("select", SelectPercentile(test, percentile=keep)))
    return Pipeline([*steps, ("model", estimator)])


def is_prepared(pipeline: Any) -> bool:
    """Whether a pipeline's estimator stands behind the preprocessing that is made here."""
    name, first = pipeline.steps[0]
    return name == PREPARE and isinstance(first, ColumnTransformer)


def preprocessing(
    schema: Schema, *, encoding: str = "one-hot", filled: bool = True, fields: Sequence[str] | None = None
) -> ColumnTransformer:
    """The columns that models compute with, dense float64: imputed, scaled, encoded, unknowns ignored.

    Missing numbers become the median and get a column of their own that says so; where they are not to be
    ``filled``, numbers stay as they are. A missing category is a category. Raises ``DataError`` where
    ``fields`` names what the schema lacks.
    """
    unknown = sorted(set(fields or ()) - {field.name for field in schema.fields})
    if unknown:
        raise DataError(f"There is no feature {unknown[0]!r}, which a feature set names.")
    used = [field for field in schema.fields if fields is None or field.name in fields]

    def named(*kinds: Kind) -> list[str]:
        return [field.name for field in used if field.kind in kinds]

    # What is not filled is not scaled either: trees need neither, and the sum for a mean may overflow.
    numbers = make_pipeline(_filled("median"), StandardScaler()) if filled else "passthrough"
    texts = named(Kind.TEXT)
    parts = [
        ("numbers", numbers, named(Kind.NUMBER, Kind.INTEGER)),
        ("booleans", _filled("most_frequent") if filled else "passthrough", named(Kind.BOOLEAN)),
        ("categories", _categories(encoding), named(Kind.CATEGORY)),
        ("moments", make_pipeline(Calendar(), numbers), named(Kind.TIMESTAMP)),
        *((f"text {place}", Words(), name) for place, name in enumerate(texts)),
    ]
    return ColumnTransformer([part for part in parts if part[2]], sparse_threshold=0)


def _filled(strategy: str) -> SimpleImputer:
    return SimpleImputer(strategy=strategy, add_indicator=True, keep_empty_features=True)


def _categories(encoding: str) -> Any:
    if encoding == "ordinal":
        return OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2)
    return OneHotEncoder(
        handle_unknown="infrequent_if_exist", max_categories=MOST_CATEGORIES, sparse_output=False
    )
