"""A canary that waits says what for, and ends with its time."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from flyball.control.abtests import selectors
from flyball.control.abtests.judging.standing import standing
from flyball.stores.database import Database
from tests.abtests.running.cast import two_versions
from tests.abtests.running.test_steering import after, begin, in_force, lived, ramp

pytestmark = pytest.mark.storage


def test_a_canary_whose_units_have_all_come_before_says_what_it_waits_for(
    tmp_path: Path, database: Database
) -> None:
    two_versions(tmp_path)
    test = ramp()
    begin(test, -timedelta(days=1500))  # long ago, also by the clock
    lived(database, {1: 0.5, 2: 0.5}, people=100)
    after(1, test)
    document = standing(selectors.abtest("purchase", 1))
    own = {arm["name"]: arm["units"] for arm in document["arms"]}["2"]
    assert own < 30
    assert document["next"] == (
        f"The next step waits for 30 new units of the canary; {own} came first in this one. "
        "Harm sends the canary back."
    )


def test_a_canary_ends_with_its_time(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    test = ramp(at_most=10 * 86_400.0)
    begin(test, timedelta(0))
    lived(database, {1: 0.5, 2: 0.5}, people=100)
    assert after(11, test) == "time_over"
    assert ([arm.version for arm in in_force().arms], in_force().test) == ([1], None)
