"""What is asked: rows of the census, or of data that scikit-learn brings; and the two models that answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.pipeline import Pipeline

from flyball.domain.schema import Field, Kind, Schema
from flyball.domain.values import Scalar
from flyball.inference.frame import conform
from flyball.learning.catalog import CATALOG
from flyball.learning.dataset import Dataset
from flyball.learning.package import Package, packaged
from flyball.learning.pipeline import prepared

OUTCOME = "income"
ASKED = 1000
"""Distinct rows that are asked, over and over."""
SMALL = 500
"""Rows that a small version learns from."""


@dataclass(frozen=True, slots=True)
class Data:
    """A table to learn from, its outcomes, and what may be asked of it."""

    name: str
    table: pd.DataFrame
    target: np.ndarray
    schema: Schema

    def asked(self, number: int = ASKED) -> list[dict[str, Scalar]]:
        """So many distinct rows, as a client sends them; fewer where there are no more."""
        distinct = self.table.drop_duplicates()
        chosen = distinct.sample(min(number, len(distinct)), random_state=0)
        columns = [chosen[name].tolist() for name in self.schema.names]
        return [dict(zip(self.schema.names, values, strict=True)) for values in zip(*columns, strict=True)]


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted pipeline, and the version that Flyball makes of it."""

    pipeline: Pipeline
    package: Package


def read(path: Path | None) -> Data:
    """The census in a CSV file with a column ``income``; without a file, tumours from scikit-learn.

    Raises ``SystemExit`` where the file has no such column.
    """
    if path is None:
        found = load_breast_cancer(as_frame=True)
        target = found.target_names[found.target].astype(object)
        return _data("breast cancer, which scikit-learn brings", found.data, target)
    # What is missing, an empty cell or a question mark, is a category: every server reads a row alike then.
    table = pd.read_csv(path, skipinitialspace=True, keep_default_na=False)
    if OUTCOME not in table:
        raise SystemExit(f"The file has no column {OUTCOME!r}.")
    return _data("census", table.drop(columns=OUTCOME), table[OUTCOME].to_numpy(object))


def boosting(data: Data) -> Model:
    """The catalogue's boosting, compiled. Raises ``SystemExit`` where it was not to be compiled."""
    model = fitted(data, "boosting")
    if model.package.manifest.answering.runtime != "compiled":
        raise SystemExit(f"Boosting is not compiled: {model.package.compiling['reason']}")
    return model


def forest(data: Data) -> Model:
    """The catalogue's forest, as a version that scikit-learn answers."""
    model = fitted(data, "forest")
    found = model.package.manifest
    own = next(each for each in found.artifacts if each.runtime == "scikit-learn")
    alone = replace(found, artifacts=(replace(own, unused=""),))
    return replace(model, package=replace(model.package, manifest=alone))


def small(data: Data, number: int) -> Package:
    """A small version: linear or boosting, in turns, learned from a few rows of their own."""
    rows = np.random.default_rng(number).choice(len(data.table), min(SMALL, len(data.table)), replace=False)
    part = replace(data, table=data.table.iloc[rows].reset_index(drop=True), target=data.target[rows])
    return fitted(part, ("linear", "boosting")[number % 2]).package


def fitted(data: Data, algorithm: str) -> Model:
    """A candidate of the catalogue, with the parameters that are tried next to the defaults."""
    entry = CATALOG["classification"][algorithm]
    estimator = entry.make(0).set_params(**entry.start)
    table = conform(data.schema, data.table)
    pipeline = prepared(data.schema, estimator, task="classification", filled=not entry.takes_missing)
    pipeline.fit(table, data.target)
    numbers = np.arange(len(table))
    dataset = Dataset(
        frame=table,
        target=data.target,
        entities=numbers[:, None],
        times=None,
        known_at=None,
        keys=numbers.astype(str),
        schema=data.schema,
    )
    made = packaged(pipeline, dataset, data.schema, endpoint=algorithm, task="classification")
    return Model(pipeline, made)


def _data(name: str, table: pd.DataFrame, target: np.ndarray) -> Data:
    fields: Sequence[Field] = [_field(str(column), table[column]) for column in table]
    return Data(f"{name}: {len(table):,} rows, {len(fields)} features", table, target, Schema(tuple(fields)))


def _field(name: str, values: pd.Series) -> Field:
    if not pd.api.types.is_numeric_dtype(values):
        return Field(name=name, kind=Kind.CATEGORY, categories=tuple(sorted(values.unique())))
    kind = Kind.INTEGER if pd.api.types.is_integer_dtype(values) else Kind.NUMBER
    return Field(name=name, kind=kind, low=float(values.min()), high=float(values.max()))
