"""Why a version answers as it does: the parts of the ``shap`` package, on each family of the catalogue."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.pipeline import Pipeline
from sklearn.tree import DecisionTreeRegressor

from flyball.domain.values import label_text
from flyball.inference import runtime
from flyball.inference.frame import scalars
from flyball.inference.reasons.explained import Explained, Explainer, largest
from flyball.inference.reasons.opening import artifact_of, opened
from flyball.learning.catalog import BASELINE, CATALOG
from flyball.learning.dataset import Dataset
from flyball.learning.package import Package, packaged
from flyball.learning.pipeline import prepared
from tests.learning import rows

shap = pytest.importorskip("shap", reason="It has no wheels for Macs with Intel processors.")

TREES = [
    (task, name)
    for task in ("classification", "regression")
    for name in ("forest", "extra_trees", "boosting")
]
ADDED = [*TREES, ("classification", "linear"), ("regression", "linear")]
ABLATED = [
    ("classification", "svm"),
    ("classification", "nearest_neighbours"),
    ("classification", "naive_bayes"),
    ("classification", "baseline"),
    ("regression", "svm"),
    ("regression", "nearest_neighbours"),
    ("regression", "baseline"),
]
CENTRES = ["kmeans", "minibatch_kmeans", "bisecting_kmeans"]
SOME = 12
"""Rows that are explained in each test."""


class Version:
    """A fitted pipeline, what is made of it, and the first rows with their answers."""

    def __init__(self, data: Dataset, task: str, estimator: Any, *, background: int = 0, **how: Any) -> None:
        self.data = data
        self.pipeline: Pipeline = prepared(rows.SCHEMA, estimator, task=task, **how)
        self.pipeline.fit(data.frame, data.target)
        self.made: Package = packaged(
            self.pipeline, data, rows.SCHEMA, endpoint="x", task=task, background=background
        )
        manifest, files = self.made.manifest, self.made.files
        loaded = runtime.load(manifest, self.made.answering)
        self.explainer: Explainer = opened(
            manifest, files[artifact_of(manifest).digest], self.made.answering, loaded
        )
        self.rows = scalars(rows.SCHEMA, data.frame[:SOME])
        self.outputs = loaded.predict(self.rows)
        self.explained = [self.explainer.explain(*pair) for pair in zip(self.rows, self.outputs, strict=True)]

    @property
    def encoded(self) -> np.ndarray:
        """The columns that the estimator takes, of all rows."""
        return np.asarray(self.pipeline[:-1].transform(self.data.frame), dtype=np.float64)

    @property
    def chosen(self) -> np.ndarray:
        """The place of each answer's class; 0 of values."""
        classes = self.made.manifest.classes
        return np.array([classes.index(each["label"]) if classes else 0 for each in self.outputs])

    def summed(self, columns: np.ndarray) -> np.ndarray:
        """Parts of columns, (rows, columns), as parts of fields, by the names scikit-learn gives them."""
        parts = np.zeros((len(columns), len(rows.SCHEMA.fields)))
        for place, name in enumerate(self.pipeline[:-1].get_feature_names_out()):
            parts[:, rows.SCHEMA.names.index(_field(name))] += columns[:, place]
        return parts


def _field(column: str) -> str:
    group, _, name = column.partition("__")
    if group.startswith("text"):
        return "letter"
    name = name.removeprefix("missingindicator_")
    return next(known for known in rows.SCHEMA.names if name == known or name.startswith(f"{known}_"))


def _of_class(version: Version, values: Any) -> np.ndarray:
    """The answered class's: of two classes ``shap`` may give the second's alone."""
    if values.ndim == 3:
        return np.asarray(values[np.arange(len(values)), :, version.chosen])
    if len(version.made.manifest.classes) == 2:
        return np.asarray(values * np.where(version.chosen == 1, 1.0, -1.0)[:, np.newaxis])
    return np.asarray(values)


def _version(folder: Path, task: str, name: str, **options: Any) -> Version:
    entry = BASELINE[task] if name == "baseline" else CATALOG[task][name]
    how = {key: options.pop(key) for key in ("background", "encoding") if key in options}
    data = rows.dataset(folder, task=task, **options)
    return Version(data, task, entry.make(0), filled=not entry.takes_missing, **how)


def _parts(version: Version) -> np.ndarray:
    return np.array([each.parts for each in version.explained])


def _check_sums(version: Version, link: Callable[[Explained], float | None]) -> None:
    """The parts add up to the answer, and the answer is the output's own."""
    for found, output in zip(version.explained, version.outputs, strict=True):
        assert found.base + found.parts.sum() == pytest.approx(found.answer, abs=1e-9)
        expected = link(found)
        told = output["value"] if "value" in output else output["probabilities"][label_text(found.of)]
        assert expected is None or told == pytest.approx(expected, abs=1e-6)


LINKS: dict[str, Callable[[Explained], float | None]] = {
    "value": lambda found: found.answer,
    "probability": lambda found: found.answer,
    "log-odds": lambda found: 1 / (1 + float(np.exp(-found.answer))),
    "score": lambda found: None,
}


@pytest.mark.parametrize("encoding", ["one-hot", "ordinal"])
@pytest.mark.parametrize(("task", "name"), TREES)
def test_trees_have_the_path_dependent_values_of_shap(
    tmp_path: Path, task: str, name: str, encoding: str
) -> None:
    version = _version(tmp_path, task, name, encoding=encoding)
    explainer = shap.TreeExplainer(version.pipeline[-1])
    values = explainer.shap_values(version.encoded[:SOME], check_additivity=False)
    expected = version.summed(_of_class(version, values))
    assert {each.method for each in version.explained} == {"tree_path_dependent"}
    np.testing.assert_allclose(_parts(version), expected, atol=1e-6, rtol=0)
    _check_sums(version, LINKS[version.explained[0].unit])


@pytest.mark.parametrize("name", ["forest", "boosting", "linear"])
def test_of_three_classes_the_answered_one_is_explained(tmp_path: Path, name: str) -> None:
    version = _version(tmp_path, "classification", name, outcomes=("low", "middle", "high"))
    last, encoded = version.pipeline[-1], version.encoded
    if name == "linear":
        values = shap.LinearExplainer(last, _all(encoded)).shap_values(encoded[:SOME])
    else:
        values = shap.TreeExplainer(last).shap_values(encoded[:SOME], check_additivity=False)
    assert [each.of for each in version.explained] == [each["label"] for each in version.outputs]
    assert len({each.of for each in version.explained}) == 3
    expected = version.summed(_of_class(version, values))
    np.testing.assert_allclose(_parts(version), expected, atol=1e-6, rtol=0)
    _check_sums(version, LINKS[version.explained[0].unit])


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_linear_models_have_the_values_of_shap_against_the_mean_row(tmp_path: Path, task: str) -> None:
    version = _version(tmp_path, task, "linear")
    explainer = shap.LinearExplainer(version.pipeline[-1], _all(version.encoded))
    expected = version.summed(_of_class(version, explainer.shap_values(version.encoded[:SOME])))
    assert {each.method for each in version.explained} == {"linear"}
    np.testing.assert_allclose(_parts(version), expected, atol=1e-6, rtol=0)
    _check_sums(version, LINKS[version.explained[0].unit])


def _all(encoded: np.ndarray) -> Any:
    return shap.maskers.Independent(encoded, max_samples=len(encoded))


def _against(folder: Path, task: str, name: str, **parameters: Any) -> tuple[Version, np.ndarray]:
    """A version of few columns that is explained against a background, and the background's columns."""
    entry = CATALOG[task][name]
    data = rows.dataset(folder, task=task)
    data.frame["amount"] = data.frame["amount"].astype(np.float32).astype(np.float64)
    numbers = ["amount", "hours-per-week", "member", "colour", "branch"]
    how = {"filled": not entry.takes_missing, "encoding": "ordinal", "fields": numbers}
    version = Version(data, task, entry.make(0).set_params(**parameters), background=20, **how)
    assert {each.method for each in version.explained} == {"tree_interventional"}
    return version, version.encoded[np.linspace(0, len(data) - 1, 20, dtype=np.int64)]


@pytest.mark.parametrize(("task", "name"), TREES)
def test_trees_against_a_background_have_the_interventional_values_of_shap(
    tmp_path: Path, task: str, name: str
) -> None:
    # Of deeper trees shap's values do not add up to the answer, nor of columns that float32 does not hold.
    version, background = _against(tmp_path, task, name, max_depth=3)
    single = background.astype(np.float32), version.encoded[:SOME].astype(np.float32)
    explainer = shap.TreeExplainer(
        version.pipeline[-1], single[0], feature_perturbation="interventional", model_output="raw"
    )
    values = explainer.shap_values(single[1], check_additivity=False)
    expected = version.summed(_of_class(version, values))
    np.testing.assert_allclose(_parts(version), expected, atol=1e-6, rtol=0)
    _check_sums(version, LINKS[version.explained[0].unit])


@pytest.mark.parametrize("name", ["forest", "extra_trees", "boosting"])
def test_deep_trees_have_the_values_of_every_subset_tried(tmp_path: Path, name: str) -> None:
    version, background = _against(tmp_path, "regression", name)
    encoded, width = version.encoded, background.shape[1]
    for place in range(3):
        answers = {}
        for subset in _subsets(range(width)):
            mixed = background.copy()
            mixed[:, list(subset)] = encoded[place, list(subset)]
            answers[subset] = version.pipeline[-1].predict(mixed).mean()
        parts = np.zeros(width)
        for column in range(width):
            for subset in _subsets([each for each in range(width) if each != column]):
                weight = math.comb(width - 1, len(subset)) * width
                joined = tuple(sorted((*subset, column)))
                parts[column] += (answers[joined] - answers[subset]) / weight
        found = version.explained[place].parts
        np.testing.assert_allclose(found, version.summed(parts[np.newaxis])[0], atol=1e-9, rtol=0)


def _subsets(places: Iterable[int]) -> list[tuple[int, ...]]:
    every = list(places)
    return [each for size in range(len(every) + 1) for each in itertools.combinations(every, size)]


@pytest.mark.parametrize(
    ("task", "estimator"),
    [
        ("classification", GradientBoostingClassifier(n_estimators=20, random_state=0)),
        ("regression", DecisionTreeRegressor(random_state=0)),
    ],
)
def test_other_trees_are_explained_too(tmp_path: Path, task: str, estimator: Any) -> None:
    version = Version(rows.dataset(tmp_path, task=task), task, estimator)
    values = shap.TreeExplainer(version.pipeline[-1]).shap_values(version.encoded[:SOME])
    expected = version.summed(_of_class(version, values))
    np.testing.assert_allclose(_parts(version), expected, atol=1e-6, rtol=0)
    _check_sums(version, LINKS[version.explained[0].unit])


@pytest.mark.parametrize(("task", "name"), ABLATED)
def test_all_else_is_explained_by_ablation_whose_parts_add_up(tmp_path: Path, task: str, name: str) -> None:
    version = _version(tmp_path, task, name)
    assert {each.method for each in version.explained} == {"ablation"}
    if name == "baseline":  # it looks at no field
        assert not _parts(version).any()
        assert all(largest(each, rows.SCHEMA, {}, 3).parts == () for each in version.explained)
        return
    _check_sums(version, LINKS[version.explained[0].unit])
    amount, hours = (np.abs(_parts(version)).mean(axis=0)[place] for place in (0, 1))
    assert amount > 3 * hours  # the outcome follows the one, and not the other


@pytest.mark.parametrize("name", CENTRES)
def test_clusters_are_explained_by_the_squared_distance_to_their_centre(tmp_path: Path, name: str) -> None:
    version = _version(tmp_path, "clustering", name)
    encoded, last = version.encoded, version.pipeline[-1]
    for place, found in enumerate(version.explained):
        apart = (encoded - last.cluster_centers_[version.outputs[place]["cluster"]]) ** 2
        assert (found.method, found.unit) == ("linear", "squared distance")
        assert found.of == version.outputs[place]["cluster"]
        assert found.base == pytest.approx(apart.sum(axis=1).mean())
        assert found.answer == pytest.approx(apart[place].sum())
        expected = version.summed(apart[[place]] - apart.mean(axis=0))
        np.testing.assert_allclose(found.parts, expected[0], atol=1e-9, rtol=0)


def test_clusters_without_centres_have_no_reasons_and_the_version_says_so(tmp_path: Path) -> None:
    data = rows.dataset(tmp_path, task="clustering")
    estimator = CATALOG["clustering"]["gaussian_mixture"].make(0)
    model = prepared(rows.SCHEMA, estimator, task="clustering").fit(data.frame)
    made = packaged(model, data, rows.SCHEMA, endpoint="x", task="clustering")
    assert all(each.role != "reasons" for each in made.manifest.artifacts)
    assert made.compiling["reasons"] == "There are reasons only for clusters with centres."


def test_the_largest_parts_are_told_first_and_the_rest_completes_the_sum(tmp_path: Path) -> None:
    version = _version(tmp_path, "classification", "boosting")
    told = largest(version.explained[0], rows.SCHEMA, version.rows[0], 2)
    sizes = np.sort(np.abs(version.explained[0].parts))[::-1]
    assert [abs(each.part) for each in told.parts] == sizes[:2].tolist()
    assert [each.value for each in told.parts] == [version.rows[0][each.field] for each in told.parts]
    total = told.base + sum(each.part for each in told.parts) + told.rest
    assert total == pytest.approx(told.answer, abs=1e-12)
