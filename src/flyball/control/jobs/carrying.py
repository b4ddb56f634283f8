"""One job, from claim to end, on the worker that was woken for it."""

from __future__ import annotations

import logging
import time
from uuid import UUID

from django.db import close_old_connections

from flyball import logs
from flyball.control.jobs import running, selectors
from flyball.control.jobs.apart.supervising import perform_apart
from flyball.control.jobs.keeping import Keeper
from flyball.control.jobs.kinds import KINDS
from flyball.control.jobs.models import Job
from flyball.control.jobs.performing import perform
from flyball.control.jobs.running import Run
from flyball.domain.errors import JobLost

logger = logging.getLogger(__name__)


def carry_out(job: UUID) -> None:
    """Take a job and carry it out; nothing happens where it is not due, or somebody else has it."""
    close_old_connections()
    with logs.about(job_id=str(job)):
        try:
            run = running.claim(job)
            if run is not None:
                _carry_out(run)
        except JobLost:
            logger.warning("The job is another worker's by now: what this one did for it is dropped.")
        finally:
            close_old_connections()


def _carry_out(run: Run) -> None:
    said = {"kind": run.kind, "endpoint": run.endpoint, "attempt": run.attempt}
    logger.info("The job begins.", extra=said)
    began = time.monotonic()
    kind = KINDS.get(run.kind)
    with Keeper(run) as keeper:
        if kind is not None and kind.is_heavy:
            perform_apart(run, keeper)
        else:
            run.is_cancelled = lambda: keeper.is_cancelled
            if kind is not None:
                run.ends_at = began + running.seconds_of(run)
            perform(run)
    status = selectors.job(run.id).status  # not the error: that may repeat a value of the data
    level = logging.WARNING if status == Job.Status.FAILED else logging.INFO
    seconds = round(time.monotonic() - began, 3)
    logger.log(level, "The job is now %s.", status, extra={**said, "status": status, "seconds": seconds})
