"""Writes of the worker that carries a job out, each fenced: who has lost the job changes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from flyball.control.declarations import discovery
from flyball.control.declarations.configured import configured
from flyball.control.jobs import kinds, selectors
from flyball.control.jobs.models import Job
from flyball.domain.declaration import Endpoint
from flyball.domain.errors import JobCancelled, JobEnded, JobLost
from flyball.domain.records import now
from flyball.domain.values import storable

LONGEST_LOG = 16 * 1024
"""Characters of a job's log that are kept."""
LONGEST_MESSAGE = 200
LONGEST_ERROR = 1000
PAUSE = 0.5
"""Between two writes of progress, which are commits (seconds)."""
FIRST_BACKOFF = 5.0
"""After an attempt that failed; twice as long after each further one that did not get on (seconds)."""
LONGEST_BACKOFF = 600.0
"""And never longer than this (seconds)."""
DIED = "Its worker died, and that was its last attempt."


@dataclass(slots=True, kw_only=True)
class Run:
    """One attempt at a job, as its service sees it.

    ``result`` is what an attempt before has kept; ``is_cancelled`` says whether somebody wants the job ended;
    ``ends_at`` is when its time is over (``time.monotonic``).
    Every method raises ``JobLost`` where another worker has the job by now.
    """

    id: UUID
    token: int
    kind: str
    endpoint: str | None
    arguments: Mapping[str, Any]
    attempt: int
    user: Any
    result: dict[str, Any]
    is_cancelled: Callable[[], bool] = lambda: False
    ends_at: float = float("inf")
    _reported: float = field(default=float("-inf"), init=False)

    @property
    def holder(self) -> str:
        """The name of who has this attempt."""
        return selectors.holder(self.id, self.token)

    def report(self, *, progress: float | None = None, message: str = "", log: str = "") -> None:
        """Say how far the job is (0 to 1), what it does, and a line for its log.

        What comes within half a second of another report is not written, unless it has a line. Raises
        ``JobCancelled`` where somebody wants the job ended, ``JobEnded`` where its time is over.
        """
        if self.is_cancelled():
            raise JobCancelled
        if time.monotonic() > self.ends_at:
            raise JobEnded(too_long(self))
        if log:
            add_log(self, log)
        if log or time.monotonic() - self._reported >= PAUSE:
            _write(self, progress=progress, message=storable(message)[:LONGEST_MESSAGE])
            self._reported = time.monotonic()

    def keep(self, **result: Any) -> None:
        """Keep these values of the result: the next attempt finds them, should this one end."""
        self.result |= result
        _write(self, result=self.result)

    def got_on(self) -> None:
        """Say that a part of the work is done for good, in one transaction with it.

        From here the job may be begun as often again: only attempts that do not get on are counted.
        """
        _write(self, attempts=self.attempt + kinds.find(self.kind).attempts - 1)

    def declaration(self) -> type[Endpoint]:
        """The declaration of the job's endpoint. Raises ``UnknownEndpoint``."""
        return discovery.find(self.endpoint or "")


def seconds_of(run: Run) -> float:
    """The most time that one attempt may take (seconds)."""
    return kinds.find(run.kind).seconds or configured().job_seconds


def memory_of(run: Run) -> int:
    """The most memory that a heavy job may take (bytes)."""
    return kinds.find(run.kind).memory_bytes or configured().job_memory


def too_long(run: Run) -> str:
    """What is said of an attempt whose time is over."""
    return f"The job took longer than its limit of {seconds_of(run):g} seconds."


def claim(job: UUID) -> Run | None:
    """Take a job that is due. Of all who try at once, one gets it; the others get ``None``."""
    moment = now()
    with transaction.atomic():  # the token that is read is the one that was written
        taken = Job.objects.filter(selectors.due(moment), pk=job).update(
            status=Job.Status.RUNNING,
            attempt=F("attempt") + 1,
            token=F("token") + 1,
            lease_until=moment + _lease(),
            started_at=moment,
            progress=None,
            message="",
        )
        return _run(selectors.job(job)) if taken else None


def resume(job: UUID, token: int) -> Run:
    """The attempt with that token, in another process. Raises ``JobLost``."""
    found = Job.objects.filter(pk=job, token=token, status=Job.Status.RUNNING).first()
    if found is None:
        raise JobLost
    return _run(found)


def renew(run: Run) -> None:
    """Stay the one who has the job, for another lease. Raises ``JobLost``."""
    _write(run, lease_until=now() + _lease())


def add_log(run: Run, text: str) -> None:
    """Add lines to the job's log, which keeps its end. Raises ``JobLost``."""
    with transaction.atomic():
        log = f"{_locked(run).log}{storable(text.rstrip())}\n"
        _write(run, log=log[-LONGEST_LOG:])


def succeed(run: Run, result: Mapping[str, Any] | None = None) -> None:
    """End the job well; ``result`` is added to what it has kept. Raises ``JobLost``.

    In one transaction with what the job has done, that is done exactly once.
    """
    kept = run.result | dict(result or {})
    _write(run, status=Job.Status.SUCCEEDED, result=kept, progress=1.0, error="", error_code="", **_ended())


def fail(run: Run, error: str, *, can_pass: bool, code: str = JobEnded.code) -> None:
    """End an attempt. Where its reason ``can_pass`` and attempts are left, there is another one, later.

    ``code`` is that of the error in ``domain/errors.py``. Raises ``JobLost``.
    """
    said = {"error": storable(error)[:LONGEST_ERROR], "error_code": code}
    with transaction.atomic():
        job = _locked(run)
        if job.cancel_requested_at is not None:
            _leave(job, status=Job.Status.CANCELLED, **_ended())
        elif can_pass and job.attempt < job.attempts:
            _leave(job, **said, **_queued(_backoff(job)))
        else:
            _leave(job, status=Job.Status.FAILED, **said, **_ended())


def cancelled(run: Run) -> None:
    """End a job that somebody wanted ended. Raises ``JobLost``."""
    with transaction.atomic():
        _leave(_locked(run), status=Job.Status.CANCELLED, **_ended())


def release(run: Run) -> None:
    """Give a job back because the worker leaves: that was no attempt. Raises ``JobLost``."""
    with transaction.atomic():
        _leave(_locked(run), attempt=F("attempt") - 1, **_queued(0))


def expire() -> None:
    """End what a dead worker has left and nobody is to begin again."""
    for each in selectors.over(now()):
        with transaction.atomic():
            job = selectors.over(now()).select_for_update().filter(pk=each.pk, token=each.token).first()
            if job is None:  # renewed, or ended, since
                continue
            is_wanted = job.cancel_requested_at is None
            status = Job.Status.FAILED if is_wanted else Job.Status.CANCELLED
            said = {"error": DIED, "error_code": JobEnded.code} if is_wanted else {}
            _leave(job, status=status, **said, **_ended())


def is_running(run: Run) -> bool:
    """Whether nobody has ended this attempt."""
    return Job.objects.filter(pk=run.id, token=run.token, status=Job.Status.RUNNING).exists()


def is_wanted(run: Run) -> bool:
    """Whether nobody wants the job ended. Raises ``JobLost``."""
    row = Job.objects.filter(pk=run.id, token=run.token, status=Job.Status.RUNNING).first()
    if row is None:
        raise JobLost
    return row.cancel_requested_at is None


def _backoff(job: Job) -> float:
    """Seconds until the next attempt, by those since the job last got on."""
    known = kinds.KINDS.get(job.kind)
    got_on = job.attempts - known.attempts if known else 0
    return float(min(FIRST_BACKOFF * 2 ** max(job.attempt - got_on - 1, 0), LONGEST_BACKOFF))


def _leave(job: Job, **values: Any) -> None:
    kinds.tell(job.kind, job.result, values["status"], values.get("error", ""))
    Job.objects.filter(pk=job.pk).update(**values)


def _ended() -> dict[str, Any]:
    return {"finished_at": now(), "lease_until": None}


def _queued(seconds: float) -> dict[str, Any]:
    due_at = now() + timedelta(seconds=seconds)
    return {"status": Job.Status.QUEUED, "due_at": due_at, "published_at": None, "lease_until": None}


def _write(run: Run, **values: Any) -> None:
    if not Job.objects.filter(pk=run.id, token=run.token, status=Job.Status.RUNNING).update(**values):
        raise JobLost


def _locked(run: Run) -> Job:
    """The row, held to the end of the transaction; on SQLite the transaction itself is what holds it."""
    every = Job.objects.select_for_update()
    job = every.filter(pk=run.id, token=run.token, status=Job.Status.RUNNING).first()
    if job is None:
        raise JobLost
    return job


def _run(job: Job) -> Run:
    return Run(
        id=job.pk,
        token=job.token,
        kind=job.kind,
        endpoint=job.endpoint_id,
        arguments=job.arguments,
        attempt=job.attempt,
        user=job.asked_by,
        result=job.result,
    )


def _lease() -> timedelta:
    return timedelta(seconds=configured().job_lease_seconds)
