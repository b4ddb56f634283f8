"""The process that is ready: it has loaded the project once, and each heavy job is a fork of it."""

from __future__ import annotations

import gc
import os
import select
import socket
import struct
import sys
import sysconfig
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from flyball.control.jobs.apart import child
from flyball.control.jobs.apart.child import Asked
from flyball.control.jobs.apart.processes import close, kill

CANNOT_FORK = 72
"""How it ends where the project has started threads: a fork would have their locks, and not them."""
NUMBER = struct.Struct("i")
"""As which ids of processes are told, and how they ended."""
LONGEST = 256
"""Bytes of what is asked for."""
DESCRIPTORS = 3
"""That come with it: standard input, both outputs, and where the process's id and its end are told."""


class _Job(NamedTuple):
    process: int
    told: int


def main() -> None:
    """Fork a process for each job that is asked for on the socket of the argument, until that is closed."""
    with socket.socket(fileno=int(sys.argv[1])) as asking:
        _load()
        asked = _serve(asking)
    if asked is not None:  # this is the fork
        child.begin(asked)
        child.carry_out(asked)


def _load() -> None:
    import django
    from django.db import connections

    django.setup()
    from flyball.control.jobs import performing, running  # noqa: F401 - so that no fork has to

    connections.close_all()  # a connection is one process's
    if threading.active_count() > 1:
        os._exit(CANNOT_FORK)  # without waiting for them
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError:  # an old kernel
        sys.exit(CANNOT_FORK)
    gc.collect()
    gc.freeze()  # else the first collection of a fork would copy all that is shared


def _serve(asking: socket.socket) -> Asked | None:
    """Fork until nobody asks any more, or the code has changed; what was asked for, in the fork."""
    loaded, jobs = _files(), dict[int, _Job]()
    events = select.poll()
    events.register(asking, select.POLLIN)
    is_asked = True
    while is_asked or jobs:
        for descriptor, _ in events.poll():
            if descriptor in jobs:
                events.unregister(descriptor)
                _end(descriptor, jobs.pop(descriptor))
                continue
            said, own, _, _ = socket.recv_fds(asking, LONGEST, DESCRIPTORS)
            if not said or loaded != _files(loaded):
                is_asked = False  # whoever asks sees that nobody answers
                events.unregister(asking)
                close(*own)
                continue
            process = os.fork()
            if not process:
                close(*jobs, *(job.told for job in jobs.values()))
                _become(*own)
                return Asked.of(said.decode())
            close(*own[:-1])
            _tell(own[-1], process)
            watched = os.pidfd_open(process)
            jobs[watched] = _Job(process, own[-1])
            events.register(watched, select.POLLIN)
    return None


def _become(lifeline: int, output: int, told: int) -> None:
    os.setsid()  # a group of its own: whatever it starts ends with it
    os.dup2(lifeline, 0)
    for standard in (1, 2):
        os.dup2(output, standard)
    close(lifeline, output, told)
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()  # else all would draw the same


def _end(watched: int, job: _Job) -> None:
    """Tell how a process ended, once all that it started has."""
    kill(job.process)  # before it is waited for: then its number may be another one's
    _, status = os.waitpid(job.process, 0)
    _tell(job.told, os.waitstatus_to_exitcode(status))
    close(watched, job.told)


def _tell(told: int, number: int) -> None:
    with suppress(BrokenPipeError):  # the worker has ended
        os.write(told, NUMBER.pack(number))


def _files(names: Iterable[str] | None = None) -> dict[str, int]:
    """When each file was changed of which code is loaded, but for what was installed."""
    if names is None:
        installed = tuple(sysconfig.get_path(each) for each in ("stdlib", "purelib", "platlib"))
        places = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
        names = {place for place in places if place and not place.startswith(installed)}
    found = {}
    for each in names:
        with suppress(OSError):  # it was removed, and so is another one
            found[each] = Path(each).stat().st_mtime_ns
    return found


if __name__ == "__main__":
    main()
