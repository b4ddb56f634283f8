"""Notices what the control plane publishes, within a moment, and has the pool load it."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from flyball.domain.routing import Manifest
from flyball.inference import runtime
from flyball.serving.pool import Pool
from flyball.serving.readers import Readers
from flyball.stores import artifacts, routes

logger = logging.getLogger(__name__)

RETRY_SECONDS = 30.0
"""After how long an endpoint that did not load is tried again, though nothing was published since."""


class Refresher:
    """Polls a fingerprint of what is published, in a thread of its own; loads only when it changes."""

    def __init__(self, readers: Readers, pool: Pool, seconds: float) -> None:
        self.readers = readers
        self.pool = pool
        self.seconds = seconds
        self.error = ""
        self._seen: tuple[Any, ...] | None = None
        self._retry_at = 0.0
        self._stopped = threading.Event()
        self._one = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="flyball-refresher", daemon=True)

    def start(self) -> None:
        """Load what is published, then start the thread; it goes on trying where the database is away."""
        self._try()
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()
        self._thread.join()

    def refresh(self) -> None:
        """Load what is published, if it changed since the last time."""
        with self._one:
            seen = self.readers.read(lambda connection: routes.fingerprint(self.readers.database, connection))
            if seen == self._seen and time.monotonic() < self._retry_at:
                return
            published = self.readers.read(
                lambda connection: routes.published(self.readers.database, connection)
            )
            self.pool.publish(published, self.load)
            failed = bool(self.pool.table.failures)
            self._retry_at = time.monotonic() + RETRY_SECONDS if failed else float("inf")
            self._seen = seen

    def load(self, manifest: Manifest) -> runtime.Runtime:
        """A version from its artifact, proven by its golden answers."""
        data = self.readers.read(
            lambda connection: artifacts.read(self.readers.database, connection, manifest.answering.digest)
        )
        return runtime.load(manifest, data)

    def _run(self) -> None:
        while not self._stopped.wait(self.seconds):
            self._try()

    def _try(self) -> None:
        try:
            self.refresh()
            self.error = ""
        except Exception as error:  # the last good table stays, and the next try comes
            self.error = type(error).__name__
            logger.warning("What is published could not be read; the last good table stays.", exc_info=True)
