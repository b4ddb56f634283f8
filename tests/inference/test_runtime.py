"""Loading a version: the right bytes, the right answers, or nothing."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression

from flyball.domain.errors import ArtifactCorrupt, ArtifactUntrusted, GoldenMismatch, ModelFailed
from flyball.inference import runtime
from flyball.inference.frame import frame
from tests.inference.versions import SCHEMA, version

ROWS = [{"x": 0.0}, {"x": 1.0}, {"x": 2.0}]


def doubling() -> LinearRegression:
    """A model that doubles."""
    return LinearRegression().fit(frame(SCHEMA, ROWS), [0.0, 2.0, 4.0])


def test_a_version_answers_once_it_is_loaded() -> None:
    loaded = runtime.load(*version(doubling()))
    assert [round(output["value"], 9) for output in loaded.predict(ROWS)] == [0.0, 2.0, 4.0]
    assert loaded.predict([]) == []


def test_other_bytes_than_the_manifests_are_refused() -> None:
    manifest, data = version(doubling())
    with pytest.raises(ArtifactCorrupt):
        runtime.load(manifest, data[:-1])


def test_a_runtime_that_is_not_here_is_refused() -> None:
    manifest, data = version(doubling())
    artifact = replace(manifest.answering, runtime="pickle")
    with pytest.raises(ArtifactUntrusted, match="no runtime"):
        runtime.load(replace(manifest, artifacts=(artifact,)), data)


@pytest.mark.parametrize(
    ("value", "same"),
    [(2.0, True), (2.0 + 1e-12, True), (2.001, False), ("2", False)],
    ids=["equal", "in the last bits", "another number", "another type"],
)
def test_golden_answers_must_come_out_again(value: Any, same: bool) -> None:
    manifest, data = version(doubling(), golden=(({"x": 1.0}, {"value": value}),))
    if same:
        runtime.load(manifest, data)
        return
    with pytest.raises(GoldenMismatch):
        runtime.load(manifest, data)


class Forgetful:
    """A runtime that answers a row otherwise when it comes alone."""

    direct = False

    def predict(self, rows: Any) -> list[dict[str, Any]]:
        """The number of rows in the call."""
        return [{"value": float(len(rows))} for _ in rows]


def test_a_row_must_be_answered_alone_as_in_company() -> None:
    manifest, _ = version(doubling(), golden=((ROWS[0], {"value": 2.0}), (ROWS[1], {"value": 2.0})))
    with pytest.raises(GoldenMismatch):
        runtime.verify(manifest, Forgetful())


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_a_number_that_is_not_finite_is_an_error_and_no_answer(wrong: float) -> None:
    model = doubling()
    model.intercept_ = wrong
    loaded = runtime.load(*version(model))
    with pytest.raises(ModelFailed, match="not finite"):
        loaded.predict(ROWS)


def test_a_model_that_raises_is_told_without_the_values_it_saw() -> None:
    loaded = runtime.load(*version(doubling(), schema=replace(SCHEMA, fields=())))
    with pytest.raises(ModelFailed) as caught:
        loaded.predict([{"x": 4711.0}])
    assert "4711" not in str(caught.value)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["no", "no", "yes"], {"label": "no", "probabilities": {"no": 2 / 3, "yes": 1 / 3}}),
        ([False, False, True], {"label": False, "probabilities": {"false": 2 / 3, "true": 1 / 3}}),
        ([5, 5, 7], {"label": 5, "probabilities": {"5": 2 / 3, "7": 1 / 3}}),
    ],
    ids=["texts", "booleans", "integers"],
)
def test_a_classification_answers_with_its_own_labels(labels: list[Any], expected: Any) -> None:
    model = DummyClassifier().fit(frame(SCHEMA, ROWS), np.array(labels))
    output = runtime.load(*version(model, task="classification")).predict(ROWS[:1])[0]
    assert output == expected
    assert type(output["label"]) is type(labels[0])


def test_a_clustering_answers_with_the_number_of_a_cluster() -> None:
    model = KMeans(2, random_state=0).fit(frame(SCHEMA, ROWS))
    output = runtime.load(*version(model, task="clustering")).predict(ROWS[:1])[0]
    assert output.keys() == {"cluster"}
    assert type(output["cluster"]) is int


def test_threads_may_ask_at_once() -> None:
    numbers = [{"x": float(place)} for place in range(200)]
    model = HistGradientBoostingRegressor(max_iter=5).fit(frame(SCHEMA, numbers), np.arange(200.0))
    loaded = runtime.load(*version(model))
    alone = [loaded.predict([row])[0] for row in numbers]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda row: loaded.predict([row])[0], numbers))
    assert together == alone


def test_nothing_heavy_is_loaded_before_a_version_needs_it() -> None:
    heavy = "{'sklearn', 'pandas', 'skops', 'scipy'}"
    code = f"import sys, flyball.inference.runtime; print(*{heavy} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
