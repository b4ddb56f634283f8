"""Forks for a worker's jobs, of a process that has loaded the project already."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress

from flyball.control.jobs.apart.child import Asked
from flyball.control.jobs.apart.forkserver import CANNOT_FORK, NUMBER
from flyball.control.jobs.apart.processes import close, interpreter
from flyball.inference import interpreters

READY_WITHIN = 60.0
"""One that loads the project for longer is not waited for (seconds)."""
ENDS_WITHIN = 1.0
"""After it has closed its door (seconds)."""


class Forked:
    """A fork, as a ``Process``. ``told`` is where the process that it is one of tells how it ended."""

    def __init__(self, pid: int, lifeline: int, output: int, told: int) -> None:
        self.pid, self.lifeline, self.output = pid, lifeline, output
        self._told = told
        self._code: int | None = None

    def wait(self, seconds: float | None = None) -> int | None:
        """How it ended, or minus its signal; ``None`` where it has not after so many seconds."""
        if self._code is None and _can_be_read(self._told, seconds):
            code = _number(self._told)
            os.close(self._told)
            if code is None:  # who was to tell has been killed
                interpreters.end(self.pid)
            self._code = -signal.SIGKILL if code is None else code
        return self._code

    def kill(self) -> None:
        """End its group: what it has started, too."""
        if self.wait(0) is None:  # else all of it has ended, and its number may be another one's
            interpreters.end(self.pid)


class ForkServer:
    """The process that is ready, and what is asked of it.

    Where it has ended, or its code has changed, another one is started.

    To be used by any number of threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_wanted = False
        self._process: subprocess.Popen[bytes] | None = None
        self._asking: socket.socket | None = None
        self._left: list[subprocess.Popen[bytes]] = []

    def prepare(self) -> None:
        """Have a process load the project. Before that, ``fork`` forks nothing."""
        with self._lock:
            self._is_wanted = sys.platform == "linux" and hasattr(os, "pidfd_open")
            if self._is_wanted:
                self._start()

    def fork(self, asked: Asked) -> Forked | None:
        """A process for a job, or ``None`` where a fresh interpreter is needed: that one can say why."""
        with self._lock:
            self._left = [each for each in self._left if each.poll() is None]
            found = self._ask(asked) if self._asking is not None else None
            if found is None and self._is_wanted:
                self._start()
                found = self._ask(asked)
            return found

    def _start(self) -> None:
        self._asking, theirs = socket.socketpair()
        with theirs:
            own, nowhere = theirs.fileno(), subprocess.DEVNULL
            self._process = interpreter("forkserver", str(own), stdin=nowhere, stdout=nowhere, kept=[own])

    def _ask(self, asked: Asked) -> Forked | None:
        """One at a time: what is written to the socket together would be read together."""
        assert self._asking is not None  # noqa: S101 - it was started
        lifeline, own_lifeline = os.pipe()
        own_output, output = os.pipe()
        own_told, told = os.pipe()
        with suppress(OSError):  # it has ended: nobody answers
            socket.send_fds(self._asking, ["\0".join(asked.words).encode()], [lifeline, output, told])
        close(lifeline, output, told)
        has_answered = _can_be_read(own_told, READY_WITHIN)
        process = _number(own_told) if has_answered else None
        if process is not None:
            return Forked(process, own_lifeline, own_output, own_told)
        close(own_lifeline, own_output, own_told)
        self._leave()
        self._is_wanted &= has_answered  # else each job would wait for that as long
        return None

    def _leave(self) -> None:
        """Ask that process no more. It ends once its forks have."""
        assert self._asking is not None  # noqa: S101 - it was asked
        assert self._process is not None  # noqa: S101 - as above
        self._asking.close()
        self._asking = None
        self._left.append(self._process)
        with suppress(subprocess.TimeoutExpired):
            self._is_wanted = self._process.wait(ENDS_WITHIN) != CANNOT_FORK
            interpreters.end(self._process.pid)  # what the project has started


def _can_be_read(descriptor: int, seconds: float | None) -> bool:
    events = select.poll()
    events.register(descriptor, select.POLLIN)
    return bool(events.poll(None if seconds is None else seconds * 1000))


def _number(descriptor: int) -> int | None:
    """The next number that was told, or ``None`` where nobody is left who could."""
    said = os.read(descriptor, NUMBER.size)
    return NUMBER.unpack(said)[0] if said else None
