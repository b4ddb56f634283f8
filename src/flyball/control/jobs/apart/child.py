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
from typing import NamedTuple, NoReturn
from uuid import UUID

TERMINATED = 128 + signal.SIGTERM
AUTOGROUP = Path("/proc/self/autogroup")
"""What a session is to others; this process leads one of its own."""
NAME = Path("/proc/self/comm")
"""What the system calls this process, for ``ps`` and ``top``: 15 bytes."""
TOLD = threading.Event()
"""Set once this process is told to end."""


class Asked(NamedTuple):
    """An attempt at a job of some kind, and how nice its process is to others."""

    job: UUID
    token: int
    nice: int
    kind: str

    @property
    def words(self) -> tuple[str, ...]:
        """As arguments."""
        return (str(self.job), str(self.token), str(self.nice), self.kind)

    @classmethod
    def of(cls, job: str, token: str, nice: str, kind: str) -> Asked:
        """Of its words."""
        return cls(UUID(job), int(token), int(nice), kind)


def main() -> None:
    """Carry out the job that the arguments name. Standard input is the lifeline."""
    asked = Asked.of(*sys.argv[1:])
    begin(asked)
    import django

    django.setup()
    carry_out(asked)


def begin(asked: Asked) -> None:
    """What comes before anything else: loading takes a second, and the worker may end meanwhile."""
    if asked.nice:
        _yield(asked.nice)
    with suppress(OSError):  # a system without such names
        NAME.write_text(name_of(asked.job))
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_follow, daemon=True, name="flyball-lifeline").start()


def carry_out(asked: Asked) -> None:
    """Carry the job out, in limits."""
    from flyball.control.jobs import performing, running
    from flyball.domain.errors import JobLost

    try:
        run = running.resume(asked.job, asked.token)
        _limit(running.memory_of(run))
        performing.perform(run, is_limited=True, is_told_to_end=TOLD.is_set)
    except JobLost as lost:
        print(lost, file=sys.stderr)  # noqa: T201 - the worker reads it


def name_of(job: UUID) -> str:
    """What a job's process is called: the end of its id, which is drawn by lot."""
    return f"job {job.hex[-11:]}"


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
