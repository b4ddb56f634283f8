"""A real worker makes a job of what is due, carries it out, and says what came of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from flyball.control.datasets.models import Snapshot
from flyball.control.jobs.models import Job
from flyball.control.schedules import selectors
from flyball.stores.database import Database
from tests.jobs.workers import ended, until, worker
from tests.registry import small
from tests.schedules.cast import declare, runs, schedule

pytestmark = [pytest.mark.storage, pytest.mark.journey]


def test_a_worker_takes_the_snapshot_that_is_due(database: Database, tmp_path: Path) -> None:
    declare(tmp_path)
    made = schedule("monthly", "every month on day 1 at 04:00", next_due_at="2026-03-01T04:00")
    own = {"DJANGO_SETTINGS_MODULE": "tests.schedules.world", "PURCHASES": str(tmp_path / "rows.csv")}
    small.write_csv(tmp_path / "rows.csv")
    with worker(database, **own):
        until(lambda: runs(made))
        job = ended(Job.objects.get())
    assert (job.status, job.error, job.kind) == ("succeeded", "", "snapshot")
    assert job.result["digest"] == Snapshot.objects.get().digest
    last = selectors.last_run(made)
    assert last is not None
    assert last.job == job
    assert last.skipped > 0
