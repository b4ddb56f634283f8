"""What is kept of LightGBM and XGBoost answers every row as the library itself does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from lightgbm import LGBMClassifier
from sklearn.base import clone
from xgboost import XGBClassifier

from flyball.domain.errors import ModelFailed
from flyball.inference.boosted.training import Course, Grown
from flyball.inference.compiled.estimators.nodes import Tree
from flyball.inference.compiled.estimators.trees import DEEPEST
from tests.inference.boosted.libraries import NAMES, SEED, Both, changed, made
from tests.learning.compiling.families import LEARNED, outcomes, table

WITHIN = 1e-6
KINDS = ("two", "three", "values")
BOTH = pytest.mark.parametrize("name", NAMES)


def both(name: str, kind: str = "two", *, missing: float = 0.1, columns: int = 6, **parameters: Any) -> Both:
    """Fitted on the first rows of the table."""
    rows = table(columns, missing)
    known = outcomes(kind, rows)[:LEARNED]
    return Both(made(name, known, **parameters), rows[:LEARNED], known)


def beside(fitted: Both) -> np.ndarray:
    """Rows with a number on a threshold, and on its neighbours in float64 and in float32."""
    estimator = fitted.estimator
    places = np.linspace(0, len(estimator.threshold_) - 1, 300, dtype=np.int64)
    thresholds, columns = estimator.threshold_[places], estimator.column_[places]
    single = thresholds.astype(np.float32)
    near = [thresholds, single.astype(np.float64)]
    for side in (-np.inf, np.inf):
        near += [np.nextafter(thresholds, side), np.nextafter(single, np.float32(side)).astype(np.float64)]
        near += [np.nextafter(thresholds.astype(np.float32), np.float32(side)) * (1 + 1e-12)]
    rows = np.tile(table(missing=0.1)[:300], (len(near), 1))
    rows[np.arange(len(rows)), np.tile(columns, len(near))] = np.concatenate(near)
    return rows


@BOTH
@pytest.mark.parametrize(
    ("kind", "missing"), [("two", 0.0), ("two", 0.1), ("words", 0.1), ("values", 0.0), ("values", 0.1)]
)
def test_it_answers_rows_that_it_has_not_seen_as_the_library_does(
    name: str, kind: str, missing: float
) -> None:
    fitted = both(name, kind, missing=missing)
    assert fitted.apart(table(missing=0.1)) <= WITHIN


@BOTH
@pytest.mark.parametrize("kind", ["two", "values"])
def test_a_number_on_a_threshold_or_beside_it_goes_the_librarys_way(name: str, kind: str) -> None:
    fitted = both(name, kind)
    assert fitted.apart(beside(fitted)) <= WITHIN


@BOTH
def test_whole_numbers_as_thresholds_and_numbers_next_to_zero_go_the_librarys_way(name: str) -> None:
    rows = np.random.default_rng(3).integers(-3, 4, (LEARNED, 3)).astype(np.float64)
    known = (rows.sum(axis=1) > 0).astype(np.int64)
    fitted = Both(made(name, known), rows, known)
    edge = float(np.float32(1e-35))  # up to here LightGBM takes a number for 0
    tiny = np.array([0.0, 1e-300, 1e-45, 1e-40, 1e-35, edge, np.nextafter(edge, 1), 1e-34, 1e-30])
    tiny = np.concatenate([tiny, -tiny])
    near = np.concatenate([tiny, *(np.arange(-4.0, 5.0) + by for by in (0, 1e-9, -1e-9, 1e-15, 0.5))])
    asked = np.tile(rows[: len(near)], (3, 1))
    asked[np.arange(len(asked)), np.repeat(np.arange(3), len(near))] = np.tile(near, 3)
    assert fitted.apart(asked) <= WITHIN


@BOTH
@pytest.mark.parametrize("loss", ["absolute_error", "quantile", "poisson", "gamma"])
def test_every_loss_is_kept(name: str, loss: str) -> None:
    fitted = both(name, "values", loss=loss, quantile=0.3 if loss == "quantile" else None)
    assert fitted.apart(table(missing=0.1)) <= WITHIN


@BOTH
def test_a_quantile_is_above_so_many_of_the_rows(name: str) -> None:
    fitted = both(name, "values", loss="quantile", quantile=0.9, learning_rate=0.1)
    rows = table(missing=0.1)
    share = np.mean(outcomes("values", rows)[LEARNED:] <= fitted.answers(rows[LEARNED:]))
    assert 0.8 < share < 0.96


DEEP: dict[str, dict[str, Any]] = {
    "lightgbm": {"num_leaves": 255, "min_child_samples": 1},
    "xgboost": {"max_depth": 0, "max_leaves": 255, "grow_policy": "lossguide", "min_child_weight": 0.01},
}


@BOTH
@pytest.mark.parametrize("kind", ["three", "values"])
def test_deep_trees_are_kept(name: str, kind: str) -> None:
    fitted = both(name, kind, n_estimators=8, **DEEP[name])
    assert fitted.apart(table(missing=0.1)) <= WITHIN
    assert fitted.apart(beside(fitted)) <= WITHIN


def _deep(course: Course, found: Grown) -> Grown:
    """One tree that leads down on its right alone."""
    splits = np.arange(DEEPEST + 1)
    leaves = np.full(DEEPEST + 2, -1)
    tree = Tree(
        left=np.concatenate([splits + DEEPEST + 1, leaves]),
        right=np.concatenate([splits[1:], [2 * DEEPEST + 2], leaves]),
        column=np.zeros(2 * DEEPEST + 3, int),
        threshold=np.arange(2.0 * DEEPEST + 3),
        missing_left=np.zeros(2 * DEEPEST + 3, int),
        values=np.zeros((2 * DEEPEST + 3, 1)),
    )
    return found._replace(trees=[tree], weights=[np.ones(2 * DEEPEST + 3)])


@BOTH
def test_trees_deeper_than_are_answered_fail_and_say_why(name: str) -> None:
    rows, known = table()[:100], outcomes("values", table())[:100]
    with pytest.raises(ModelFailed, match="cannot be kept"):
        changed(made(name, known), _deep).fit(rows, known)


@BOTH
@pytest.mark.parametrize("kind", KINDS)
def test_one_tree_is_enough(name: str, kind: str) -> None:
    fitted = both(name, kind, n_estimators=1)
    assert len(fitted.estimator.roots_) == (3 if kind == "three" else 1)
    assert fitted.apart(table(missing=0.1)) <= WITHIN


@BOTH
@pytest.mark.parametrize("kind", KINDS)
def test_trees_that_never_split_are_kept(name: str, kind: str) -> None:
    nothing = np.ones((LEARNED, 2))  # columns that are constant
    known = outcomes(kind, table())[:LEARNED]
    fitted = Both(made(name, known), nothing, known)
    assert fitted.apart(table(2, missing=0.1)) <= WITHIN


@BOTH
def test_columns_that_are_constant_or_missing_throughout_are_kept(name: str) -> None:
    rows = table(missing=0.1)
    rows[:, 1], rows[:, 4] = np.nan, 7.5
    known = outcomes("two", rows)[:LEARNED]
    fitted = Both(made(name, known), rows[:LEARNED], known)
    assert fitted.apart(rows) <= WITHIN
    assert fitted.apart(table(missing=0.1)) <= WITHIN


@BOTH
def test_one_column_and_few_rows_are_enough(name: str) -> None:
    rows, known = table(1)[:4], np.array([0, 1, 0, 1])
    fitted = Both(made(name, known), rows, known)
    assert fitted.apart(table(1, missing=0.1)) <= WITHIN


@BOTH
@pytest.mark.parametrize("kind", ["two", "three", "values"])
def test_a_fit_that_ends_early_is_kept_up_to_its_best_tree(name: str, kind: str) -> None:
    fitted = both(name, kind, n_estimators=400, early_stopping=True, n_iter_no_change=5, learning_rate=0.3)
    assert len(fitted.estimator.roots_) < 400
    assert fitted.apart(table(missing=0.1)) <= WITHIN


def test_lightgbm_answers_infinite_numbers_and_xgboost_refuses_them() -> None:
    rows = table(missing=0.1)
    rows[::7, 0], rows[::11, 1] = np.inf, -np.inf
    known = outcomes("two", table())[:LEARNED]
    fitted = Both(made("lightgbm", known), rows[:LEARNED], known)
    assert fitted.apart(rows) <= WITHIN
    with pytest.raises(ValueError, match="infinity"):
        made("xgboost", known).fit(rows[:LEARNED], known)
    known_alone = both("xgboost")
    with pytest.raises(ValueError, match="infinity"):
        known_alone.answers(rows)
    rows[np.isinf(rows)] = 1e39  # beyond float32
    with pytest.raises(ValueError, match="infinity"):
        known_alone.answers(rows)


def test_parameters_mean_what_they_mean_in_the_libraries() -> None:
    rows = table(missing=0.1)
    known = outcomes("three", rows)[:LEARNED]
    own = {"learning_rate": 0.2, "subsample": 0.8, "colsample_bytree": 0.7, "reg_alpha": 0.1}
    own |= {"reg_lambda": 2.0, "min_child_weight": 2.0, "max_depth": 4}
    for name, estimator in (
        ("lightgbm", LGBMClassifier(subsample_freq=1, deterministic=True, force_col_wise=True, verbosity=-1)),
        ("xgboost", XGBClassifier()),
    ):
        found = made(name, known, **own)
        seed = np.random.RandomState(SEED).randint(2**31 - 1)
        estimator.set_params(n_estimators=20, n_jobs=1, random_state=seed, **own)
        expected = estimator.fit(rows[:LEARNED], known).predict_proba(rows)
        answers = found.fit(rows[:LEARNED], known).predict_proba(rows)
        assert np.abs(answers - expected).max() <= WITHIN


@BOTH
def test_classes_are_weighed_as_the_rows_of_each(name: str) -> None:
    rows = table(missing=0.1)[:LEARNED]
    known = outcomes("words", rows)
    by_class = made(name, known, class_weight={"low": 5.0, "mid": 1.0, "high": 1.0}).fit(rows, known)
    by_row = made(name, known).fit(rows, known, sample_weight=np.where(known == "low", 5.0, 1.0))
    plain = made(name, known).fit(rows, known)
    assert np.array_equal(by_class.predict_proba(rows), by_row.predict_proba(rows))
    assert np.mean(by_class.predict(rows) == "low") > np.mean(plain.predict(rows) == "low")


@BOTH
@pytest.mark.parametrize("middle", [1.7e9, -3e12])
def test_outcomes_far_from_zero_are_learned_as_well_as_those_near_it(name: str, middle: float) -> None:
    rows = table()
    near = outcomes("values", rows)
    far = made(name, near).fit(rows[:LEARNED], near[:LEARNED] + middle)
    assert far.score(rows[LEARNED:], near[LEARNED:] + middle) == pytest.approx(
        made(name, near).fit(rows[:LEARNED], near[:LEARNED]).score(rows[LEARNED:], near[LEARNED:]), abs=0.02
    )


@BOTH
@pytest.mark.parametrize("outlier", [1e149, 1e308])
def test_outcomes_too_far_apart_for_the_library_fail_and_say_so(name: str, outlier: float) -> None:
    rows, values = table()[:100], np.ones(100)
    values[:2] = outlier
    with pytest.raises(ModelFailed, match="too far apart"):
        made(name, values).fit(rows, values)


@BOTH
def test_one_class_alone_is_not_learned(name: str) -> None:
    with pytest.raises(ValueError, match="one class alone"):
        made(name, np.zeros(100, int)).fit(table()[:100], np.zeros(100, int))


@BOTH
def test_what_the_library_refuses_is_said_in_one_line(name: str) -> None:
    values = np.full(100, -1.0)
    with pytest.raises(Exception, match=r"^[^\n]*label[^\n]*$"):
        made(name, values, loss="poisson").fit(table()[:100], values)


@BOTH
def test_a_copy_is_not_fitted_and_has_the_same_parameters(name: str) -> None:
    estimator = made(name, np.zeros(2, int), learning_rate=0.07, monotonic_cst=[1, 0])
    copied = clone(estimator)
    assert copied.get_params() == estimator.get_params()
    assert not hasattr(copied, "roots_")


def _elsewhere(course: Course, found: Grown) -> Grown:
    tree = found.trees[0]._replace(threshold=found.trees[0].threshold + 0.1)
    return found._replace(trees=[tree, *found.trees[1:]])


def _other_way(course: Course, found: Grown) -> Grown:
    trees = [tree._replace(missing_left=1 - tree.missing_left.astype(np.int64)) for tree in found.trees]
    return found._replace(trees=trees)


def _other_start(course: Course, found: Grown) -> Grown:
    return found._replace(
        start=found.start + np.array([1e-4, *[0] * (len(found.start) - 1)], found.start.dtype)
    )


@BOTH
@pytest.mark.parametrize("kind", ["two", "three", "values"])
@pytest.mark.parametrize("change", [_elsewhere, _other_way, _other_start], ids=lambda each: each.__name__)
def test_trees_that_are_not_the_librarys_are_not_kept(name: str, kind: str, change: Any) -> None:
    rows = table(missing=0.1)[:LEARNED]
    known = outcomes(kind, rows)
    with pytest.raises(ModelFailed, match="off what the library says"):
        changed(made(name, known), change).fit(rows, known)
