"""A compiled encoder makes of every row what the library makes, to the last bit, alone and in company."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.feature_selection import SelectKBest, SelectPercentile, VarianceThreshold, f_classif
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    RobustScaler,
    StandardScaler,
)

from flyball.domain.errors import ModelFailed
from flyball.domain.schema import Schema
from flyball.inference.compiled.encoder import AT_ONCE, FEW, Encoding
from flyball.inference.frame import frame
from flyball.inference.transformers import Calendar, Words
from flyball.learning.compiling.preprocessing import started, through
from flyball.learning.compiling.reasons import NotCompiled
from flyball.learning.compiling.writing import encoder
from flyball.learning.pipeline import preprocessing
from tests.learning.compiling.encoded import KINDS, SCHEMA, STRANGE, Rows, agree, rows, schema_of

KNOWN, ASKED = rows(400, seed=1), [*rows(400, seed=2, largest=1e300), *STRANGE]
NUMBERS = schema_of("number", "full", "whole", "flag")
CATEGORIES = schema_of("category", "only")
IMPUTERS = {
    "median": SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
    "mean": SimpleImputer(strategy="mean"),
    "most frequent": SimpleImputer(strategy="most_frequent", add_indicator=True),
    "constant": SimpleImputer(strategy="constant", fill_value=-7.5),
}
SCALERS = {
    "standard": StandardScaler(),
    "standard without mean": StandardScaler(with_mean=False),
    "standard without deviation": StandardScaler(with_std=False),
    "least and most": MinMaxScaler((-1, 3)),
    "least and most, clipped": MinMaxScaler(clip=True),
    "largest": MaxAbsScaler(),
    "quantiles": RobustScaler(),
    "quantiles without centre": RobustScaler(with_centering=False),
}
ENCODERS = {
    "one-hot": OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=20, sparse_output=False),
    "one-hot, sparse": OneHotEncoder(handle_unknown="ignore"),
    "one-hot, rare together": OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=5),
    "one-hot, first dropped": OneHotEncoder(handle_unknown="ignore", drop="first"),
    "ordinal": OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2),
    "ordinal, missing unknown": OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan),
}


@pytest.mark.parametrize("encoding", ["one-hot", "ordinal"])
@pytest.mark.parametrize("filled", [True, False], ids=["filled", "missing"])
def test_the_preprocessing_of_every_candidate_is_the_same(encoding: str, filled: bool) -> None:
    agree(preprocessing(SCHEMA, encoding=encoding, filled=filled), SCHEMA, KNOWN, ASKED)


@pytest.mark.parametrize("percentile", [1, 50, 99])
def test_chosen_columns_are_the_same(percentile: int) -> None:
    chosen = SelectPercentile(f_classif, percentile=percentile)
    agree(make_pipeline(preprocessing(SCHEMA), chosen), SCHEMA, KNOWN, ASKED)


@pytest.mark.parametrize("imputer", IMPUTERS.values(), ids=IMPUTERS)
@pytest.mark.parametrize("scaler", SCALERS.values(), ids=SCALERS)
def test_every_imputer_before_every_scaler_is_the_same(imputer: Any, scaler: Any) -> None:
    agree(make_pipeline(imputer, scaler), NUMBERS, KNOWN, ASKED)


@pytest.mark.parametrize("scaler", SCALERS.values(), ids=SCALERS)
def test_a_scaler_leaves_missing_numbers_missing(scaler: Any) -> None:
    agree(scaler, NUMBERS, KNOWN, ASKED)


@pytest.mark.parametrize("made", ENCODERS.values(), ids=ENCODERS)
def test_every_encoder_of_categories_is_the_same(made: Any) -> None:
    agree(made, CATEGORIES, KNOWN, ASKED)


@pytest.mark.parametrize("made", ENCODERS.values(), ids=ENCODERS)
def test_encoded_numbers_are_the_same(made: Any) -> None:
    agree(made, schema_of("whole", "flag"), KNOWN, ASKED)


def test_encoded_categories_may_be_scaled_and_chosen() -> None:
    steps = (OneHotEncoder(handle_unknown="ignore", sparse_output=False), StandardScaler())
    agree(make_pipeline(*steps, VarianceThreshold(0.5)), CATEGORIES, KNOWN, ASKED)
    agree(make_pipeline(*steps, SelectKBest(k=3)), CATEGORIES, KNOWN, ASKED)


@pytest.mark.parametrize("gone", [None, np.nan])
def test_missing_categories_may_be_filled_first(gone: Any) -> None:
    imputer = SimpleImputer(missing_values=gone, strategy="constant", fill_value="none")
    agree(make_pipeline(imputer, OneHotEncoder(handle_unknown="ignore")), CATEGORIES, KNOWN, ASKED)


def test_numbers_may_be_filled_and_then_encoded() -> None:
    steps = (SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    agree(make_pipeline(*steps), schema_of("flag"), KNOWN, ASKED)


def test_numbers_that_an_encoder_has_missed_may_be_filled() -> None:
    ordinal = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    agree(make_pipeline(ordinal, SimpleImputer(add_indicator=True)), CATEGORIES, KNOWN, ASKED)


def test_columns_side_by_side_keep_their_order() -> None:
    side_by_side = ColumnTransformer(
        [
            ("last", StandardScaler(), ["full"]),
            ("none", "drop", ["number"]),
            ("same", "passthrough", ["flag", "whole"]),
            ("both", make_union(FunctionTransformer(), MaxAbsScaler()), ["full", "whole"]),
        ],
        remainder=SimpleImputer(keep_empty_features=True),
    )
    agree(side_by_side, schema_of("number", "full", "never", "whole", "flag"), KNOWN, ASKED)


def test_more_columns_than_are_made_at_once_keep_their_order() -> None:
    scaled = [MinMaxScaler((0, largest)) for largest in range(1, AT_ONCE + 2)]
    filled = SimpleImputer(add_indicator=True, keep_empty_features=True)
    agree(make_union(*scaled, filled, make_pipeline(clone(filled), MinMaxScaler())), NUMBERS, KNOWN, ASKED)


def test_a_table_of_a_selected_encoder_may_be_torn_apart() -> None:
    made = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["category"]),
        (Calendar(), ["at"]),
        (Words(3), "note"),
    )
    agree(make_pipeline(made, SimpleImputer(), SelectKBest(k=9)), SCHEMA, KNOWN, ASKED)


def test_texts_without_a_word_give_no_column() -> None:
    known: Rows = [{"note": "", "full": 1.0}, {"note": "a", "full": 2.0}]
    made = make_column_transformer((Words(), "note"), ("passthrough", ["full"]))
    agree(made, schema_of("note", "full"), known, ASKED)


numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)


@settings(deadline=None, max_examples=60)
@given(
    known=st.lists(st.tuples(numbers, st.none() | st.text(max_size=3)), min_size=2, max_size=12),
    asked=st.lists(st.tuples(numbers, st.none() | st.text(max_size=3)), min_size=1, max_size=12),
)
def test_any_numbers_and_texts_are_the_same(known: list[Any], asked: list[Any]) -> None:
    schema = schema_of("number", "category")
    both = [[{"number": number, "category": text} for number, text in each] for each in (known, asked)]
    for encoding in ("one-hot", "ordinal"):
        agree(preprocessing(schema, encoding=encoding, filled=False), schema, *both)


def test_a_value_that_the_encoder_refuses_is_refused() -> None:
    fitted = OneHotEncoder().fit(frame(CATEGORIES, KNOWN))
    encoding = Encoding(encoder(through([("encode", fitted)], started(CATEGORIES))), KINDS)
    assert encoding.row(KNOWN[0])
    with pytest.raises(ModelFailed, match="refuses"):
        encoding.row({"category": "unseen", "only": "only"})
    with pytest.raises(ModelFailed, match="refuses"):
        encoding.matrix([{"category": "a", "only": "unseen"}])
    with pytest.raises(ModelFailed, match="refuses"):
        encoding.matrix([{"category": "a", "only": "unseen"}] * (FEW + 1))


class Mine(TransformerMixin, BaseEstimator):
    """A transformer of the user's own."""

    def fit(self, X: Any, y: Any = None) -> Mine:  # noqa: N803 - scikit-learn's name for it
        """Learn nothing."""
        return self

    def transform(self, X: Any) -> Any:  # noqa: N803 - scikit-learn's name for it
        """The same again."""
        return X


REFUSED: list[tuple[str, Any, Schema, str]] = [
    ("a type of the user's own", Mine(), NUMBERS, "'last' is a Mine"),
    ("a type that is not compiled", PolynomialFeatures(), schema_of("full"), "PolynomialFeatures"),
    ("neighbours that fill", KNNImputer(), NUMBERS, "KNNImputer"),
    ("a function", FunctionTransformer(np.abs), schema_of("full"), "a function of its own"),
    ("another missing value", SimpleImputer(missing_values=0.0), schema_of("full"), "other values"),
    ("a nested step", make_pipeline(Mine()), NUMBERS, "'mine' is a Mine"),
    ("weights", make_union(StandardScaler()).set_params(transformer_weights={"standardscaler": 2.0}),
     schema_of("full"), "weighs"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("step", "schema", "reason"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_what_is_not_understood_is_refused_by_name(step: Any, schema: Schema, reason: str) -> None:
    fitted = Pipeline([("last", step)]).fit(frame(schema, KNOWN))
    with pytest.raises(NotCompiled, match=reason):
        through(fitted.steps, started(schema))


def test_a_text_that_reaches_the_estimator_is_refused() -> None:
    with pytest.raises(NotCompiled, match="'category' reaches the estimator"):
        encoder(started(CATEGORIES))
