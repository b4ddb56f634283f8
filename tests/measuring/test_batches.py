"""A file by Flyball and the same by hand give the same answers, and both are measured."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.batches.__main__ import BY, README, measured
from benchmarks.census import read
from benchmarks.tables import markers

pytestmark = pytest.mark.journey


def test_a_small_size_gives_the_same_answers_and_ratios(tmp_path: Path) -> None:
    block = measured(tmp_path, read(None), rows=2_000, rounds=1)
    assert "2,000 rows" in block
    assert "as fast as by hand" in block
    assert block.count("| Flyball, ") == 2


@pytest.mark.parametrize("name", ["batches", "large batches"])
def test_there_is_a_place_for_what_is_measured(name: str) -> None:
    text = README.read_text()
    assert all(text.count(mark) == 1 for mark in markers(name, BY))
