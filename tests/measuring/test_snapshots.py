"""The snapshot of large tables and the join by hand give the same values, and both are measured."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from benchmarks.lineup import database_beside
from benchmarks.snapshots.__main__ import measured

POSTGRES = os.environ.get("FLYBALL_TEST_POSTGRES", "")


@pytest.mark.skipif(not POSTGRES or not shutil.which("psql"), reason="PostgreSQL and psql are needed.")
def test_a_small_size_gives_the_same_values_and_a_ratio(tmp_path: Path) -> None:
    with database_beside(POSTGRES, "small_snapshots") as url:
        block = measured(tmp_path, url, rows=2_000, pairs=1)
    assert "2,000 rows" in block
    assert "× the time by hand" in block
