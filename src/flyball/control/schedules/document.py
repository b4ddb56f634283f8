"""A schedule as every door shows it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flyball.control.schedules import selectors
from flyball.control.schedules.models import Schedule, ScheduledRun
from flyball.domain.values import moment_text


def document(schedule: Schedule) -> dict[str, Any]:
    """Everything about a schedule, as JSON has it; the next runs in its own time zone, all else in UTC."""
    return all_documents([schedule])[0]


def all_documents(every: Collection[Schedule]) -> list[dict[str, Any]]:
    """The same of several; their last runs are read in one query."""
    runs = selectors.last_runs(every)
    return [_document(each, runs.get(each.pk)) for each in every]


def _document(schedule: Schedule, run: ScheduledRun | None) -> dict[str, Any]:
    return {
        "endpoint": schedule.endpoint_id,
        "name": schedule.name,
        "kind": schedule.kind,
        "arguments": schedule.arguments,
        "times": schedule.times,
        "timezone": schedule.timezone,
        "state": selectors.state(schedule),
        "fault": schedule.fault,
        "is_declared": schedule.is_declared,
        "created_by": schedule.created_by and schedule.created_by.get_username(),
        "created_at": moment_text(schedule.created_at),
        "paused_at": moment_text(schedule.paused_at),
        "next_runs": [moment.isoformat() for moment in selectors.next_runs(schedule)],
        "last_due_at": moment_text(schedule.last_due_at),
        "last_run": _run(run),
    }


def _run(run: ScheduledRun | None) -> dict[str, Any] | None:
    if run is None:
        return None
    return {
        "due_at": moment_text(run.due_at),
        "job": str(run.job_id),
        "status": run.job.status,
        "is_joined": run.is_joined,
        "skipped": run.skipped,
    }
