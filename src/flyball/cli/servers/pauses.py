"""The pauses before a process that ended is started again: each twice as long as the one before."""

from __future__ import annotations

import time

FIRST = 0.1
"""Before it is started again; each time twice as long (seconds)."""
LONGEST = 10.0
"""And never longer than this (seconds)."""
CALM = 60.0
"""Without an ending for so long, pauses start anew (seconds)."""


class Pauses:
    """How long to wait after each ending."""

    def __init__(self) -> None:
        self._pause = FIRST
        self._ended_at = float("-inf")

    def following(self) -> float:
        """The pause after an ending that is seen now (seconds)."""
        now = time.monotonic()
        self._pause = FIRST if now - self._ended_at > CALM else min(self._pause * 2, LONGEST)
        self._ended_at = now + self._pause
        return self._pause
