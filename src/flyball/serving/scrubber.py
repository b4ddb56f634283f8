"""Empties SQLite's write-ahead log of what has been erased, while nobody waits for it."""

from __future__ import annotations

import logging
import threading
from contextlib import closing

from flyball.stores.database import Database

logger = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 5.0
"""Pauses between two attempts while somebody reads an older state: they double up to the longest."""


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
        while self._is_due():
            if self._scrub():
                pause = FIRST_PAUSE_SECONDS
                continue
            with self._changed:
                self._is_wanted = True
                self._changed.wait_for(lambda: self._stopping, pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _is_due(self) -> bool:
        """Wait until it is wanted; ``False`` once it shall end."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_wanted or self._stopping)
            self._is_wanted = False
            return not self._stopping

    def _scrub(self) -> bool:
        try:
            with closing(self.database.connect()) as connection:
                is_empty = self.database.scrub(connection)
        except self.database.driver.Error as error:
            if not self._is_failing:  # once, and not at each attempt
                logger.warning("The write-ahead log was not emptied: %s", type(error).__name__)
            self._is_failing = True
            return False
        self._is_failing = False
        return is_empty
