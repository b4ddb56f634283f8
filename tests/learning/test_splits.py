"""Held-out rows and folds: no entity on both sides, no future before the past, labels in proportion."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn.model_selection import KFold, TimeSeriesSplit

from flyball.domain.errors import DataError
from flyball.learning import splits
from flyball.learning.dataset import Dataset
from tests.learning import rows

Make = Callable[..., Dataset]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Rows with these options."""
    return lambda **options: rows.dataset(tmp_path, **options)


def whole(dataset: Dataset, split: splits.Split) -> bool:
    """Whether no entity is on both sides."""
    train, test = split
    return not set(dataset.groups[train]) & set(dataset.groups[test])


def test_a_fifth_of_the_rows_is_held_out(make: Make) -> None:
    train, test = splits.held_out(make(), "classification", 0)
    assert (len(train), len(test)) == (96, 24)
    assert sorted([*train, *test]) == list(range(120))


def test_held_out_labels_keep_their_proportion(make: Make) -> None:
    data = make(size=200, outcomes=("a", "a", "a", "b"))
    _, test = splits.held_out(data, "classification", 0)
    assert np.mean(data.labels[test] == "b") == pytest.approx(np.mean(data.labels == "b"), abs=0.02)


def test_where_rows_have_a_time_the_latest_are_held_out(make: Make) -> None:
    _, test = splits.held_out(make(timed=True), "classification", 0)
    assert test.tolist() == list(range(96, 120))


@pytest.mark.parametrize("task", ["classification", "regression", "clustering"])
@pytest.mark.parametrize("timed", [True, False], ids=["timed", "timeless"])
def test_no_entity_is_split(make: Make, task: str, timed: bool) -> None:
    data = make(task=task, entities=30, timed=timed)
    parts = [splits.held_out(data, task, 0), *splits.folds(4, data, task, 0)]
    assert len(parts) == 5
    assert all(whole(data, part) for part in parts)


def test_folds_of_timed_rows_are_scored_by_what_came_before(make: Make) -> None:
    found = splits.folds(5, make(timed=True), "classification", 0)
    assert [(len(train), len(test)) for train, test in found] == [(20 * n, 20) for n in range(1, 6)]
    assert all(train.max() < test.min() for train, test in found)


def test_every_row_is_scored_once_without_time(make: Make) -> None:
    found = splits.folds(4, make(), "classification", 0)
    assert sorted(np.concatenate([test for _, test in found])) == list(range(120))


def test_a_label_too_rare_for_its_folds_does_not_stop_them(make: Make) -> None:
    data = make()
    data.labels[:] = "no"
    data.labels[:2] = "yes"
    assert len(splits.folds(5, data, "classification", 0)) == 5


def test_a_splitter_of_the_users_own_is_taken_as_it_is(make: Make) -> None:
    data = make(timed=True)
    ours = splits.folds(TimeSeriesSplit(3), data, "classification", 0)
    theirs = TimeSeriesSplit(3).split(data.frame)
    assert all(
        np.array_equal(a, b)
        for one, two in zip(ours, theirs, strict=True)
        for a, b in zip(one, two, strict=True)
    )


def test_a_splitter_that_splits_entities_trains_without_those_it_scores(make: Make) -> None:
    data = make(entities=60)
    found = splits.folds(KFold(3), data, "classification", 0)
    assert all(whole(data, split) and len(split[0]) for split in found)


def test_more_folds_than_entities_are_refused_in_words(make: Make) -> None:
    with pytest.raises(DataError, match="too few rows or entities"):
        splits.folds(5, make(entities=2, timed=True), "classification", 0)
    with pytest.raises(DataError, match="too few rows or entities"):
        splits.folds(5, make(entities=2), "regression", 0)


def test_the_same_seed_splits_alike_and_another_does_not(make: Make) -> None:
    data = make()
    first, again, other = (splits.held_out(data, "classification", seed)[1].tolist() for seed in (0, 0, 1))
    assert first == again != other
