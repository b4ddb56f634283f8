"""The process that is ready: it has loaded the project once, and each heavy job is a fork of it."""

from __future__ import annotations

import atexit
import ctypes
import gc
import os
import select
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from flyball.control.jobs.apart.child import Asked
from flyball.control.jobs.apart.code import files
from flyball.control.jobs.apart.fork import become, carry_out
from flyball.control.jobs.apart.processes import close
from flyball.inference import interpreters

CANNOT_FORK = 72
"""How it ends where threads have been started: a fork would have their locks, and not them."""
NUMBER = struct.Struct("i")
"""As which ids of processes are told, and how they ended."""
LONGEST = 256
"""Bytes of what is asked for."""
DESCRIPTORS = 3
"""That come with it: standard input, both outputs, and where the process's id and its end are told."""
IDLE = 0.5
"""After so long without a job there is time to load what the next one needs (seconds)."""
FORGET = 600.0
"""After so long it begins anew, without what it has loaded for jobs (seconds)."""
OMP_PAUSE_HARD = 2
"""Of OpenMP's ``omp_pause_resource_t``."""


class _Job(NamedTuple):
    process: int
    told: int


def main() -> None:
    """Fork a process for each job that is asked for on the socket of the argument, until that is closed."""
    with socket.socket(fileno=int(sys.argv[1])) as asking:
        asking.set_inheritable(False)  # else nobody would see that this process has ended
        asked = _Server(asking).serve()
    if asked is not None:  # this is the fork
        carry_out(asked)
    atexit._run_exitfuncs()
    interpreters.end(os.getpid())  # and what the project has started


class _Server:
    def __init__(self, asking: socket.socket) -> None:
        self._asking = asking
        self._events = select.poll()
        self._events.register(asking, select.POLLIN)
        self._is_asked = True
        self._jobs: dict[int, _Job] = {}
        """Those under way, each by what tells of its end."""
        began = time.time_ns()
        with _ending_with(asking):
            _load_project()
        _be_ready()
        self._files = files(since=began)
        self._loaded: set[str] = set()
        self._missing: list[str] = []
        """What is still to be loaded for jobs such as there have been."""

    def serve(self) -> Asked | None:
        """Fork until nobody asks any more, or the code has changed; what was asked for, in the fork."""
        while self._is_asked or self._jobs:
            events = self._events.poll(self._patience())
            for descriptor, _ in events:
                if descriptor in self._jobs:
                    self._end(descriptor)
                elif (asked := self._fork()) is not None:
                    return asked
            if not events:
                self._use_the_time()
        return None

    def _patience(self) -> float | None:
        """After how long without anything there is something to do (milliseconds)."""
        if self._jobs or not self._loaded:
            return None
        return 1000 * (IDLE if self._missing else FORGET)

    def _use_the_time(self) -> None:
        if self._missing:
            self._load(self._missing.pop(0))
        else:
            self._asking.set_inheritable(True)
            os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - this very process

    def _fork(self) -> Asked | None:
        said, own, _, _ = socket.recv_fds(self._asking, LONGEST, DESCRIPTORS)
        is_left = dict(self._events.poll(0)).get(self._asking.fileno(), 0) & select.POLLHUP
        if is_left or len(own) < DESCRIPTORS or self._files != files(self._files):
            self._refuse(own)
            return None
        asked = Asked.of(*said.decode().split("\0"))
        process = 0
        try:
            process = os.fork()
            watched = os.pidfd_open(process) if process else -1
        except OSError:  # of processes or files there may be no more: those that run go on
            if process:
                os.kill(process, signal.SIGKILL)
                os.waitpid(process, 0)
            self._refuse(own)
            return None
        if not process:
            close(*self._jobs, *(job.told for job in self._jobs.values()))
            become(*own)
            return asked
        close(*own[:-1])
        _tell(own[-1], process)
        self._jobs[watched] = _Job(process, own[-1])
        self._events.register(watched, select.POLLIN)
        self._want(asked.kind)
        return None

    def _refuse(self, own: Sequence[int]) -> None:
        """Be asked no more: whoever asks sees that nobody answers."""
        self._is_asked = False
        self._events.unregister(self._asking)
        close(*own)

    def _end(self, watched: int) -> None:
        """Tell how a process ended, once all that it started has."""
        self._events.unregister(watched)
        job = self._jobs.pop(watched)
        interpreters.end(job.process)  # before it is waited for: then its number may be another one's
        _, status = os.waitpid(job.process, 0)
        _tell(job.told, os.waitstatus_to_exitcode(status))
        close(watched, job.told)

    def _want(self, name: str) -> None:
        from flyball.control.jobs.kinds import KINDS

        kind = KINDS.get(name)
        if kind is not None:
            modules = (kind.service.rpartition(".")[0], *kind.loads)
            self._missing += [each for each in modules if each not in self._loaded]
            self._loaded |= set(modules)

    def _load(self, module: str) -> None:
        began = time.time_ns()
        # Of an extra that is not installed: who needs it says so.
        with _ending_with(self._asking), suppress(ImportError):
            import_module(module)
        self._files = files(since=began) | self._files
        _be_ready()


def _load_project() -> None:
    import django

    django.setup()
    from flyball.control.jobs import performing, running  # noqa: F401 - so that no fork has to

    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError:  # an old kernel
        os._exit(CANNOT_FORK)


@contextmanager
def _ending_with(asking: socket.socket) -> Iterator[None]:
    """Loading may take for ever: end meanwhile where nobody asks any more."""
    reader, writer = os.pipe()
    thread = threading.Thread(target=_follow, args=(asking.fileno(), reader), daemon=True)
    thread.start()
    try:
        yield
    finally:
        os.write(writer, b"\0")  # it may be another process's, too, by now
        thread.join()
        close(reader, writer)


def _follow(asking: int, loading: int) -> None:
    events = select.poll()
    events.register(asking, 0)  # that the other end is closed is told always
    events.register(loading, select.POLLIN)
    if asking in dict(events.poll()):
        interpreters.end(os.getpid())


def _be_ready() -> None:
    from django.db import connections

    connections.close_all()  # a connection is one process's
    if threading.active_count() > 1:
        os._exit(CANNOT_FORK)  # without waiting for them
    _end_pools()
    # Where a whole unit is told to end, its jobs do so in order. Programs would inherit that it is ignored.
    signal.signal(signal.SIGTERM, lambda *_: None)
    gc.collect()
    gc.freeze()  # else the first collection of a fork would copy all that is shared


def _end_pools() -> None:
    """End OpenMP's threads: a fork would wait for them for ever. They begin again where they are needed."""
    lines = Path("/proc/self/maps").read_text().splitlines()
    for place in {line[line.index("/") :] for line in lines if "libgomp" in line}:
        with suppress(OSError, AttributeError):  # an old one cannot
            ctypes.CDLL(place).omp_pause_resource_all(OMP_PAUSE_HARD)


def _tell(told: int, number: int) -> None:
    with suppress(BrokenPipeError):  # the worker has ended
        os.write(told, NUMBER.pack(number))


if __name__ == "__main__":
    main()
