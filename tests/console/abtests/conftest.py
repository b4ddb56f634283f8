"""``purchase`` of the lending team with two versions, and a test of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from flyball import Threshold
from flyball.control.abtests import analysing, selectors
from flyball.control.abtests.asking import Guard
from flyball.control.abtests.models import ABTest
from flyball.stores.database import Database
from tests.abtests.running.cast import START, chance, happened, predicted, started, two_versions

OWN = "/endpoints/purchase/tests"
MINUTE = timedelta(minutes=1)
Looked = Callable[..., ABTest]


@pytest.fixture
def purchase(tmp_path: Path, database: Database) -> None:
    """Two versions, of which the first is champion, and nothing asked yet."""
    decide = Threshold(0.5, at_or_above="call", below="leave")
    two_versions(tmp_path, team="lending", decide=decide)


@pytest.fixture
def running(purchase: None) -> ABTest:
    """A test that nobody has looked at."""
    return started(metric="outcome", secondary=["accuracy"], guardrails=[Guard("latency_p99")])


@pytest.fixture
def looked(running: ABTest, database: Database) -> Looked:
    """``looked(rate)``: the test after 1,200 units of which so many of the challenger's buy, looked at."""

    def looked(rate: float = 0.2) -> ABTest:
        units = [f"person {number}" for number in range(1200)]
        happened(predicted(database, units, START, MINUTE), chance({1: 0.2, 2: rate}), MINUTE)
        analysing.look(test=running, moment=START + timedelta(days=3))
        return selectors.abtest("purchase", 1)

    return looked
