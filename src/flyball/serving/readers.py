"""Connections for reading: handed from thread to thread, never shared, replaced when they break."""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable
from typing import Any, TypeVar

from flyball.domain.errors import Overloaded
from flyball.stores.database import Database

logger = logging.getLogger(__name__)

T = TypeVar("T")


class Readers:
    """Read-only connections to one database; at most as many stay open as ever read at once."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._idle: queue.LifoQueue[Any] = queue.LifoQueue()

    def read(self, work: Callable[[Any], T]) -> T:
        """What ``work`` makes of a connection. One that broke is replaced, once.

        Raises ``Overloaded`` where the database does not answer.
        """
        try:
            return self._once(work)
        except self.database.driver.Error as error:
            if self.database.is_locked(error):  # it was waited for already
                raise _unanswered(error) from error
            self.close()  # after a restart of the database every idle one is broken too
        try:
            return self._once(work)
        except self.database.driver.Error as error:
            raise _unanswered(error) from error

    def close(self) -> None:
        """Close the connections that nobody uses now."""
        while True:
            try:
                self._idle.get_nowait().close()
            except queue.Empty:
                return

    def _once(self, work: Callable[[Any], T]) -> T:
        try:
            connection = self._idle.get_nowait()
        except queue.Empty:
            connection = self.database.connect_read_only()
        try:
            result = work(connection)
        except self.database.driver.Error:
            connection.close()
            raise
        except BaseException:
            self._idle.put(connection)
            raise
        self._idle.put(connection)
        return result


def _unanswered(error: Exception) -> Overloaded:
    state = getattr(error, "sqlstate", None)  # the message itself may hold what a user sent
    logger.error("A read failed: %s %s", type(error).__name__, state or "")
    return Overloaded("The database does not answer; try again shortly.")
