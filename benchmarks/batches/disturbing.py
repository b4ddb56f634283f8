"""A batch's workers are killed and paused at random moments until it has ended. Django is set up."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flyball.control.jobs.apart.child import name_of

if TYPE_CHECKING:
    from flyball.batches.models import Batch

Worker = subprocess.Popen[Any]
PATIENCE = 300.0
"""A batch that has not ended by then never does (seconds)."""
SOON = 60.0
"""For who is to be disturbed is waited so long (seconds)."""
SHOTS = ("helper", "lead", "worker", "pause")
"""A helper's process is killed, that of the batch's own job, a worker with all that it carries out; or such
a worker is stopped until its claims are somebody else's, and then goes on."""


@dataclass(slots=True)
class Disturber:
    """Keeps so many workers alive that ``start`` starts, each a session of its own.

    ``lease`` is for how long a claim holds after its worker's last sign (seconds). ``done`` counts what was
    done, and how many chunks a paused worker had lost by the time it went on (``overtaken``). ``after`` is
    called once nothing more happens.
    """

    batch: Batch
    start: Callable[[], Worker]
    lease: float
    seed: int
    after: Callable[[], object] = lambda: None
    workers: list[Worker] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)

    def run(self, number: int, shots: Sequence[str]) -> str:
        """Disturb the batch so often, in that order, by so many workers; its job's status at the end."""
        drawn = random.Random(self.seed)  # noqa: S311 - the same moments each time
        self.workers = [self.start() for _ in range(number)]
        try:
            for shot in shots:
                wait = time.monotonic() + drawn.uniform(0.2, 1.5)
                while time.monotonic() < wait and not self._is_over():
                    time.sleep(0.02)
                if self._is_over():
                    break
                self._shoot(shot, drawn)
            self.after()
            return self._ended()
        finally:
            for worker in self.workers:
                worker.terminate()
            for worker in self.workers:
                with suppress(subprocess.TimeoutExpired):
                    worker.wait(SOON)
                self._kill(worker)

    def _shoot(self, shot: str, drawn: random.Random) -> None:
        if shot in {"helper", "lead"}:
            process = self._at_work("help_batch" if shot == "helper" else "batch")
            if process is not None:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
                    self.done[shot] += 1
        elif shot == "worker":
            place = drawn.randrange(len(self.workers))
            self._kill(self.workers[place])
            self.workers[place] = self.start()
            self.done[shot] += 1
        else:
            self._pause(drawn)

    def _pause(self, drawn: random.Random) -> None:
        """Stop one with a chunk under way, which has to come within some seconds."""
        limit = time.monotonic() + SOON
        while not (working := [each for each in self.workers if self._claims(self._all_of(each))]):
            if time.monotonic() > limit or self._is_over():
                return
            self._hurry()
            time.sleep(0.02)
        stopped = self._stopped(drawn.choice(working))
        held = self._claims(stopped)
        limit = time.monotonic() + SOON
        while time.monotonic() < limit and not self._is_over() and set(held.items()) & set(self._held()):
            self._hurry()
            time.sleep(0.1)
        time.sleep(self.lease)
        lost = set(held.items()) - set(self._held())
        _signal(stopped, signal.SIGCONT)
        self.done["pause"] += 1
        self.done["overtaken"] += len(lost)

    def _stopped(self, worker: Worker) -> list[int]:
        """The processes of a worker, stopped at a moment at which none of them has a transaction open."""
        while True:
            processes = self._all_of(worker)
            _signal(processes, signal.SIGSTOP)
            time.sleep(0.02)
            if self._is_free():
                return processes
            _signal(processes, signal.SIGCONT)
            time.sleep(0.02)

    def _is_free(self) -> bool:
        """Whether nobody who stands still holds what the others wait for."""
        from django.db import OperationalError, connection, transaction

        from flyball.batches.models import BatchChunk
        from flyball.control.jobs.models import Job

        if connection.vendor == "sqlite":
            return _is_unlocked(connection.settings_dict["NAME"])
        try:
            with transaction.atomic():
                list(Job.objects.select_for_update(nowait=True))
                list(BatchChunk.objects.select_for_update(nowait=True))
        except OperationalError:
            return False
        return True

    def _at_work(self, kind: str) -> int | None:
        """The process of a job of that kind, which has to come within some seconds."""
        from flyball.control.jobs.models import Job

        limit = time.monotonic() + SOON
        while time.monotonic() < limit and not self._is_over():
            self._hurry()
            claimants = {claimant for _, claimant in self._held()}
            for job in Job.objects.filter(kind=kind, status="running"):
                if f"job {job.pk} {job.token}" in claimants:
                    for process in self._processes():
                        if _name(process) == name_of(job.pk):
                            return process
            time.sleep(0.05)
        return None

    def _held(self) -> list[tuple[int, str]]:
        """Chunks under way, and whose they are."""
        from flyball.batches.models import BatchChunk

        begun = BatchChunk.objects.filter(batch=self.batch, done_at=None).exclude(claimant="")
        return list(begun.values_list("number", "claimant"))

    def _claims(self, processes: Sequence[int]) -> dict[int, str]:
        """The chunks that these processes have under way."""
        names = {_name(process) for process in processes}
        held = self._held()
        return {number: claimant for number, claimant in held if name_of(UUID(claimant.split()[1])) in names}

    def _all_of(self, worker: Worker) -> list[int]:
        """A worker and the processes of its jobs, forks of one that it has started."""
        everybody = {each: _parent(each) for each in self._processes()}
        children = [each for each, parent in everybody.items() if parent == worker.pid]
        return [worker.pid, *children, *(each for each, parent in everybody.items() if parent in children)]

    def _processes(self) -> list[int]:
        return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]

    def _ended(self) -> str:
        limit = time.monotonic() + PATIENCE
        while not self._is_over():
            if time.monotonic() > limit:
                return "not ended"
            self._hurry()
            time.sleep(0.1)
        self.batch.refresh_from_db()
        assert self.batch.job is not None
        return str(self.batch.job.status)

    def _is_over(self) -> bool:
        from flyball.control.jobs.models import Job
        from flyball.control.jobs.selectors import ENDED

        return Job.objects.filter(batches=self.batch, status__in=ENDED).exists()

    def _hurry(self) -> None:
        """Nothing is waited for between attempts."""
        from flyball.control.jobs.models import Job
        from flyball.domain.records import now

        waits = Job.objects.filter(batches=self.batch, status="queued", attempt__gt=0, due_at__gt=now())
        waits.update(due_at=now(), published_at=None)

    def _kill(self, worker: Worker) -> None:
        _signal(self._all_of(worker), signal.SIGCONT)
        worker.kill()
        worker.wait()


def _is_unlocked(path: str) -> bool:
    with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as own:
        try:
            own.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        own.execute("ROLLBACK")
        return True


def _signal(processes: Sequence[int], number: int) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, number)


def _name(process: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{process}/comm").read_text().strip()
    return ""


def _parent(process: int) -> int:
    with suppress(OSError):
        return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    return 0
