"""Every due moment gives exactly one job, though two processes make them and are killed again and again."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from flyball.control.jobs.models import Job
from flyball.stores.database import Database
from tests.schedules.cast import declare
from tests.schedules.week import Week

pytestmark = [pytest.mark.storage, pytest.mark.journey]

HOURS = int(os.environ.get("FLYBALL_TEST_WEEK_HOURS", "54"))
KILLS = int(os.environ.get("FLYBALL_TEST_WEEK_KILLS", "4"))


def test_in_a_week_of_fifty_schedules_every_due_moment_gives_one_job(
    database: Database, tmp_path: Path
) -> None:
    declare(tmp_path)
    week = Week(database, tmp_path, hours=HOURS, step=timedelta(minutes=15), kills=KILLS)
    week.live()
    expected = week.expected()
    assert week.made() == expected
    assert Job.objects.count() == sum(map(len, expected.values()))
    assert (len(expected), week.killed) == (50, KILLS)
