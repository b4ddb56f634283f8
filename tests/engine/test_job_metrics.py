"""How jobs stand, as Prometheus reads it: only those of endpoints that the key is for."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from prometheus_client.parser import text_string_to_metric_families

from flyball.config import Config
from flyball.control.declarations.models import Endpoint
from flyball.control.jobs.models import Job
from flyball.control.schedules.models import Schedule
from flyball.serving.app import create
from flyball.serving.http.door import Door, Request
from flyball.stores.database import Database
from tests import published

pytestmark = pytest.mark.storage
THEN = datetime(2026, 11, 29, 2, 0, tzinfo=UTC)


def add(endpoint: str, status: str, *, kind: str = "build", ended: bool = False, minutes: int = 0) -> None:
    """A job that was due so many minutes after ``THEN``, and ended an hour later."""
    due = THEN + timedelta(minutes=minutes)
    Job.objects.create(
        kind=kind,
        queue="build",
        team=Endpoint.objects.get(name=endpoint).team,
        endpoint_id=endpoint,
        status=status,
        attempts=3,
        due_at=due,
        finished_at=due + timedelta(hours=1) if ended else None,
    )


def test_states_of_jobs_and_schedules_are_told(config: Config, database: Database) -> None:
    published.publish(database)
    published.publish(database, endpoint="beds", team="others")
    key, plane = published.key(), create(config, database)
    for minutes in (0, 5):
        add("triage", "queued", minutes=minutes)
        add("triage", "failed", ended=True, minutes=minutes)
    add("triage", "running", kind="snapshot")
    add("beds", "queued")
    later = THEN + timedelta(days=1)
    schedule = partial(Schedule.objects.create, endpoint_id="triage", kind="build", times="0 2 * * *")
    schedule(name="nightly", next_due_at=later, last_due_at=THEN)
    schedule(name="resting")
    schedule(name="broken", fault="There is no such zone.")
    Schedule.objects.create(endpoint_id="beds", name="theirs", kind="build", times="0 2 * * *")
    plane.start()
    door = Door(plane.engine, plane.config)
    request = Request(method="GET", path="/v1/metrics", headers={"authorization": f"Bearer {key}"})
    text = asyncio.run(door.handle(request)).body.decode()
    plane.stop()
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith(("flyball_job", "flyball_schedule"))
    }
    assert samples == {
        ("flyball_jobs", "triage", "build", "queued"): 2,
        ("flyball_jobs", "triage", "build", "failed"): 2,
        ("flyball_jobs", "triage", "snapshot", "running"): 1,
        ("flyball_job_last_end_timestamp_seconds", "triage", "build", "failed"): THEN.timestamp() + 3900,
        ("flyball_job_first_due_timestamp_seconds", "triage", "build"): THEN.timestamp(),
        ("flyball_schedules", "triage", "nightly", "active"): 1,
        ("flyball_schedules", "triage", "resting", "paused"): 1,
        ("flyball_schedules", "triage", "broken", "failing"): 1,
        ("flyball_schedule_next_due_timestamp_seconds", "triage", "nightly"): later.timestamp(),
        ("flyball_schedule_last_due_timestamp_seconds", "triage", "nightly"): THEN.timestamp(),
    }
