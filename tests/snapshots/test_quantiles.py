"""Quantiles of values that memory does not hold are those of values that it holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from flyball.snapshots.profile import held_quantiles, sorted_quantiles
from flyball.snapshots.workspace import workspace

VALUES = {
    "smooth": "sin(range) * 1e5",
    "ties": "range % 7",
    "missing values": "CASE WHEN range % 3 > 0 THEN exp(range % 300) END",
    "large": "1e299 * range - 1e300 * (range % 2)",
    "none": "CAST(NULL AS DOUBLE)",
}


@pytest.mark.parametrize("expression", VALUES.values(), ids=VALUES.keys())
@pytest.mark.parametrize("count", [1, 2, 3, 10, 1_000, 99_991])
def test_sorted_on_disk_the_quantiles_are_the_same(expression: str, count: int, tmp_path: Path) -> None:
    with workspace(tmp_path) as work:
        table = f"(SELECT * FROM range({count})) AS t"
        held = list(held_quantiles(work, table, expression))
        assert list(sorted_quantiles(work, table, expression)) == pytest.approx(held, rel=1e-14)


def test_many_values_need_little_memory(tmp_path: Path) -> None:
    with workspace(tmp_path, memory="128MB") as work:
        work.save("SELECT hash(range) / 1e10 AS a FROM range(12_000_000)", work.path("a"))
        found = sorted_quantiles(work, f"'{work.path('a')}'", "a")
    assert list(found) == sorted(found)
