"""Notices what the control plane publishes, within a moment, and has the pool load it."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import uuid4

from flyball.domain.errors import Overloaded
from flyball.domain.records import now
from flyball.domain.routing import Manifest
from flyball.inference.runtime import Runtime
from flyball.serving.collector import give_back
from flyball.serving.loader import AWAY, Loader
from flyball.serving.pool import Pool
from flyball.serving.readers import Readers
from flyball.serving.recording.recorder import Recorder
from flyball.stores import failures, keys, routes
from flyball.stores.failures import Failure

logger = logging.getLogger(__name__)

RETRY_SECONDS = 30.0
"""After how long an endpoint that did not load is tried again, though nothing was published since."""
NOTE_SECONDS = 60.0
"""How often the last use of keys is noted, at most; and what did not load, at least: readers wait for it."""
LONGEST_PAUSE_SECONDS = 8.0
"""The longest pause between two looks while looking fails; it doubles up to here."""


class Refresher:
    """Polls a fingerprint of what is published, in a thread of its own; loads only when it changes."""

    def __init__(
        self, readers: Readers, pool: Pool, loader: Loader, recorder: Recorder, seconds: float
    ) -> None:
        self.readers = readers
        self.pool = pool
        self.loader = loader
        self.recorder = recorder
        self.seconds = seconds
        self._use_noted_at = 0.0
        self._process, self._host = uuid4(), socket.gethostname()
        self._told: Mapping[str, Failure] = {}
        self._told_at = 0.0
        self._seen: tuple[Any, ...] | None = None
        self._retry_at = 0.0
        self._stopped = threading.Event()
        self._one = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="flyball-refresher", daemon=True)

    def start(self) -> None:
        """Load what is published, then start the thread; it goes on trying where the database is away."""
        self.look()
        self._thread.start()

    def stop(self) -> None:
        """End the thread; the keys that were used since the last time are noted, what did not load is not."""
        self._stopped.set()
        self._thread.join()
        self._note_use()
        self._tell({})

    def look(self) -> bool:
        """Load what is published and tell what did not load. Says whether looking succeeded."""
        succeeded = self._try()
        if succeeded:
            self._tell(self.pool.table.failures)
        return succeeded

    def refresh(self) -> None:
        """Load what is published, if it changed since the last time."""
        with self._one:
            if self._load_changes() or self.loader.budget is not None:
                self._fit()

    def pause_after(self, pause: float, *, succeeded: bool) -> float:
        """How long to wait for the next look, after one that followed a ``pause`` (seconds)."""
        return self.seconds if succeeded else max(self.seconds, min(pause * 2, LONGEST_PAUSE_SECONDS))

    def _fit(self) -> None:
        fitting = self.loader.fit(self.pool.table.routed, self.recorder.meter.used)
        self.pool.keep(fitting)
        if any(runtime is AWAY for _, runtime in fitting.values()):
            del fitting
            give_back()

    def _load_changes(self) -> bool:
        database = self.readers.database
        seen = self.readers.read(lambda connection: routes.fingerprint(database, connection))
        if seen == self._seen and time.monotonic() < self._retry_at:
            return False
        published = self.readers.read(lambda connection: routes.published(database, connection))
        self.pool.publish(published, self._load_with_room if self._seen is None else self.loader.load)
        failed = bool(self.pool.table.failures)
        self._retry_at = time.monotonic() + RETRY_SECONDS if failed else float("inf")
        self._seen = seen
        return True

    def _load_with_room(self, manifest: Manifest) -> Runtime:
        """What a process loads that starts: no more than the budget; what is promoted later is loaded."""
        return AWAY if self.loader.is_full else self.loader.load(manifest)

    def _run(self) -> None:
        pause = self.seconds
        while not self._stopped.wait(pause):
            pause = self.pause_after(pause, succeeded=self.look())
            if time.monotonic() > self._use_noted_at + NOTE_SECONDS:
                self._note_use()

    def _note_use(self) -> None:
        """Have the recorder note which keys were used; what it could not note is kept for another time."""
        used, database = self.pool.used_keys, self.recorder.database
        digests = set(used)
        if not digests:
            return
        used -= digests
        self._use_noted_at = time.monotonic()
        try:
            noted = self.recorder.run(lambda connection: keys.note_use(database, connection, digests, now()))
        except Overloaded:
            used |= digests
            return
        noted.add_done_callback(lambda done: used.update(digests) if done.exception() else None)

    def _tell(self, unloaded: Mapping[str, Failure]) -> None:
        """Have the recorder write what did not load: when it changed, and as a sign of life.

        What could not be written is written with the next sign; what could not be taken back is soon unseen.
        """
        is_due = bool(unloaded) and time.monotonic() > self._told_at + NOTE_SECONDS
        if unloaded == self._told and not is_due:
            return
        self._told, self._told_at = unloaded, time.monotonic()
        database, mine, told = self.recorder.database, (self._process, self._host), list(unloaded.values())
        with suppress(Overloaded):
            self.recorder.run(lambda connection: failures.write(database, connection, *mine, told, now()))

    def _try(self) -> bool:
        """Whether looking succeeded. Where it did not, the last good table stays, and the next try comes."""
        try:
            self.refresh()
        except Overloaded as error:  # the readers have logged it, once
            self.pool.refresh_error = type(error).__name__
        except Exception as error:
            if self.pool.refresh_error != type(error).__name__:
                logger.exception("What is published could not be read; the last good table stays.")
            self.pool.refresh_error = type(error).__name__
        else:
            self.pool.refresh_error = ""
        return not self.pool.refresh_error
