"""What a snapshot's file becomes before anything is learned from it."""

from __future__ import annotations

import math
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flyball.domain.errors import DataError
from flyball.learning.dataset import read
from tests.learning import rows


@pytest.mark.parametrize(
    ("outcomes", "dtype"),
    [(("no", "yes"), "U"), ((False, True), "b"), ((0, 1, 2), "i")],
    ids=["text", "boolean", "integer"],
)
def test_labels_keep_their_type(tmp_path: Path, outcomes: tuple[Any, ...], dtype: str) -> None:
    data = rows.dataset(tmp_path, outcomes=outcomes)
    assert data.labels.dtype.kind == dtype
    assert sorted(set(data.labels.tolist())) == sorted(outcomes)


def test_clusters_need_no_outcome(tmp_path: Path) -> None:
    assert rows.dataset(tmp_path, task="clustering").target is None


def test_a_regression_learns_numbers(tmp_path: Path) -> None:
    assert rows.dataset(tmp_path, task="regression").labels.dtype == np.float64


def test_times_are_there_where_rows_have_them(tmp_path: Path) -> None:
    assert rows.dataset(tmp_path).times is None
    timed = rows.dataset(tmp_path, timed=True).times
    assert timed is not None
    assert timed[0] == np.datetime64("2026-01-01")


def test_a_row_without_an_entity_is_one_of_its_own(tmp_path: Path) -> None:
    assert rows.dataset(tmp_path).entities.ravel().tolist() == list(range(120))


def test_an_entity_is_each_of_the_keys_that_rows_are_joined_on(tmp_path: Path) -> None:
    data = rows.dataset(tmp_path, size=12, entities=4, shops=3)
    assert data.entities.T.tolist() == [[0, 1, 2, 3] * 3, [0, 1, 2] * 4]
    assert len(set(data.groups.tolist())) == 12, "pairs, where a splitter of the user's own asks for groups"


def test_a_row_that_lacks_a_key_has_no_entity_of_it(tmp_path: Path) -> None:
    changed = {"_entity": ['{"customer":"a","shop":"x"}', '{"customer":"b"}', "row-2", "row-3"]}
    data = rows.changed(tmp_path, changed, size=4)
    assert data.entities.T.tolist() == [[0, 1, 2, 3], [0, -1, -1, -1]]


def test_the_moment_an_outcome_was_known_is_read_beside_the_time(tmp_path: Path) -> None:
    assert rows.dataset(tmp_path).known_at is None
    data = rows.dataset(tmp_path, timed=True, known_after=timedelta(days=2))
    assert data.known_at is not None
    assert data.times is not None
    assert set(data.known_at - data.times) == {np.timedelta64(2, "D")}


def test_a_snapshot_that_does_not_say_when_outcomes_were_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="when each outcome was known"):
        rows.changed(tmp_path, {"_known_at": [None, *[rows.START] * 119]}, timed=True)
    with pytest.raises(DataError, match="Take the snapshot again"):
        rows.changed(tmp_path, {"_known_at": None}, timed=True)


@pytest.mark.parametrize("outcome", [1e308, -math.inf, math.nan, None])
def test_an_outcome_that_cannot_be_computed_with_is_said_in_words(tmp_path: Path, outcome: Any) -> None:
    with pytest.raises(DataError, match="outcome of some row"):
        rows.changed(tmp_path, {"_outcome": [outcome, *[1.0] * 119]}, task="regression")


@pytest.mark.parametrize("size", [0, 3, 500])
def test_a_file_that_was_cut_short_is_said_in_words(tmp_path: Path, size: int) -> None:
    path = rows.snapshot(tmp_path / "rows.parquet")
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(DataError, match=r"cannot be read\. Take the snapshot again"):
        read(path, rows.SCHEMA, "classification")


@pytest.mark.parametrize(
    ("options", "message"),
    [({"size": 0}, "no rows"), ({"outcomes": ("yes",)}, "same outcome")],
    ids=["empty", "one label"],
)
def test_nothing_to_learn_from_is_said_in_words(tmp_path: Path, options: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        rows.dataset(tmp_path, **options)
