"""Models that point outside themselves are refused: followed, they would end the process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from flyball.domain.errors import ArtifactCorrupt
from flyball.inference import allowlist
from flyball.inference.boosted.estimators import LightGBMClassifier, XGBoostClassifier

DRAW = np.random.default_rng(0)
INPUTS = DRAW.normal(size=(300, 3))
LABELS = INPUTS[:, 0] > 0


def forest() -> Any:
    """A forest of one tree behind a scaler."""
    return make_pipeline(StandardScaler(), RandomForestClassifier(1, random_state=0)).fit(INPUTS, LABELS)


def boosting() -> Any:
    """Two boosted trees."""
    return HistGradientBoostingClassifier(max_iter=2, random_state=0).fit(INPUTS, LABELS)


def lightgbm() -> Any:
    """Two trees of LightGBM's."""
    return LightGBMClassifier(n_estimators=2, random_state=0).fit(INPUTS, LABELS)


def xgboost() -> Any:
    """Six trees of XGBoost's, of three classes."""
    return XGBoostClassifier(n_estimators=2, max_depth=2, random_state=0).fit(
        INPUTS, LABELS + (INPUTS[:, 1] > 0)
    )


def neighbours() -> Any:
    """Neighbours in a k-d tree."""
    return KNeighborsClassifier(algorithm="kd_tree", leaf_size=20).fit(INPUTS, LABELS)


def machine() -> Any:
    """A support vector machine."""
    return SVC().fit(INPUTS, LABELS)


def in_tree(field: str, value: int) -> Callable[[Any], None]:
    """Change the root of a forest's tree."""

    def change(model: Any) -> None:
        tree = model[-1].estimators_[0].tree_
        state = tree.__getstate__()
        state["nodes"] = state["nodes"].copy()
        state["nodes"][field][0] = value
        tree.__setstate__(state)

    return change


def in_kept(name: str, value: float) -> Callable[[Any], None]:
    """Change the first number of one of the arrays that are kept of a library's trees."""

    def change(model: Any) -> None:
        array = getattr(model, name).copy()
        array[(0,) * array.ndim] = value
        setattr(model, name, array)

    return change


def one_sum_less(model: Any) -> None:
    """Say that there are fewer sums than classes."""
    model.start_ = model.start_[:-1]


def in_boosting(field: str, value: int) -> Callable[[Any], None]:
    """Change a field of the first boosted tree's inner nodes."""

    def change(model: Any) -> None:
        nodes = model._predictors[0][0].nodes
        nodes[field][nodes["is_leaf"] == 0] = value

    return change


def in_neighbours(place: int, change_part: Callable[[np.ndarray], None]) -> Callable[[Any], None]:
    """Change one array of a k-d tree's state."""

    def change(model: Any) -> None:
        state = list(model._tree.__getstate__())
        state[place] = np.array(state[place])
        change_part(state[place])
        model._tree.__setstate__(tuple(state))

    return change


def beyond(array: np.ndarray) -> None:
    """Point past the last row."""
    if array.dtype.names:
        array["idx_end"][0] = 10**9
    else:
        array[0] = 10**9


def more_vectors(model: Any) -> None:
    """Count vectors that are not there."""
    model._n_support = model._n_support + np.int32(10**6)


def fewer_coefficients(model: Any) -> None:
    """Leave out a vector's coefficient."""
    model._dual_coef_ = model._dual_coef_[:, 1:].copy()


def fewer_columns(model: Any) -> None:
    """Say that the forest takes one column, so that its input is checked for no more."""
    model[-1].n_features_in_ = 1


TAMPERED = [
    ("a child far away", forest, in_tree("left_child", 10**6)),
    ("a child before its parent", forest, in_tree("right_child", 0)),
    ("a column that is not there", forest, in_tree("feature", 99)),
    ("a column before the first", forest, in_tree("feature", -7)),
    ("a forest of fewer columns than its trees", forest, fewer_columns),
    ("a boosted child far away", boosting, in_boosting("right", 10**6)),
    ("a boosted loop", boosting, in_boosting("left", 0)),
    ("a boosted column that is not there", boosting, in_boosting("feature_idx", 3)),
    ("a split by categories", boosting, in_boosting("is_categorical", 1)),
    ("a kept child far away", lightgbm, in_kept("left_", 10**6)),
    ("a kept loop", xgboost, in_kept("right_", 0)),
    ("a leaf that nothing leads to", lightgbm, in_kept("left_", -2)),
    ("a kept column that is not there", xgboost, in_kept("column_", 3)),
    ("a kept column before the first", lightgbm, in_kept("column_", -1)),
    ("a tree that begins elsewhere", xgboost, in_kept("roots_", 1)),
    ("a threshold that is none", lightgbm, in_kept("threshold_", np.nan)),
    ("a leaf without end", xgboost, in_kept("values_", np.inf)),
    ("a sum that begins nowhere", lightgbm, in_kept("start_", np.nan)),
    ("fewer sums than classes", xgboost, one_sum_less),
    ("vectors that are not there", machine, more_vectors),
    ("a vector without its coefficient", machine, fewer_coefficients),
]


@pytest.mark.parametrize(("make", "tamper"), [row[1:] for row in TAMPERED], ids=[row[0] for row in TAMPERED])
def test_a_tampered_model_is_refused(make: Callable[[], Any], tamper: Callable[[Any], None]) -> None:
    model = make()
    tamper(model)
    with pytest.raises(ArtifactCorrupt, match="points outside itself"):
        allowlist.construct(allowlist.dump(model))


@pytest.mark.parametrize(
    "place", [1, 2], ids=["a neighbour that is not there", "a neighbourhood without end"]
)
def test_a_tree_over_neighbours_is_not_read_but_grown_again(place: int) -> None:
    model = neighbours()
    expected = model.predict_proba(INPUTS).tolist()
    in_neighbours(place, beyond)(model)
    again = allowlist.construct(allowlist.dump(model))
    assert again.predict_proba(INPUTS).tolist() == expected


@pytest.mark.parametrize("make", [forest, boosting, lightgbm, xgboost, neighbours, machine])
def test_a_model_as_it_was_learned_is_sound(make: Callable[[], Any]) -> None:
    allowlist.construct(allowlist.dump(make()))
