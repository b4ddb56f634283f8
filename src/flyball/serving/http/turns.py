"""Whose turn it is: so many requests at once of each address, so many that wait; the others come later."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from flyball.domain.errors import Overloaded

FULL = "The server has as many requests as it can answer; try again shortly."


@dataclass(slots=True)
class _Line:
    """Those of one address who have their turn or wait for it."""

    free: asyncio.Semaphore
    people: int = field(default=0)


class Turns:
    """At most ``at_once`` of each address have their turn, and ``waiting`` more wait. For one event loop."""

    def __init__(self, *, at_once: int, waiting: int) -> None:
        self._at_once = at_once
        self._most = at_once + waiting
        self._lines: dict[str, _Line] = {}

    def __len__(self) -> int:
        """How many addresses are known."""
        return len(self._lines)

    def people(self, address: str) -> int:
        """How many of an address have their turn or wait for it."""
        line = self._lines.get(address)
        return 0 if line is None else line.people

    def check(self, address: str) -> None:
        """Raises ``Overloaded`` where too many of an address wait."""
        if self.people(address) >= self._most:
            raise Overloaded(FULL)

    async def take(self, address: str) -> Callable[[], None]:
        """Wait for a turn. Gives what ends it, once or again. Raises ``Overloaded`` where too many wait."""
        self.check(address)
        line = self._lines.setdefault(address, _Line(asyncio.Semaphore(self._at_once)))
        line.people += 1
        try:
            await line.free.acquire()
        except BaseException:
            self._leave(address, line)
            raise
        is_over = False

        def end() -> None:
            nonlocal is_over
            if not is_over:
                is_over = True
                line.free.release()
                self._leave(address, line)

        return end

    def _leave(self, address: str, line: _Line) -> None:
        line.people -= 1
        if not line.people:
            del self._lines[address]
