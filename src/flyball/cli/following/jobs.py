"""Jobs as commands follow them, with a bar that says how far each is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from flyball.cli.following.progress import steps
from flyball.cli.printing.output import Output
from flyball.domain.errors import FlyballError, JobCancelled, of_code

if TYPE_CHECKING:
    from flyball.control.jobs.models import Job

PAUSE = 0.1
"""Between two looks (seconds)."""
UNNOTICED = 5.0
"""After how long it is said that no worker has noticed a job (seconds)."""


def follow(output: Output, job: Job) -> Job:
    """Show how far a job is until it has ended; the job as it ended. Ctrl-C ends the command, not the job."""
    try:
        return watch(output, job)
    except KeyboardInterrupt:
        output.note(
            f"Job {job.pk} goes on. Follow it: flyball jobs follow {job.pk}\n"
            f"End it: flyball jobs cancel {job.pk}"
        )
        raise click.exceptions.Exit(1) from None


def watch(output: Output, job: Job, patience: float = UNNOTICED) -> Job:
    """The same; Ctrl-C is the caller's matter. After ``patience`` seconds it is said that nobody takes it."""
    from flyball.control.jobs import selectors

    late = time.monotonic() + patience
    with steps(output) as bar:
        while job.status not in selectors.ENDED:
            if not selectors.is_unnoticed(job):
                late = float("inf")
            elif time.monotonic() > late:
                late = float("inf")
                here = " (flyball build --inline needs none)" if job.kind == "build" else ""
                output.note(
                    f"No worker has taken job {job.pk}. Start one: flyball up, or flyball worker{here}"
                )
            doing = f"{job.endpoint_id or job.kind}: {job.message or job.status}"
            if job.progress is None:
                bar.at(doing)
            else:
                bar.at(doing, round(job.progress * 100), 100)
            time.sleep(PAUSE)
            job = selectors.job(job.pk)
    return job


def failure(job: Job) -> FlyballError | None:
    """Why a job that has ended did not succeed, as the service would have raised it; else nothing."""
    if job.status == job.Status.CANCELLED:
        return JobCancelled(f"Job {job.pk} was cancelled.")
    return of_code(job.error_code)(job.error) if job.status == job.Status.FAILED else None
