"""Heavy jobs: each in a process and a group of its own, with limits of memory and time."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from flyball.control.jobs import kinds, running
from flyball.control.jobs.apart.child import Asked
from flyball.control.jobs.apart.forking import ForkServer
from flyball.control.jobs.apart.processes import Fresh, Process
from flyball.control.jobs.keeping import LEAVING, Keeper
from flyball.control.jobs.performing import OUT_OF_MEMORY
from flyball.control.jobs.running import Run

GRACE = 2.5
"""Between asking a process to end and ending it (seconds)."""
TICK = 0.05
"""Between two looks whether it has to end (seconds); that it has ended is seen at once."""
YIELDING = 10
"""How nice a process is to others: on one processor, servers have nine tenths of it when they want it, and it
still gets on. At 19 it did not so much as start within two minutes beside others that took all."""
LONGEST_SAID = 8 * 1024
"""Bytes of what the process printed last that go to the job's log."""
MIB = 1024 * 1024
FORKS = ForkServer()
"""The processes of this worker's jobs are forks of its."""
CRASHES = frozenset({signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS})
_CRASHED = "A library that gets no more memory may end so: its limit is {:g} MiB (FLYBALL_JOB_MEMORY)."


def perform_apart(run: Run, keeper: Keeper) -> None:
    """Carry a job out in a process of its own, and see to it that it is ended, whatever becomes of that.

    Raises ``JobLost`` where another worker has the job by now.
    """
    asked = Asked(run.id, run.token, YIELDING if kinds.find(run.kind).is_yielding else 0, run.kind)
    child = FORKS.fork(asked) or Fresh(asked)
    reader = _Reader(child.output)
    late = time.monotonic() + running.seconds_of(run)
    try:
        stop = _wait(child, run, keeper, late)
    finally:
        code = _end(child)
        reader.thread.join(GRACE)  # a process that left the group may hold the pipe
    if keeper.is_lost or not running.is_running(run):
        return  # the process has written itself how it ended; or the job is another worker's
    if reader.said:
        running.add_log(run, reader.said.decode(errors="replace"))
    (stop or (lambda: _died(run, code, reader.said)))()


class _Reader:
    """Reads what a process prints, so that it never waits, and keeps the end of it."""

    def __init__(self, output: int) -> None:
        self.said = b""
        self._output = output
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        while data := os.read(self._output, LONGEST_SAID):
            self.said = (self.said + data)[-LONGEST_SAID:]
        os.close(self._output)


def _wait(child: Process, run: Run, keeper: Keeper, late: float) -> Callable[[], None] | None:
    """Wait until the process ends, or has to; what is then to be written, unless it says so itself."""
    while child.wait(TICK) is None:
        if keeper.is_cancelled:
            return lambda: running.cancelled(run)
        if LEAVING.is_set():
            return lambda: running.release(run)
        if time.monotonic() > late:
            return lambda: running.fail(run, running.too_long(run), can_pass=False)
        if keeper.is_lost:
            return None
    return None


def _died(run: Run, code: int, said: bytes) -> None:
    """End a job whose process ended without a word: by its limit, or for a reason that may pass."""
    if code == OUT_OF_MEMORY or (code == -signal.SIGABRT and b"bad_alloc" in said):
        limit = f"The job needed more memory than its limit of {running.memory_of(run) / MIB:g} MiB."
        running.fail(run, limit, can_pass=False)
    else:
        how = f"was ended by signal {-code}" if code < 0 else f"ended with {code}"
        why = f" {_CRASHED.format(running.memory_of(run) / MIB)}" if -code in CRASHES else ""
        running.fail(run, f"The job's process {how} before the job was done.{why}", can_pass=True)


def _end(child: Process) -> int:
    """End the process and all that it started, politely first; its exit code, or minus its signal."""
    code = child.wait(0)
    if code is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGTERM)
        code = child.wait(GRACE)
    child.kill()  # what it started, too
    os.close(child.lifeline)
    while code is None:
        code = child.wait()
    return code
