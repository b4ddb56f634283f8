"""Helpers: jobs that answer chunks of somebody else's batch, each in a slot that has nothing else to do."""

from __future__ import annotations

import time
from functools import partial

import msgspec

from flyball.batches.models import Batch, BatchChunk
from flyball.batches.places import is_marked, work_folder
from flyball.batches.reading.rows import Plan
from flyball.batches.services import HELP
from flyball.batches.work.chunks import Chunks
from flyball.batches.work.doing import Doing
from flyball.control.jobs import selectors
from flyball.control.jobs.models import Job
from flyball.control.jobs.running import Run
from flyball.control.jobs.sharing.calling import Call, Shared
from flyball.control.jobs.sharing.claims import Claimant
from flyball.control.jobs.sharing.leaving import Leaving
from flyball.domain.errors import DataError

PATIENCE, PAUSE = 2.0, 0.05
"""A helper that comes before the rows are cut waits so long for that, and between two looks (seconds)."""


class Left(Exception):
    """The batch is not carried out as it was when the helper came."""


def shared(batch: Batch) -> Shared:
    """A batch as what helpers come for."""
    return Shared(kind=HELP, endpoint=batch.endpoint, row=batch, arguments={"batch": batch.pk})


def carry_out(run: Run, *, batch: int) -> dict[str, int]:
    """Answer chunks of a batch until none is left, or another job waits for the slot.

    Raises ``DataError`` where the files of the batch are not those of the machine here, or rows cannot be
    read; what it has begun is then the lead's.
    """
    found = _cut(batch)
    if found is None or selectors.is_one_waiting():
        return {"chunks": 0}
    going_on = Batch.objects.filter(pk=batch, done_at=None, job__status__in=selectors.UNDER_WAY)
    begun = BatchChunk.objects.filter(batch=batch, claimant=run.holder, done_at=None)
    give_back = partial(begun.update, claimant="", begun_at=None)
    leaving = Leaving(run, going_on.exists, give_back)
    leaving.start()
    try:
        return {"chunks": _help(run, found)}
    except OSError as error:
        raise DataError(f"A file of the batch cannot be read or written here: {error.strerror}.") from error
    finally:
        leaving.stop()
        give_back()


def _cut(batch: int) -> Batch | None:
    """The batch that is carried out, once its rows are cut; ``None`` where that takes longer."""
    every = Batch.objects.select_related("endpoint__team").filter(
        pk=batch, done_at=None, job__status=Job.Status.RUNNING
    )
    late = time.monotonic() + PATIENCE
    while (found := every.first()) is not None and not found.plan:
        if time.monotonic() > late:
            return None
        time.sleep(PAUSE)
    return found


def _help(run: Run, batch: Batch) -> int:
    plan = msgspec.convert(batch.plan, Plan)
    if not is_marked(work_folder(batch.out, batch.pk), plan.mark):
        raise DataError(f"The files of batch {batch.pk} are on another machine.")
    claimant = Claimant(name=run.holder, fence=lambda: _fence(run, batch), got_on=run.keep, takes_over=False)
    chunks, call, done = Chunks(batch, Doing(batch, plan), claimant), Call(shared(batch), since=0.0), 0
    try:
        while not selectors.is_one_waiting():
            call(chunks.waiting() - 1)
            chunk = chunks.step()
            if chunk is None:
                break
            done += 1
            run.report(message=f"chunk {chunk.number + 1}, {done} done")
    except Left:
        pass
    return done


def _fence(run: Run, batch: Batch) -> None:
    """Raise ``JobLost`` or ``Left`` where a chunk that is begun now would be nobody's, or of other rows."""
    run.keep()
    now = Batch.objects.filter(pk=batch.pk, done_at=None, job__status__in=selectors.UNDER_WAY).first()
    if now is None or now.plan != batch.plan:
        raise Left
