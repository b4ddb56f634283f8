"""What a snapshot's file becomes before anything is learned from it."""

from __future__ import annotations

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


def test_entities_recur_or_not(tmp_path: Path) -> None:
    assert not rows.dataset(tmp_path).grouped
    assert rows.dataset(tmp_path, entities=7).grouped


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
