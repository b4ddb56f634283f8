"""The process of a heavy job: it knows the job's id and its token, and ends when its worker does."""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn
from uuid import UUID

TERMINATED = 128 + signal.SIGTERM
AUTOGROUP = Path("/proc/self/autogroup")
"""What a session is to others; this process leads one of its own."""
TOLD = threading.Event()
"""Set once this process is told to end."""


def main() -> None:
    """Carry out the job that the arguments name. Standard input is the lifeline."""
    if nice := int(sys.argv[3]):
        _yield(nice)  # first of all: what is loaded below takes a second
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_follow, daemon=True, name="flyball-lifeline").start()
    import django

    django.setup()
    from flyball.control.jobs import apart, performing, running
    from flyball.domain.errors import JobLost

    try:
        run = running.resume(UUID(sys.argv[1]), int(sys.argv[2]))
        _limit(apart.memory_of(run))
        performing.perform(run, is_limited=True, is_told_to_end=TOLD.is_set)
    except JobLost as lost:
        print(lost, file=sys.stderr)  # noqa: T201 - the worker reads it


def _yield(nice: int) -> None:
    """Let all others go first. Linux divides processors among sessions before it looks at their processes."""
    os.nice(nice)
    with suppress(OSError):  # a system without such groups
        AUTOGROUP.write_text(str(nice))


def _follow() -> None:
    # The other end is the worker's alone: the system closes it, however the worker ends. PDEATHSIG would end
    # this process before it has ended those that it started.
    while os.read(0, 1024):
        pass
    os.killpg(0, signal.SIGKILL)


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    TOLD.set()
    sys.exit(TERMINATED)  # so that what the job has begun is put in order on the way out


def _limit(memory: int) -> None:
    # Not RLIMIT_AS: libraries reserve far more addresses than they use.
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
