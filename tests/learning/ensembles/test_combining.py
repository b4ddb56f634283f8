"""An ensemble learns from rows that its parts have not seen: no later one, no other one of an entity."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from flyball import Candidate, Search
from flyball.domain.errors import DataError, ModelFailed
from flyball.learning.dataset import Dataset
from flyball.learning.searching.ensembles.combining import INNER, combined
from flyball.learning.searching.ensembles.parts import joined, parted
from flyball.learning.selection import Fit, Plan, select
from tests.learning import rows

PLAN = Plan(task="classification", metric="roc_auc", candidates=[])


@dataclass
class Watched:
    """A part that says nothing of worth, and keeps which rows it learned from and which it was asked."""

    rows: Dataset
    learned: list[np.ndarray] = field(default_factory=list)
    asked: list[np.ndarray] = field(default_factory=list)

    def fit(self, some: Dataset) -> Any:
        """What is fitted on some of the rows."""
        self.learned.append(self._places(some.frame))
        return _Same(self)

    def _places(self, frame: pd.DataFrame) -> np.ndarray:
        known = {text: place for place, text in enumerate(self.rows.frame["letter"])}
        return np.array([known[text] for text in frame["letter"]])


@dataclass
class _Same:
    owner: Watched

    @property
    def classes_(self) -> np.ndarray:
        return np.unique(self.owner.rows.labels)

    def predict_proba(self, frame: pd.DataFrame) -> np.ndarray:
        self.owner.asked.append(self.owner._places(frame))
        return np.full((len(frame), 2), 0.5)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return {"owner": self.owner}


def watched(folder: Path, **options: Any) -> Watched:
    """Rows that each have a letter of their own, and a part that watches them."""
    size = 120
    data = rows.changed(folder, {"letter": [f"row {place}" for place in range(size)]}, size=size, **options)
    part = Watched(data)
    combined("stacking", {"watched": part.fit, "again": part.fit}, data, PLAN)
    return part


def test_parts_answer_only_rows_that_come_after_those_they_have_learned_from(tmp_path: Path) -> None:
    part = watched(tmp_path, timed=True, known_after=timedelta(hours=5))
    times, known_at = part.rows.times, part.rows.known_at
    assert times is not None
    assert known_at is not None
    assert len(part.asked) == 2 * INNER
    for learned, asked in zip(part.learned, part.asked, strict=False):
        assert known_at[learned].max() <= times[asked].min()


def test_parts_answer_only_rows_of_entities_that_they_have_not_met(tmp_path: Path) -> None:
    part = watched(tmp_path, entities=30)
    assert len(part.asked) == 2 * INNER
    for learned, asked in zip(part.learned, part.asked, strict=False):
        assert not set(part.rows.groups[learned]) & set(part.rows.groups[asked])


def test_at_last_every_part_learns_from_all_rows(tmp_path: Path) -> None:
    part = watched(tmp_path)
    assert len(part.learned) == 2 * (INNER + 1)
    assert [len(each) for each in part.learned[-2:]] == [120, 120]


MEMORY = Candidate("memory", KNeighborsClassifier(1))
TREE = Candidate("tree", DecisionTreeClassifier(random_state=0))


@pytest.mark.parametrize("kind", ["blend", "stacking"])
def test_what_learns_rows_by_heart_scores_nothing_where_there_is_nothing_to_learn(
    tmp_path: Path, kind: str
) -> None:
    outcomes = np.random.default_rng(3).choice(["no", "yes"], 800).tolist()
    data = rows.changed(tmp_path, {"_outcome": outcomes}, size=800)
    plan = Plan(task="classification", metric="roc_auc", candidates=[MEMORY, TREE, kind], cv=4)
    fit = by_name(select(data, plan))[kind]
    error = 0.29 / (640 / 4 / 2) ** 0.5  # of the area under the curve of so many rows, half of each label
    assert abs(fit.score - 0.5) < 3 * error / 2
    assert fit.held_out_score is not None
    assert abs(fit.held_out_score - 0.5) < 3 * error


def by_name(fits: list[Fit]) -> dict[str, Fit]:
    return {fit.name: fit for fit in fits}


def test_rows_of_which_each_fold_lacks_a_label_are_refused_in_words(tmp_path: Path) -> None:
    outcomes = ["no"] * 119 + ["yes"]
    data = rows.changed(tmp_path, {"_outcome": outcomes}, timed=True)
    parts = {name: Watched(data).fit for name in ("one", "two")}
    with pytest.raises(ModelFailed, match="too few rows for an ensemble"):
        combined("blend", parts, data, PLAN)


def test_parameters_of_parts_find_their_way_back() -> None:
    parts: dict[str, dict[str, Any]] = {"a": {"x": 1, "deep__y": None}, "a__deep: x": {"y": 2.5}, "b": {}}
    found = parted(joined(parts), ["b", "a", "c", "a__deep: x"])
    assert found == parts
    assert list(found) == list(parts)


def test_a_part_that_is_not_there_any_more_is_named() -> None:
    with pytest.raises(DataError, match="no candidate 'a'"):
        parted(joined({"a": {}, "b": {}}), ["b"])


def test_a_blend_of_values_is_their_mean_by_its_weights(tmp_path: Path) -> None:
    data = rows.dataset(tmp_path, task="regression", size=200)
    tree = Candidate("tree", DecisionTreeRegressor(max_depth=2, random_state=0))
    search = Search(trials=1)
    plan = Plan(task="regression", metric="r2", candidates=["linear", tree, "blend"], cv=2, search=search)
    fit = by_name(select(data, plan))["blend"]
    voting = fit.pipeline
    answers = np.array([part.predict(data.frame) for part in voting.estimators_])
    weights = np.array(voting.weights)
    assert np.allclose(voting.predict(data.frame), weights @ answers / weights.sum(), rtol=1e-12)
