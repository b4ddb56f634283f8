"""One job, from claim to end, on the worker that was woken for it."""

from __future__ import annotations

import logging
from uuid import UUID

from django.db import close_old_connections

from flyball.control.jobs import running
from flyball.control.jobs.apart import perform_apart
from flyball.control.jobs.keeping import Keeper
from flyball.control.jobs.kinds import KINDS
from flyball.control.jobs.performing import perform
from flyball.domain.errors import JobLost

logger = logging.getLogger(__name__)


def carry_out(job: UUID) -> None:
    """Take a job and carry it out; nothing happens where it is not due, or somebody else has it."""
    close_old_connections()
    try:
        run = running.claim(job)
        if run is None:
            return
        kind = KINDS.get(run.kind)
        with Keeper(run) as keeper:
            if kind is not None and kind.is_heavy:
                perform_apart(run, keeper)
            else:
                run.is_cancelled = lambda: keeper.is_cancelled
                perform(run)
    except JobLost:
        logger.warning("Job %s is another worker's by now: what this one did for it is dropped.", job)
    finally:
        close_old_connections()
