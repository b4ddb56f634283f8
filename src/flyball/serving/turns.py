"""One after another: what must not run twice at once for the same thing, in this process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Hashable
from concurrent.futures import Future
from contextlib import asynccontextmanager


class Turns:
    """Gives turns, in the order in which they are asked for. May be shared by event loops."""

    def __init__(self) -> None:
        self._last: dict[Hashable, Future[None]] = {}
        self._changing = threading.Lock()

    def __len__(self) -> int:
        return len(self._last)

    @asynccontextmanager
    async def of(self, thing: Hashable) -> AsyncIterator[None]:
        """Waits until whoever came before for the same thing is done."""
        mine: Future[None] = Future()
        with self._changing:
            before, self._last[thing] = self._last.get(thing, _done()), mine
        try:
            # Shielded: who gives up waiting does not end the turn of the one before.
            await asyncio.shield(asyncio.wrap_future(before))
            yield
        finally:
            with self._changing:
                if self._last[thing] is mine:
                    self._last[thing] = before  # still under way, where waiting was given up
                if self._last[thing].done():
                    del self._last[thing]
            before.add_done_callback(lambda _: mine.set_result(None))


def _done() -> Future[None]:
    done: Future[None] = Future()
    done.set_result(None)
    return done
