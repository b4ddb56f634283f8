"""A time limit for what a request waits for, without a timer for each request."""

from __future__ import annotations

import asyncio
import threading
import time
from types import TracebackType

GRAIN_SECONDS = 0.1
"""How often is looked for who is late, while anybody waits."""


class Within:
    """``with Within(seconds):`` raises ``TimeoutError`` as ``asyncio.timeout`` does, at most a grain later.

    To be used in a task. Making and ending a timer takes longer than reading a small body does.
    """

    __slots__ = ("_sweep", "_task", "is_late", "until")

    def __init__(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        if task is None:
            raise RuntimeError("A time limit needs a task that it can end.")
        self.until = time.monotonic() + seconds
        self.is_late = False
        self._task = task
        self._sweep = _sweep_of(loop)

    def __enter__(self) -> None:
        self._sweep.waiting.add(self)
        if not self._sweep.is_due:
            self._sweep.plan()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sweep.waiting.discard(self)
        # Somebody else may have cancelled the task at the same moment: then that is what happened.
        if self.is_late and self._task.uncancel() == 0 and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def end(self) -> None:
        """Have the task leave the block."""
        self.is_late = True
        self._task.cancel()


class _Sweep:
    """Everybody who waits on one event loop, and the one timer there."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.waiting: set[Within] = set()
        self.is_due = False

    def plan(self) -> None:
        self.is_due = True
        self.loop.call_later(GRAIN_SECONDS, self._run)

    def _run(self) -> None:
        moment = time.monotonic()
        for one in [each for each in self.waiting if each.until < moment and not each.is_late]:
            one.end()
        self.is_due = False
        if self.waiting:
            self.plan()


_own = threading.local()


def _sweep_of(loop: asyncio.AbstractEventLoop) -> _Sweep:
    """The loop's own; a thread runs one loop at a time."""
    sweep: _Sweep | None = getattr(_own, "sweep", None)
    if sweep is None or sweep.loop is not loop:
        sweep = _own.sweep = _Sweep(loop)
    return sweep
