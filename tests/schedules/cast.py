"""Schedules of ``purchase``, which is applied and declared, and what became of them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flyball.control.declarations import selectors as endpoints
from flyball.control.declarations.services import record
from flyball.control.jobs.models import Job
from flyball.control.schedules import services
from flyball.control.schedules.models import Schedule, ScheduledRun
from tests.registry import small


def declare(folder: Path, **attributes: Any) -> None:
    """``purchase``, declared and applied."""
    record(declaration=small.declare(small.write_csv(folder / "rows.csv"), **attributes))


def schedule(name: str = "often", times: str = "every 15 minutes", **values: Any) -> Schedule:
    """A schedule of ``purchase`` that was made by hand; ``next_due_at`` as a text sets it back."""
    due_at = values.pop("next_due_at", None)
    given = {"kind": "snapshot", "timezone": "UTC", **values}
    made = services.add(endpoint=endpoints.endpoint("purchase"), name=name, times=times, **given)
    if due_at is not None:
        Schedule.objects.filter(pk=made.pk).update(next_due_at=at(due_at))
        made.refresh_from_db()
    return made


def at(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def runs(of: Schedule) -> list[tuple[datetime, int, bool]]:
    """Its runs, the oldest first: when each was due, how many it skipped, and whether it joined a job."""
    found = ScheduledRun.objects.filter(schedule=of).order_by("due_at")
    return [(run.due_at, run.skipped, run.is_joined) for run in found]


def end_jobs() -> None:
    """End every job, as workers do."""
    Job.objects.exclude(status="succeeded").update(status="succeeded")
