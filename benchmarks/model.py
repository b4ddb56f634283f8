"""The model of the benchmark: boosting on numbers and categories, as ``examples`` would build it."""

from __future__ import annotations

import numpy as np
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder

from flyball.domain.schema import Field, Kind, Schema
from flyball.domain.values import Scalar
from flyball.inference.frame import frame
from flyball.learning.dataset import Dataset
from flyball.learning.package import Package, packaged

CATEGORIES = {
    "workclass": ("private", "government", "own"),
    "education": ("school", "college", "university"),
    "marital": ("single", "married", "divorced"),
    "occupation": ("office", "craft", "sales", "service"),
    "region": ("north", "south", "east", "west"),
    "contract": ("permanent", "fixed"),
}
NUMBERS = ("age", "hours", "gain", "loss", "years", "distance", "children", "tenure")
SCHEMA = Schema(
    (
        *(Field(name=name, kind=Kind.NUMBER, low=0, high=100) for name in NUMBERS),
        *(Field(name=name, kind=Kind.CATEGORY, categories=values) for name, values in CATEGORIES.items()),
    )
)
ROWS = 5000


def rows() -> list[dict[str, Scalar]]:
    """14 features, as many as the census data has."""
    random = np.random.default_rng(0)
    numbers = random.uniform(0, 100, (ROWS, len(NUMBERS)))
    chosen = {name: random.choice(values, ROWS) for name, values in CATEGORIES.items()}
    return [
        dict(zip(NUMBERS, map(float, numbers[place]), strict=True))
        | {name: str(values[place]) for name, values in chosen.items()}
        for place in range(ROWS)
    ]


def build() -> tuple[Pipeline, Package]:
    """The fitted pipeline, its artifacts and its manifest, as version 1 of ``income``."""
    known = rows()
    table = frame(SCHEMA, known)
    target = np.where(table["age"] + table["hours"] + 20 * (table["region"] == "north") > 100, "yes", "no")
    target = target.astype(object)
    encoder = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), list(CATEGORIES)),
        remainder="passthrough",
    )
    model = make_pipeline(encoder, HistGradientBoostingClassifier(random_state=0)).fit(table, target)
    keys = np.arange(ROWS).astype(str)
    dataset = Dataset(
        frame=table,
        target=target,
        entities=np.arange(ROWS)[:, None],
        times=None,
        known_at=None,
        keys=keys,
        schema=SCHEMA,
    )
    return model, packaged(model, dataset, SCHEMA, endpoint="income", task="classification")
