"""A lock for each key, for coroutines of any event loop: what must not run twice at once for one thing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Hashable
from concurrent.futures import Future
from contextlib import asynccontextmanager


class KeyedLock:
    """Locks by key; each is given in the order in which it is asked for. May be shared by event loops."""

    def __init__(self) -> None:
        self._last: dict[Hashable, Future[None]] = {}
        self._changing = threading.Lock()

    def __len__(self) -> int:
        return len(self._last)

    @asynccontextmanager
    async def holding(self, key: Hashable) -> AsyncIterator[None]:
        """Wait until everybody before has released the key, and hold it until the block ends."""
        mine: Future[None] = Future()
        with self._changing:
            before, self._last[key] = self._last.get(key, _done()), mine
        try:
            # Shielded: whoever stops waiting does not release the lock of the one before.
            await asyncio.shield(asyncio.wrap_future(before))
            yield
        finally:
            with self._changing:
                if self._last[key] is mine:
                    self._last[key] = before  # still held, where waiting was given up
                if self._last[key].done():
                    del self._last[key]
            before.add_done_callback(lambda _: mine.set_result(None))


def _done() -> Future[None]:
    done: Future[None] = Future()
    done.set_result(None)
    return done
