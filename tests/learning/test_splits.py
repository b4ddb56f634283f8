"""Held-out rows and folds: forward in time, or no entity on both sides; labels in proportion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.model_selection import KFold, TimeSeriesSplit

from flyball.domain.errors import DataError
from flyball.learning.dataset import Dataset
from flyball.learning.splitting import splits
from flyball.learning.splitting.forward import Split
from tests.learning import rows

Make = Callable[..., Dataset]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Rows with these options."""
    return lambda **options: rows.dataset(tmp_path, **options)


def whole(dataset: Dataset, split: Split) -> bool:
    """Whether no entity is on both sides, of any key that tells rows apart."""
    train, test = split
    keys = [key for key in dataset.entities.T if len(set(key)) > 1]
    return not any(set(key[train]) & set(key[test]) for key in keys)


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


def test_folds_of_timed_rows_are_trained_by_what_came_before(make: Make) -> None:
    found = splits.folds(5, make(timed=True), "classification", 0)
    assert [(len(train), len(test)) for train, test in found] == [(48 + 12 * n, 12) for n in range(1, 6)]
    assert all(train.max() < test.min() for train, test in found)


def test_held_out_rows_are_later_than_all_that_trained_where_entities_recur(make: Make) -> None:
    train, test = splits.held_out(make(timed=True, entities=30), "classification", 0)
    assert (len(train), test.tolist()) == (96, list(range(96, 120)))


DELAY = 12
"""Hours until an outcome is known, where rows come hour by hour."""


def test_what_trains_was_known_when_the_held_out_rows_begin(make: Make) -> None:
    train, test = splits.held_out(make(timed=True, known_after=timedelta(hours=DELAY)), "classification", 0)
    assert test.tolist() == list(range(96, 120))
    assert train.tolist() == list(range(96 - DELAY + 1)), "one is known at the very moment"


@pytest.mark.parametrize("cv", [5, TimeSeriesSplit(5)], ids=["a number", "the user's own"])
def test_what_trains_was_known_when_a_fold_begins(make: Make, cv: Any) -> None:
    found = splits.folds(cv, make(timed=True, known_after=timedelta(hours=DELAY)), "classification", 0)
    assert len(found) == 5
    assert all(train.max() == test.min() - DELAY for train, test in found)


def test_folds_begin_where_enough_outcomes_are_known(make: Make) -> None:
    found = splits.folds(2, make(timed=True, known_after=timedelta(hours=60)), "classification", 0)
    assert [len(train) for train, _ in found] == [30, 45]
    assert [test.min() for _, test in found] == [89, 104]


def test_rows_of_one_moment_are_on_one_side(make: Make) -> None:
    data = make(timed=True)
    assert data.times is not None
    days = replace(
        data, times=data.times.astype("datetime64[D]"), known_at=data.times.astype("datetime64[D]")
    )
    assert days.times is not None
    for train, test in [splits.held_out(days, "regression", 0), *splits.folds(9, days, "regression", 0)]:
        assert days.times[train].max() < days.times[test].min()


def test_rows_of_a_single_moment_are_split_as_if_they_had_none(make: Make) -> None:
    data = make(timed=True)
    assert data.times is not None
    once = replace(data, times=data.times[:1].repeat(120), known_at=data.times[:1].repeat(120))
    timeless = splits.held_out(replace(data, times=None, known_at=None), "classification", 0)
    assert splits.held_out(once, "classification", 0)[1].tolist() == timeless[1].tolist()


def test_outcomes_that_no_row_could_wait_for_are_refused_in_words(make: Make) -> None:
    late = make(timed=True, known_after=timedelta(hours=120))
    with pytest.raises(DataError, match="No outcome was known yet"):
        splits.held_out(late, "classification", 0)
    with pytest.raises(DataError, match="No outcome was known yet"):
        splits.folds(5, late, "classification", 0)


def test_a_splitter_that_would_train_on_the_future_is_refused_in_words(make: Make) -> None:
    with pytest.raises(DataError, match="No outcome was known yet"):
        splits.folds(KFold(3, shuffle=True, random_state=0), make(timed=True), "classification", 0)


TIES = {
    "one key": {"entities": 30},
    "two keys that hang together in threes": {"entities": 30, "shops": 10},
    "two keys, each customer in each shop": {"entities": 11, "shops": 10},
    "a key of three values beside one of many": {"entities": 40, "shops": 3},
    "a key of a single value": {"entities": 30, "shops": 1},
}


@pytest.mark.parametrize("ties", TIES.values(), ids=TIES)
@pytest.mark.parametrize("task", ["classification", "regression", "clustering", "anomaly_detection"])
def test_without_time_no_entity_of_any_key_is_split(make: Make, task: str, ties: Any) -> None:
    data = make(task=task, size=330, **ties)
    parts = [splits.held_out(data, task, 0), *splits.folds(4, data, task, 0)]
    assert len(parts) == 5
    assert all(whole(data, part) for part in parts)
    assert all(len(train) >= 100 and len(test) >= 12 for train, test in parts)


def test_nothing_is_lost_where_keys_hang_together(make: Make) -> None:
    found = splits.folds(5, make(size=300, entities=30, shops=10), "regression", 0)
    assert {len(train) + len(test) for train, test in found} == {300}


def test_an_entity_of_most_rows_does_not_take_them_all_from_training(make: Make) -> None:
    data = make(size=400, entities=40)
    data.entities[:360] = 0
    train, test = splits.held_out(data, "regression", 0)
    assert whole(data, (train, test))
    assert len(train) >= 360
    assert len(test) >= 8


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


@pytest.mark.parametrize("ties", [{"entities": 60}, {"entities": 60, "shops": 40}], ids=["one key", "two"])
def test_a_splitter_that_splits_entities_trains_without_those_it_scores(make: Make, ties: Any) -> None:
    data = make(**ties)
    found = splits.folds(KFold(5), data, "classification", 0)
    assert all(whole(data, split) and len(split[0]) for split in found)


def test_a_splitter_that_scores_every_entity_is_refused_in_words(make: Make) -> None:
    with pytest.raises(DataError, match="shares an entity"):
        splits.folds(KFold(2), make(entities=6), "classification", 0)


def test_more_folds_than_entities_are_refused_in_words(make: Make) -> None:
    with pytest.raises(DataError, match="too few rows or entities"):
        splits.folds(5, make(entities=2), "regression", 0)


def test_the_same_seed_splits_alike_and_another_does_not(make: Make) -> None:
    data = make()
    first, again, other = (splits.held_out(data, "classification", seed)[1].tolist() for seed in (0, 0, 1))
    assert first == again != other
