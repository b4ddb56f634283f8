"""A job as people read of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flyball.control.jobs.models import Job

SHORT = 18
"""Characters of an id that tell jobs apart: the moment to the millisecond, and a few more bits."""


def sentence(job: Job) -> str:
    """A job in one line, and why it failed in another."""
    what = job.kind if job.endpoint_id is None else f"{job.kind} of {job.endpoint_id}"
    wanted = " and is to end" if job.status == job.Status.RUNNING and job.cancel_requested_at else ""
    line = f"Job {job.pk} ({what}) is {job.status}{wanted}."
    return f"{line}\n{job.error}" if job.error else line
