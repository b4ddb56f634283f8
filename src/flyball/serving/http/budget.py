"""How many bytes of large bodies a process holds at once, for all of its requests together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flyball.domain.errors import Overloaded

BODIES = 4
"""So many bodies of the largest size may be under way at once."""


class Budget:
    """Bytes that requests share. May be shared by event loops and threads."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.held = 0
        self._changing = threading.Lock()

    @contextmanager
    def share(self) -> Iterator[Callable[[int], None]]:
        """One request's share: what it takes by calling is given back at the end.

        Taking raises ``Overloaded`` where it would be more than there is.
        """
        mine = 0

        def take(size: int) -> None:
            nonlocal mine
            with self._changing:
                if self.held + size > self.limit:
                    raise Overloaded
                self.held += size
                mine += size

        try:
            yield take
        finally:
            with self._changing:
                self.held -= mine
