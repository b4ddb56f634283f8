"""Connections for reading, and the threads that read for event loops; what breaks is replaced."""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from flyball.domain.errors import Overloaded
from flyball.stores.database import Database

logger = logging.getLogger(__name__)

T = TypeVar("T")

LOCK_SECONDS = 1
"""How long a read waits for a lock: only what changes a table keeps readers out, and only on PostgreSQL."""
STALLED_SECONDS = 2
"""How long one waits for a thread that reads, and how long all of them may stand still."""
AWAY = "The database does not answer; try again shortly."


class Readers:
    """Read-only connections to one database; at most as many stay open as ever read at once.

    Not the driver's own pool: with PostgreSQL away, that one lets each caller wait for its whole timeout
    before it refuses, and after an outage it waits out its pause between attempts. Here a refused
    connection is an error at once, and the first read after an outage connects.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self._idle: queue.LifoQueue[Any] = queue.LifoQueue()
        self._most = min(4, os.cpu_count() or 1)
        self._threads = ThreadPoolExecutor(self._most, "flyball-reader")
        self._busy = 0
        self._begun_at = 0.0
        self._counting = threading.Lock()
        self._trouble = ""
        self._is_away = False

    @property
    def stand_still(self) -> bool:
        """Whether every thread reads, and none has begun to for a while."""
        return self._busy >= self._most and time.monotonic() > self._begun_at + STALLED_SECONDS

    async def run(self, work: Callable[[], T]) -> T:
        """What ``work`` gives, run in a thread that may read: never on the event loop.

        Raises ``Overloaded`` at once where all threads stand still, and where none was free for long.
        """
        if self.stand_still:
            raise Overloaded(AWAY)
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, self._turn, work, time.monotonic() + STALLED_SECONDS
        )

    def _turn(self, work: Callable[[], T], until: float) -> T:
        with self._counting:
            self._begun_at = time.monotonic()
            if self._begun_at > until:
                raise Overloaded(AWAY)
            self._busy += 1
        try:
            return work()
        finally:
            with self._counting:
                self._busy -= 1

    def read(self, work: Callable[[Any], T]) -> T:
        """What ``work`` makes of a connection. One that broke is replaced, once.

        Raises ``Overloaded`` where the database does not answer.
        """
        try:
            return self._once(work)
        except self.database.driver.Error as error:
            if self.database.is_locked(error):  # it was waited for already
                raise self._refusal(error) from error
            self._close_idle()  # after a restart of the database every idle one is broken too
        try:
            return self._once(work)
        except self.database.driver.Error as error:
            raise self._refusal(error) from error

    def close(self) -> None:
        """End the threads and close the connections that nobody uses now."""
        self._threads.shutdown()
        self._close_idle()

    def _close_idle(self) -> None:
        while True:
            try:
                self._idle.get_nowait().close()
            except queue.Empty:
                return

    def _once(self, work: Callable[[Any], T]) -> T:
        connection = self._connected()
        try:
            result = work(connection)
        except self.database.driver.Error:
            connection.close()
            raise
        except BaseException:
            self._idle.put(connection)
            raise
        self._idle.put(connection)
        self._trouble = ""
        return result

    def _connected(self) -> Any:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            pass
        try:
            connection = self.database.connect_read_only(LOCK_SECONDS)
        except self.database.driver.Error:
            self._is_away = True
            raise
        if self._is_away:
            self._is_away = False
            logger.warning("The database answers again.")
        return connection

    def _refusal(self, error: Exception) -> Overloaded:
        # Once for each trouble: with the database away, every look for new routes ends here. Not the
        # message itself: it may hold what a user sent.
        trouble = " ".join(filter(None, [type(error).__name__, getattr(error, "sqlstate", None)]))
        if trouble != self._trouble:
            self._trouble = trouble
            sentence = "The database does not answer: %s." if self._is_away else "A read failed: %s."
            logger.error(sentence, trouble)
        return Overloaded(AWAY)
