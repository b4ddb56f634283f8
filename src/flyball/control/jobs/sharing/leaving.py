"""Leaving: a helper ends in the middle of its part where it is not needed, or its slot is."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from django.db import DatabaseError, InterfaceError, connections, transaction

from flyball.control.jobs import running, selectors
from flyball.control.jobs.running import Run
from flyball.domain.errors import JobLost

WATCH = 1.0
"""Between two looks (seconds)."""


class Leaving(threading.Thread):
    """Ends the helper's process where another job waits for its slot, or the work does not go on.

    A part may take minutes, and somebody may wait for a chart. ``give_back`` opens the part that it has
    begun, in the transaction that ends its job.
    """

    def __init__(self, run: Run, goes_on: Callable[[], bool], give_back: Callable[[], object]) -> None:
        super().__init__(name="flyball-leaving", daemon=True)
        self._run = run
        self._goes_on = goes_on
        self._give_back = give_back
        self._stopped = threading.Event()

    def stop(self) -> None:
        """The helper ends by itself."""
        self._stopped.set()

    def run(self) -> None:
        """Look again and again."""
        try:
            while not self._stopped.wait(WATCH):
                if selectors.is_one_waiting() or not self._goes_on():
                    self._leave()
        except (DatabaseError, InterfaceError, JobLost):
            pass  # who computes the part will notice
        finally:
            connections.close_all()

    def _leave(self) -> None:
        with transaction.atomic():
            running.succeed(self._run)
            self._give_back()
        os._exit(0)
