"""Copies SQLite's write-ahead log into the database and empties it of what is erased, beside all else."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any, TypeVar

from flyball.stores.database import Database

logger = logging.getLogger(__name__)

T = TypeVar("T")

FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 5.0
"""Pauses between two attempts while somebody reads an older state: they double up to the longest."""
CHECKPOINT_SECONDS = 0.25
"""How often what has been committed is copied into the database: commits themselves never do."""


class Scrubber:
    """Truncates the log in a thread of its own, on a connection of its own; many requests are one attempt.

    An attempt never waits for readers: SQLite would keep every writer out meanwhile. It is repeated until
    the log is empty. Only on SQLite: the log of PostgreSQL belongs to its administrator.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self._changed = threading.Condition()
        self._is_wanted = False
        self._stopping = False
        self._is_failing = False
        self._thread = threading.Thread(target=self._run, name="flyball-scrubber", daemon=True)

    def start(self) -> None:
        """Empty the log of what a process that was killed may have left there; then start the thread.

        At once, before anybody asks: the log begins anew, and whoever has read since and then wants to write
        in the same transaction would be refused.
        """
        if not self.database.is_postgres:
            self._is_wanted = not self._scrub()
            self._thread.start()

    def stop(self) -> None:
        """End the thread. Closing the last connection to the database empties the log, too."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    def request(self) -> None:
        """Have the log emptied soon. Returns at once."""
        with self._changed:
            self._is_wanted = True
            self._changed.notify()

    def _run(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not self._stopping:
            if not self._is_due():
                self._attempt(self.database.checkpoint)
            elif self._scrub():
                pause = FIRST_PAUSE_SECONDS
            else:
                with self._changed:
                    self._is_wanted = True
                    self._changed.wait_for(lambda: self._stopping, pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _is_due(self) -> bool:
        """Wait until it is wanted to be empty, but no longer than until the next checkpoint."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_wanted or self._stopping, CHECKPOINT_SECONDS)
            is_wanted, self._is_wanted = self._is_wanted, False
            return is_wanted

    def _scrub(self) -> bool:
        return bool(self._attempt(self.database.scrub))

    def _attempt(self, work: Callable[[Any], T]) -> T | None:
        """What ``work`` makes of a connection, or ``None`` where the database does not take it."""
        try:
            with closing(self.database.connect()) as connection:
                made = work(connection)
        except self.database.driver.Error as error:
            if not self._is_failing:  # once, and not at each attempt
                logger.warning("The write-ahead log was not copied: %s", type(error).__name__)
            self._is_failing = True
            return None
        self._is_failing = False
        return made
