"""Leaves are added up tree by tree from the start on: another order rounds otherwise."""

from __future__ import annotations

import numpy as np
import pytest

from flyball.inference.compiled.arrays import packed
from flyball.inference.compiled.estimators import opened
from flyball.inference.compiled.estimators.trees import Trees

LARGE = 1e16
"""Beside it 1 is lost; so the order in which they are added up shows."""


def stumps(values: list[tuple[float, float]], start: list[float]) -> Trees:
    """A tree of one split for each pair: the first number where the column is at most 0."""
    nodes = np.arange(len(values))
    return Trees(
        roots=packed(nodes),
        column=packed(np.zeros(len(values), dtype=np.int64)),
        threshold=packed(np.zeros(len(values))),
        left=packed(-1 - 2 * nodes),
        right=packed(-2 - 2 * nodes),
        missing_left=packed(np.zeros(len(values), dtype=np.uint8)),
        values=packed(np.array(values).reshape(-1, 1)),
        start=packed(np.array(start)),
        divisor=1,
        link="value" if len(start) == 1 else "shares",
        single=False,
        missing=True,
    )


def added(begin: float, numbers: list[float]) -> float:
    for number in numbers:
        begin += number
    return begin


@pytest.mark.parametrize("rows", [1, 2, 50, 51, 128, 129, 5000])
@pytest.mark.parametrize("outputs", [1, 2, 3])
def test_they_are_added_up_in_order_however_many_rows_there_are(rows: int, outputs: int) -> None:
    turns = [(LARGE, 3.0), (1.0, 1e-17), (-LARGE, 0.1), (1.0, 0.2), (0.25, 0.3)] * 20
    start = [0.5, 0.7, -LARGE][:outputs]
    solve = opened(stumps([pair for pair in turns for _ in range(outputs)], start), 1)
    expected = np.array(
        [[added(begin, [pair[side] for pair in turns]) for begin in start] for side in (0, 1)]
    )
    is_right = np.arange(rows) % 3 == 1
    found = solve(np.where(is_right, 1.0, 0.0).reshape(-1, 1)).reshape(rows, outputs)
    assert np.array_equal(found, expected[is_right.astype(int)])
