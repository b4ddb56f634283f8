"""What the tests of model selection share."""

from __future__ import annotations

from pathlib import Path

import pytest

from flyball.learning.dataset import Dataset
from tests.learning import rows


@pytest.fixture(params=["classification", "regression", "clustering", "anomaly_detection"])
def task(request: pytest.FixtureRequest) -> str:
    """Each task in turn."""
    return str(request.param)


@pytest.fixture
def labelled(tmp_path: Path) -> Dataset:
    """Rows with two labels."""
    return rows.dataset(tmp_path)
