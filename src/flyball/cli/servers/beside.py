"""Processes that are started again where they end; and one beside the server, which ends with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

FIRST_PAUSE = 0.1
"""Before a process that ended is started again; each time twice as long (seconds)."""
LONGEST_PAUSE = 10.0
"""And never longer than this (seconds)."""
CALM = 60.0
"""Without an ending for so long, pauses start anew (seconds)."""
MARGIN = 5.0
"""After its time to drain, a process may take so long to give back what it has not done (seconds)."""
QUIET = 1.0
"""An ending that takes longer is explained (seconds)."""


class Pauses:
    """How long to wait after each ending."""

    def __init__(self) -> None:
        self._pause = FIRST_PAUSE
        self._ended_at = float("-inf")

    def following(self) -> float:
        """The pause after an ending that is seen now (seconds)."""
        now = time.monotonic()
        self._pause = FIRST_PAUSE if now - self._ended_at > CALM else min(self._pause * 2, LONGEST_PAUSE)
        self._ended_at = now + self._pause
        return self._pause


class Beside:
    """A Python module that runs in a process of its own, in the care of a thread.

    The process's standard input is its lifeline: the system closes it where this process is killed. ``says``
    is told in a sentence what becomes of it. ``retells`` is told what it prints, line by line: on a terminal
    that would end up within a bar that this process draws. Without that, it goes to standard error.
    """

    def __init__(
        self, module: str, what: str, says: Callable[[str], None], retells: Callable[[str], None] | None
    ) -> None:
        self._module = module
        self._what = what
        self._says = says
        self._retells = retells
        self._ending = threading.Event()
        self._process: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._keep, daemon=True, name="flyball-beside")

    def start(self) -> None:
        """Start it, once; from now on it comes back after a pause that grows, whenever it ends."""
        if self._thread.ident is None and not self._ending.is_set():
            self._thread.start()

    def leave(self) -> None:
        """Tell it to end in order. Signal handlers may call this."""
        self._ending.set()
        if self._process is not None:
            self._process.terminate()

    def kill(self) -> None:
        """End it at once; the same."""
        self._ending.set()
        if self._process is not None:
            self._process.kill()

    def stop(self, drain_seconds: float) -> None:
        """End it in order, and wait; at once where that takes too long, or Ctrl-C comes meanwhile."""
        self.leave()
        if self._thread.ident is None:
            return
        try:
            self._thread.join(QUIET)
            if self._thread.is_alive():
                self._says(f"{self._what} has {drain_seconds:g} s for its jobs. Ctrl-C ends it at once.")
            late = time.monotonic() + drain_seconds + MARGIN
            while self._thread.is_alive() and time.monotonic() < late:
                self._thread.join(0.1)
        finally:
            self.kill()
            self._thread.join()

    def _keep(self) -> None:
        pauses = Pauses()
        while not self._ending.is_set():
            with deaf_to_the_terminal():
                self._process = self._spawn()
            if self._ending.is_set():  # told before there was anybody to tell
                self._process.terminate()
            self._retell(self._process)
            self._process.wait()
            if not self._ending.is_set():
                pause = pauses.following()
                self._says(f"{self._what} ended. It starts again in {pause:.1f} s.")
                self._ending.wait(pause)

    def _spawn(self) -> subprocess.Popen[str]:
        # Never to standard output: what commands print there is for programs.
        out = sys.stderr.fileno() if self._retells is None else subprocess.PIPE
        return subprocess.Popen(  # noqa: S603 - this interpreter and a module of ours
            [sys.executable, "-P", "-m", self._module],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=environment(),
            text=True,
            errors="replace",
        )

    def _retell(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            if self._retells is not None:
                self._retells(line.rstrip("\n"))


def environment() -> dict[str, str]:
    """The environment in which another interpreter finds what this one imports."""
    places = (str(Path(place or ".").absolute()) for place in sys.path)
    return {**os.environ, "PYTHONPATH": os.pathsep.join(places)}


@contextmanager
def deaf_to_the_terminal() -> Iterator[None]:
    """Start processes for which Ctrl-C and the end of the terminal are blocked: those are sent to every one.

    They end when they are told to: one that is still importing would print a traceback.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
