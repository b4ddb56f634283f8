"""While a job is carried out: its lease is renewed, and it is known whether it is to end."""

from __future__ import annotations

import logging
import threading
import time
from types import TracebackType

from django.db import DatabaseError, InterfaceError, connections

from flyball.control.declarations.configured import configured
from flyball.control.jobs import running
from flyball.control.jobs.running import Run
from flyball.domain.errors import JobLost

logger = logging.getLogger(__name__)

LOOK = 1.0
"""How often the row is looked at (seconds): a cancelled job ends within two."""
RENEWALS = 6
"""How often a lease is renewed before it would end."""
LEAVING = threading.Event()
"""Set once this worker is to give its jobs back."""


class Keeper:
    """Keeps a run until the block ends. A worker that can reach its database no more keeps on trying."""

    def __init__(self, run: Run) -> None:
        self.is_cancelled = False
        self.is_lost = False
        self._run = run
        self._done = threading.Event()
        self._every = configured().job_lease_seconds / RENEWALS
        self._thread = threading.Thread(target=self._keep, name=f"flyball-job-{run.id}", daemon=True)

    def __enter__(self) -> Keeper:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _keep(self) -> None:
        renewed = time.monotonic()
        while not self.is_lost and not self._done.wait(min(LOOK, self._every)):
            try:
                if time.monotonic() - renewed >= self._every:
                    running.renew(self._run)
                    renewed = time.monotonic()
                self.is_cancelled = not running.is_wanted(self._run)
            except JobLost:
                self.is_lost = True
            except (DatabaseError, InterfaceError) as error:
                logger.warning("The lease of job %s is not renewed: %s", self._run.id, type(error).__name__)
                connections.close_all()
        connections.close_all()  # this thread's own
