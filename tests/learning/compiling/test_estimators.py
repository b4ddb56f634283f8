"""Every compiled estimator answers as scikit-learn does: trees to the last bit, others to 1e-12."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.mixture import GaussianMixture
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeRegressor

from flyball.domain.errors import ModelFailed
from flyball.inference.compiled.arrays import unpacked
from flyball.inference.compiled.estimators import Estimator, opened
from flyball.inference.compiled.estimators.solver import Solver
from flyball.learning.compiling.estimators import compiled
from flyball.learning.compiling.reasons import NotCompiled
from tests.learning.compiling.families import (
    EXACT,
    FAMILIES,
    LEARNED,
    MISSING,
    TREES,
    TWO_CLASSES,
    answers,
    fitted,
    outcomes,
    table,
)

KINDS = {
    "classification": ("two", "three", "words"),
    "regression": ("values",),
    "clustering": ("none",),
    "anomaly_detection": ("none",),
}
ALL = [
    (task, name, kind)
    for task in FAMILIES
    for name in FAMILIES[task]
    for kind in KINDS[task]
    if kind in ("two", "values") or name not in TWO_CLASSES
]
TAKES_MISSING = [case for case in ALL if case[1] in MISSING]
WITH_TREES = [case for case in ALL if case[1] in TREES]


def stored(estimator: Any, task: str, columns: int) -> Estimator:
    """The compiled estimator, written to bytes and read again."""
    data = msgspec.msgpack.encode(compiled(estimator, task, columns))
    return msgspec.msgpack.decode(data, type=Estimator)


def solver(estimator: Any, task: str, rows: np.ndarray) -> Solver:
    """The compiled estimator at work."""
    return opened(stored(estimator, task, rows.shape[1]), rows.shape[1])


def agree(task: str, name: str, estimator: Any, rows: np.ndarray, solve: Solver) -> None:
    """All rows at once, and some of them alone."""
    expected, got = answers(task, estimator, rows), solve(rows)
    alone = np.concatenate([solve(rows[place : place + 1]) for place in range(50)])
    assert got.shape == expected.shape
    if (name in EXACT and task != "anomaly_detection") or task == "clustering":
        assert np.array_equal(got, expected)
        assert np.array_equal(alone, expected[:50])
        return
    assert np.allclose(got, expected, rtol=1e-12, atol=1e-12)
    assert np.allclose(alone, expected[:50], rtol=1e-12, atol=1e-12)
    if task == "classification":
        assert np.array_equal(got.argmax(axis=1), expected.argmax(axis=1))


@pytest.mark.parametrize(("task", "name", "kind"), ALL)
def test_a_compiled_estimator_answers_as_the_library_does(task: str, name: str, kind: str) -> None:
    rows, estimator = table(), fitted(task, name, kind)
    agree(task, name, estimator, rows, solver(estimator, task, rows))


@pytest.mark.parametrize(("task", "name", "kind"), ALL)
def test_one_column_is_enough(task: str, name: str, kind: str) -> None:
    rows, estimator = table(columns=1), fitted(task, name, kind, columns=1)
    agree(task, name, estimator, rows, solver(estimator, task, rows))


@pytest.mark.parametrize(("task", "name", "kind"), TAKES_MISSING)
def test_trees_send_a_missing_number_where_the_library_does(task: str, name: str, kind: str) -> None:
    rows, estimator = table(missing=0.1), fitted(task, name, kind, missing=0.1)
    agree(task, name, estimator, rows, solver(estimator, task, rows))


@pytest.mark.parametrize(("task", "name", "kind"), TAKES_MISSING)
def test_a_number_that_was_never_missing_may_be_missing_now(task: str, name: str, kind: str) -> None:
    rows, estimator = table(missing=0.1), fitted(task, name, kind)
    agree(task, name, estimator, rows, solver(estimator, task, rows))


@pytest.mark.parametrize(("task", "name", "kind"), WITH_TREES)
def test_rows_on_a_threshold_and_beside_it_go_the_librarys_way(task: str, name: str, kind: str) -> None:
    estimator = fitted(task, name, kind)
    data = stored(estimator, task, 6)
    thresholds = unpacked(data.threshold)[:1_000]  # type: ignore[union-attr] # trees have it
    places = unpacked(data.column)[:1_000]  # type: ignore[union-attr] # trees have it
    near = [thresholds, np.nextafter(thresholds, -np.inf), np.nextafter(thresholds, np.inf)]
    single = thresholds.astype(np.float32)
    near += [np.nextafter(single, np.float32(side)).astype(np.float64) for side in (-9e9, 9e9)]
    rows = np.tile(table()[: len(thresholds)], (len(near), 1))
    rows[np.arange(len(rows)), np.tile(places, len(near))] = np.concatenate(near)
    agree(task, name, estimator, rows[np.isfinite(rows).all(axis=1)], opened(data, 6))


@pytest.mark.parametrize("count", [1, 4, 20, 90])
@pytest.mark.parametrize("leaf_size", [1, 7, 30, 5_000])
def test_of_neighbours_equally_near_the_same_ones_are_taken(count: int, leaf_size: int) -> None:
    rows = np.round(table(columns=4))
    labels = np.arange(LEARNED) % 17
    classifier = KNeighborsClassifier(count, algorithm="kd_tree", leaf_size=leaf_size).fit(
        rows[:LEARNED], labels
    )
    solve = solver(classifier, "classification", rows)
    assert np.array_equal(solve(rows[:1_000]), classifier.predict_proba(rows[:1_000]))
    values = np.random.default_rng(1).normal(size=LEARNED)
    regressor = KNeighborsRegressor(count, algorithm="kd_tree", leaf_size=leaf_size).fit(
        rows[:LEARNED], values
    )
    solve = solver(regressor, "regression", rows)
    assert np.allclose(solve(rows[:1_000]), regressor.predict(rows[:1_000]), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("size", [2, 3, 30, 31, 32, 63, 64, 100])
def test_few_neighbours_are_found_too(size: int) -> None:
    rows = table(columns=2)
    estimator = KNeighborsRegressor(2, algorithm="kd_tree").fit(rows[:size], np.arange(size) ** 2.0)
    assert np.allclose(solver(estimator, "regression", rows)(rows), estimator.predict(rows), rtol=1e-12)


def test_a_tree_that_never_splits_is_compiled() -> None:
    rows = table()
    estimator = RandomForestRegressor(3, max_depth=1, min_samples_leaf=LEARNED, random_state=0)
    estimator.fit(rows[:LEARNED], outcomes("values", rows)[:LEARNED])
    assert np.array_equal(solver(estimator, "regression", rows)(rows), estimator.predict(rows))


def test_far_numbers_have_the_librarys_probabilities() -> None:
    rows = table(columns=2) * 1e5
    estimator = LogisticRegression().fit(rows[:LEARNED] / 1e5, outcomes("two", rows)[:LEARNED])
    got, expected = solver(estimator, "classification", rows)(rows), estimator.predict_proba(rows)
    assert np.allclose(got, expected, rtol=0, atol=1e-12)
    assert got.min() == 0.0


def test_a_row_too_far_for_any_distance_has_no_neighbours() -> None:
    solve = solver(fitted("regression", "nearest_neighbours", "values"), "regression", table())
    with pytest.raises(ModelFailed, match="further"):
        solve(np.full((1, 6), 1e300))


STRANGE = [
    (*case, number)
    for case in ALL
    for number in (np.nan, np.inf, -np.inf, 1e300)
    # At 1e300 the library takes the first row for the nearest one: see above.
    if case[2] not in ("three", "words") and not (case[1] == "nearest_neighbours" and number == 1e300)
]


@pytest.mark.parametrize(("task", "name", "kind", "number"), STRANGE)
def test_a_number_is_refused_where_the_library_refuses_it(
    task: str, name: str, kind: str, number: float
) -> None:
    estimator = fitted(task, name, kind)
    rows = table()[:3]
    rows[1, 0] = number
    solve = solver(estimator, task, rows)
    try:
        expected = answers(task, estimator, rows)
    except ValueError:
        with pytest.raises(ModelFailed):
            solve(rows)
    else:
        assert np.allclose(solve(rows), expected, rtol=1e-12, atol=1e-12, equal_nan=True)


REFUSED = [
    ("classification", SVC(), "two", "not compiled for classification"),
    ("classification", Ridge(), "two", "not compiled for classification"),
    ("classification", CalibratedClassifierCV(SVC(), ensemble=True), "two", "ensemble"),
    ("classification", CalibratedClassifierCV(LogisticRegression(), ensemble=False), "two", "SVC"),
    ("classification", CalibratedClassifierCV(SVC(kernel="poly"), ensemble=False), "two", "rbf"),
    ("classification", HistGradientBoostingClassifier(categorical_features=[4]), "two", "category"),
    ("classification", KNeighborsClassifier(weights="distance", algorithm="kd_tree"), "two", "equal weight"),
    ("classification", KNeighborsClassifier(algorithm="brute"), "two", "KD-tree"),
    ("classification", KNeighborsClassifier(algorithm="kd_tree", p=1), "two", "Euclidean"),
    ("classification", SGDClassifier(loss="log_loss"), "three", "two classes"),
    ("classification", SGDClassifier(loss="modified_huber"), "two", "log_loss"),
    ("classification", GradientBoostingClassifier(n_estimators=2, init=GaussianNB()), "two", "another estim"),
    ("regression", MLPRegressor(loss="poisson", max_iter=2), "values", "last layer"),
    ("regression", SVR(kernel="linear"), "values", "rbf"),
    ("clustering", GaussianMixture(2, covariance_type="tied"), "none", "covariances"),
]


@pytest.mark.parametrize(("task", "estimator", "kind", "reason"), REFUSED)
def test_what_is_not_compiled_says_why(task: str, estimator: Any, kind: str, reason: str) -> None:
    rows = table()[:200]
    with pytest.raises(NotCompiled, match=reason) as refusal:
        compiled(estimator.fit(rows, outcomes(kind, rows)), task, rows.shape[1])
    assert str(refusal.value).endswith(".")


def test_several_outcomes_are_not_compiled() -> None:
    rows = table()[:200]
    both = np.stack([outcomes("two", rows), outcomes("two", rows)], axis=1)
    for estimator in (RandomForestClassifier(2), KNeighborsClassifier(algorithm="kd_tree")):
        with pytest.raises(NotCompiled, match="several outcomes"):
            compiled(estimator.fit(rows, both), "classification", 6)
    with pytest.raises(NotCompiled, match="several values"):
        compiled(Ridge().fit(rows, both), "regression", 6)


def test_more_rows_than_can_be_searched_quickly_are_not_compiled() -> None:
    rows = np.random.default_rng(0).normal(size=(40_001, 5))
    estimator = KNeighborsRegressor(algorithm="kd_tree").fit(rows, rows[:, 0])
    with pytest.raises(NotCompiled, match="200,000 numbers"):
        compiled(estimator, "regression", 5)


def test_trees_that_are_too_many_or_too_deep_are_not_compiled() -> None:
    rows = np.arange(600.0)[:, np.newaxis]
    deep = DecisionTreeRegressor().fit(rows, 3.0 ** rows[:, 0])
    with pytest.raises(NotCompiled, match="deeper"):
        compiled(deep, "regression", 1)
    many = RandomForestRegressor(1, bootstrap=False).fit(rows, rows[:, 0])
    many.estimators_ *= 1_700
    with pytest.raises(NotCompiled, match="1,000,000 splits"):
        compiled(many, "regression", 1)


def test_another_number_of_columns_is_not_compiled() -> None:
    estimator = fitted("regression", "linear", "values")
    with pytest.raises(NotCompiled, match="columns"):
        compiled(estimator, "regression", 5)
