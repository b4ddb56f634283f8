"""The steps before a pipeline's estimator as a row encoder, type by type."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from sklearn import compose, feature_selection, impute, pipeline, preprocessing

from flyball.domain.schema import NUMERIC, Field, Kind, Schema
from flyball.inference import transformers
from flyball.inference.compiled.columns import PARTS
from flyball.learning.compiling import reasons
from flyball.learning.compiling.columns import Columns, Number, Raw
from flyball.learning.compiling.lookups import encoded, replaced
from flyball.learning.compiling.reasons import NotCompiled

Several = Sequence[Columns]


def started(schema: Schema) -> list[Columns]:
    """The columns of the schema's frame."""
    return [_started(field) for field in schema.fields]


def through(steps: Sequence[tuple[str, Any]], columns: Several) -> list[Columns]:
    """The columns after named steps, one after another. Raises ``NotCompiled`` that names step and type."""
    made = list(columns)
    for name, step in steps:
        made = _step(name, step, made)
    return made


def _started(field: Field) -> Columns:
    return Number(field.name) if field.kind in NUMERIC else Raw(field.name, field.kind)


def _step(name: str, step: Any, columns: Several) -> list[Columns]:
    if step is None or (isinstance(step, str) and step == "passthrough"):
        return list(columns)
    compiler = COMPILERS.get(type(step))
    if compiler is None:
        raise NotCompiled(
            f"The step {name!r} is a {type(step).__name__}: this type of transformer is not compiled."
        )
    if getattr(step, "n_features_in_", len(columns)) != len(columns):
        raise NotCompiled(f"The step {name!r} was fitted on another number of columns.")
    return compiler(step, columns)


def _pipeline(step: Any, columns: Several) -> list[Columns]:
    return through(step.steps, columns)


def _side_by_side(step: Any, columns: Several) -> list[Columns]:
    if step.transformer_weights:
        raise reasons.of(step, "it weighs its transformers")
    made: list[Columns] = []
    for name, transformer, _ in step.transformers_:
        places = step._transformer_to_input_indices[name]
        if isinstance(transformer, str) and transformer == "drop":
            continue
        part = _step(name, transformer, [columns[place] for place in places]) if len(places) else []
        expected = step.output_indices_[name]
        if len(part) != expected.stop - expected.start:
            raise NotCompiled(f"The step {name!r} makes another number of columns than is understood.")
        made += part
    return made


def _union(step: Any, columns: Several) -> list[Columns]:
    if step.transformer_weights:
        raise reasons.of(step, "it weighs its transformers")
    parts = [_step(name, each, columns) for name, each in step.transformer_list if each != "drop"]
    return [column for part in parts for column in part]


def _imputed(step: Any, columns: Several) -> list[Columns]:
    raw = [isinstance(column, Raw) for column in columns]
    if any(raw) and all(raw):
        return replaced(step, columns)
    if not (isinstance(step.missing_values, float) and math.isnan(step.missing_values)):
        raise reasons.of(step, "it fills other values than missing ones")
    numbers = np.asarray(step.statistics_, dtype=np.float64)
    keeps = step.strategy == "constant" or step.keep_empty_features
    made = [
        column.filled(number)
        for column, number in zip(columns, numbers.tolist(), strict=True)
        if keeps or not math.isnan(number)
    ]
    if step.add_indicator:
        made += [columns[place].flagged() for place in step.indicator_.features_]
    return made


def _standard(step: Any, columns: Several) -> list[Columns]:
    centres = step.mean_ if step.with_mean else None
    return _each(columns, ("minus", centres), ("over", step.scale_ if step.with_std else None))


def _robust(step: Any, columns: Several) -> list[Columns]:
    centres = step.center_ if step.with_centering else None
    return _each(columns, ("minus", centres), ("over", step.scale_ if step.with_scaling else None))


def _min_max(step: Any, columns: Several) -> list[Columns]:
    low, high = step.feature_range if step.clip else (None, None)
    return _each(columns, ("times", step.scale_), ("plus", step.min_), ("at_least", low), ("at_most", high))


def _largest(step: Any, columns: Several) -> list[Columns]:
    low, high = (-1.0, 1.0) if getattr(step, "clip", False) else (None, None)
    return _each(columns, ("over", step.scale_), ("at_least", low), ("at_most", high))


def _each(columns: Several, *steps: tuple[Any, Any]) -> list[Columns]:
    """One operation after another on every column, each with a number of its own, or all with one."""
    made = list(columns)
    for operation, numbers in steps:
        if numbers is None:
            continue
        own = np.broadcast_to(np.asarray(numbers, dtype=np.float64), (len(made),)).tolist()
        made = [column.changed(operation, number) for column, number in zip(made, own, strict=True)]
    return made


def _selected(step: Any, columns: Several) -> list[Columns]:
    return [column for column, stays in zip(columns, step.get_support(), strict=True) if stays]


def _unchanged(step: Any, columns: Several) -> list[Columns]:
    if step.func is not None:
        raise reasons.of(step, "it calls a function of its own")
    return list(columns)


def _calendar(step: Any, columns: Several) -> list[Columns]:
    if not all(isinstance(column, Raw) and column.kind is Kind.TIMESTAMP for column in columns):
        raise reasons.of(step, "it takes a field that is no timestamp")
    return [Number(column.field, part=part) for column in columns for part in range(len(PARTS))]


def _words(step: Any, columns: Several) -> list[Columns]:
    (column,) = columns
    if not (isinstance(column, Raw) and column.kind is Kind.TEXT):
        raise reasons.of(step, "it takes a field that is no text")
    if step.vectorizer_ is None:
        return []
    words = {word: int(place) for word, place in step.vectorizer_.vocabulary_.items()}
    found = tuple(sorted(words, key=words.__getitem__))
    weights = tuple(np.asarray(step.vectorizer_.idf_, dtype=np.float64).tolist())
    return [Number(column.field, part=place, words=(found, weights)) for place in range(len(found))]


SELECTORS = (
    feature_selection.SelectPercentile,
    feature_selection.SelectKBest,
    feature_selection.SelectFpr,
    feature_selection.SelectFdr,
    feature_selection.SelectFwe,
    feature_selection.GenericUnivariateSelect,
    feature_selection.SelectFromModel,
    feature_selection.RFE,
    feature_selection.RFECV,
    feature_selection.VarianceThreshold,
)

COMPILERS: Mapping[type, Callable[[Any, Several], list[Columns]]] = {
    pipeline.Pipeline: _pipeline,
    pipeline.FeatureUnion: _union,
    compose.ColumnTransformer: _side_by_side,
    impute.SimpleImputer: _imputed,
    preprocessing.StandardScaler: _standard,
    preprocessing.RobustScaler: _robust,
    preprocessing.MinMaxScaler: _min_max,
    preprocessing.MaxAbsScaler: _largest,
    preprocessing.OneHotEncoder: encoded,
    preprocessing.OrdinalEncoder: encoded,
    preprocessing.FunctionTransformer: _unchanged,
    transformers.Calendar: _calendar,
    transformers.Words: _words,
    **dict.fromkeys(SELECTORS, _selected),
}
"""By the very type: a subclass may do otherwise."""
