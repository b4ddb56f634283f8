"""The rungs of a search: growing draws that keep what holds for the folds."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from flyball.learning.dataset import Dataset
from flyball.learning.rungs import GROWTH, RAREST, SAMPLE, rungs
from flyball.learning.splitting import splits
from flyball.learning.splitting.forward import Split
from tests.learning import rows

MANY = GROWTH * SAMPLE * 2


@pytest.fixture
def skewed(tmp_path: Path) -> Dataset:
    """Rows of which one in four is a ``b``, whose outcomes are known two days later."""
    return rows.dataset(
        tmp_path, size=MANY, outcomes=("a", "a", "a", "b"), timed=True, known_after=timedelta(days=2)
    )


def built(data: Dataset) -> list[list[Split]]:
    """The rungs of five folds."""
    return rungs(data, splits.folds(5, data, "classification", 0), "classification", 0)


def scored(rung: list[Split]) -> set[int]:
    """All rows that a rung scores."""
    return set(np.concatenate([test for _, test in rung]).tolist())


def test_each_rung_has_more_rows_and_the_last_has_all(skewed: Dataset) -> None:
    found = built(skewed)
    sizes = [len(rung[-1][0]) + len(rung[-1][1]) for rung in found]
    assert sizes[0] == pytest.approx(SAMPLE, rel=0.02), "without those purged"
    assert sizes[1] == pytest.approx(GROWTH * SAMPLE, rel=0.02)
    assert [len(rung) for rung in found] == [3, 3, 5]
    assert all(
        np.array_equal(one, other)
        for split, whole in zip(found[-1], splits.folds(5, skewed, "classification", 0), strict=True)
        for one, other in zip(split, whole, strict=True)
    )


def test_a_draw_contains_the_one_before(skewed: Dataset) -> None:
    first, second, every = (scored(rung) for rung in built(skewed))
    assert first < second < every


def test_a_draw_keeps_labels_in_proportion(skewed: Dataset) -> None:
    drawn = np.concatenate(built(skewed)[0][-1])
    assert np.mean(skewed.labels[drawn] == "b") == pytest.approx(0.25, abs=0.01)


def test_on_every_rung_what_trains_was_known_when_the_scored_rows_begin(skewed: Dataset) -> None:
    assert skewed.times is not None
    assert skewed.known_at is not None
    for train, test in (split for rung in built(skewed) for split in rung):
        assert skewed.known_at[train].max() <= skewed.times[test].min()


def test_few_rows_are_not_drawn_from(tmp_path: Path) -> None:
    assert len(built(rows.dataset(tmp_path, size=SAMPLE + 100))) == 1


def test_a_draw_has_enough_rows_of_a_rare_label(tmp_path: Path) -> None:
    data = rows.dataset(tmp_path, size=MANY)
    data.labels[:] = "no"
    data.labels[-2 * RAREST :] = "yes"
    found = built(data)
    drawn = np.unique(np.concatenate([part for split in found[0] for part in split]))
    assert len(found) == 2
    assert (data.labels[drawn] == "yes").sum() >= RAREST


def test_the_same_seed_draws_the_same_rows(skewed: Dataset) -> None:
    first, again = built(skewed), built(skewed)
    assert scored(first[0]) == scored(again[0])
