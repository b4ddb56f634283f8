"""A schedule as people read of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flyball.control.schedules.models import Schedule


def sentence(schedule: Schedule) -> str:
    """What becomes of a schedule, in one line."""
    from flyball.control.schedules import selectors

    said = f"Schedule {schedule.name} of {schedule.endpoint_id}"
    runs = selectors.next_runs(schedule)
    if not runs:
        return f"{said} is {selectors.state(schedule)}."
    return f"{said} is due next at {runs[0]:%Y-%m-%d %H:%M} ({schedule.timezone})."
