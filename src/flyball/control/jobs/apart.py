"""Heavy jobs: each in a fresh interpreter, in a group of its own, with limits of memory and time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from flyball.control.declarations.configured import configured
from flyball.control.jobs import kinds, running
from flyball.control.jobs.keeping import LEAVING, Keeper
from flyball.control.jobs.performing import OUT_OF_MEMORY
from flyball.control.jobs.running import Run

GRACE = 2.5
"""Between asking a process to end and ending it (seconds)."""
TICK = 0.05
YIELDING = 10
"""How nice a process is to others: on one processor, servers have nine tenths of it when they want it, and it
still gets on. At 19 it did not so much as start within two minutes beside others that took all."""
SAME_ORDER = {"PYTHONHASHSEED": "0"}
"""Sets of texts have the same order in each attempt: else what holds one would seem to be another thing."""
LONGEST_SAID = 8 * 1024
"""Bytes of what the process printed last that go to the job's log."""
MIB = 1024 * 1024
CRASHES = frozenset({signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS})
_CRASHED = "A library that gets no more memory may end so: its limit is {:g} MiB (FLYBALL_JOB_MEMORY)."


def memory_of(run: Run) -> int:
    """The most memory that a job may take (bytes)."""
    return kinds.find(run.kind).memory_bytes or configured().job_memory


def perform_apart(run: Run, keeper: Keeper) -> None:
    """Carry a job out in a process of its own, and see to it that it is ended, whatever becomes of that.

    Raises ``JobLost`` where another worker has the job by now.
    """
    child = _start(run)
    reader = _Reader(child)
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


def _start(run: Run) -> subprocess.Popen[bytes]:
    nice = YIELDING if kinds.find(run.kind).is_yielding else 0
    places = (str(Path(place or ".").absolute()) for place in sys.path)
    return subprocess.Popen(  # noqa: S603 - this interpreter, a UUID and numbers
        [sys.executable, "-P", "-m", "flyball.control.jobs.child", str(run.id), str(run.token), str(nice)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(places), **SAME_ORDER},
        start_new_session=True,  # a group of its own: whatever it starts ends with it
    )


class _Reader:
    """Reads what a process prints, so that it never waits, and keeps the end of it."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self.said = b""
        self._child = child
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        assert self._child.stdout is not None  # noqa: S101 - it was started with a pipe
        with self._child.stdout as pipe:
            while data := os.read(pipe.fileno(), LONGEST_SAID):
                self.said = (self.said + data)[-LONGEST_SAID:]


def _wait(child: subprocess.Popen[bytes], run: Run, keeper: Keeper, late: float) -> Callable[[], None] | None:
    """Wait until the process ends, or has to; what is then to be written, unless it says so itself."""
    while child.poll() is None:
        if keeper.is_cancelled:
            return lambda: running.cancelled(run)
        if LEAVING.is_set():
            return lambda: running.release(run)
        if time.monotonic() > late:
            return lambda: running.fail(run, running.too_long(run), can_pass=False)
        if keeper.is_lost:
            return None
        time.sleep(TICK)
    return None


def _died(run: Run, code: int, said: bytes) -> None:
    """End a job whose process ended without a word: by its limit, or for a reason that may pass."""
    if code == OUT_OF_MEMORY or (code == -signal.SIGABRT and b"bad_alloc" in said):
        limit = f"The job needed more memory than its limit of {memory_of(run) / MIB:g} MiB."
        running.fail(run, limit, can_pass=False)
    else:
        how = f"was ended by signal {-code}" if code < 0 else f"ended with {code}"
        why = f" {_CRASHED.format(memory_of(run) / MIB)}" if -code in CRASHES else ""
        running.fail(run, f"The job's process {how} before the job was done.{why}", can_pass=True)


def _end(child: subprocess.Popen[bytes]) -> int:
    """End the process and all that it started, politely first; its exit code, or minus its signal."""
    with suppress(ProcessLookupError, PermissionError):
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            child.wait(GRACE)
        os.killpg(child.pid, signal.SIGKILL)  # what it started, too
    code = child.wait()
    if child.stdin is not None:
        child.stdin.close()
    return code
