"""Builds as jobs: each attempt goes on with the same build, from what those before have finished."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import transaction

from flyball.control.datasets import selectors as datasets
from flyball.control.datasets.models import Snapshot
from flyball.control.datasets.services import take_snapshot
from flyball.control.jobs.running import Run
from flyball.control.jobs.sharing.calling import Call
from flyball.control.jobs.sharing.claims import Claimant
from flyball.control.registry import building
from flyball.control.registry.helping import shared
from flyball.control.registry.models import Build, Version
from flyball.control.registry.services import register, request_build
from flyball.domain.declaration import Endpoint
from flyball.domain.errors import JobCancelled
from flyball.domain.records import now

if TYPE_CHECKING:
    from flyball.learning.selection import Progress

TO_BE_BUILT = [status for status in Build.Status.values if status != Build.Status.SUCCEEDED]
"""Whoever has the job has its build, whatever became of the attempts before."""


def build(run: Run, *, snapshot: str | None) -> Build:
    """The job's build, carried out to its end; on this snapshot (its digest), or on a new one.

    One that an earlier attempt has brought to its end is not run again. Raises as ``run_build`` does.
    """
    begun = Build.objects.filter(pk=run.result.get("build", 0)).select_related("snapshot").first()
    if begun is not None and begun.status == Build.Status.SUCCEEDED:
        return begun
    declaration = run.declaration()
    own = begun or _asked(run, declaration, snapshot)
    here = building.grounds(declaration)
    is_of_another = begun is not None and begun.plan != here.plan and snapshot is None
    taken = _taken(run, declaration, None) if is_of_another else own.snapshot
    with transaction.atomic():
        run.keep(snapshot=taken and taken.digest)  # the fence: who has lost the job does not take its build
        Build.objects.filter(pk=own.pk).update(snapshot=taken)
        line = building.begin(own, here, of=TO_BE_BUILT)
    run.report(message="building", log=line)
    claimant = Claimant(
        name=run.holder,
        fence=run.keep,
        got_on=run.got_on,
        log=lambda line: run.report(log=line),
    )

    def report(progress: Progress) -> None:
        run.report(progress=progress.share, message=doing(progress))

    assert own.snapshot is not None  # noqa: S101 - it was asked for with one
    building.carry_out(own, own.snapshot, declaration, claimant, report, Call(shared(own)))
    shared(own).dismiss()
    return own


def doing(progress: Progress) -> str:
    """What a build does, as its job's message: the candidate, and the score of the trial that is done."""
    return progress.candidate if progress.score is None else f"{progress.candidate} {progress.score:.4f}"


def registered(run: Run, done: Build, *, candidate: str | None, champion: Version | None) -> Version:
    """The version that the job has made of its build, once; the rest is as for ``register``."""
    own = Version.objects.filter(endpoint=done.endpoint, number=run.result.get("version", 0), removed_at=None)

    def keep(made: Version) -> None:
        run.keep(version=made.number)

    return own.first() or register(build=done, candidate=candidate, champion=champion, keep=keep)


def follow(kept: Mapping[str, Any], status: str, error: str) -> None:
    """Have a job's build wait or end with its job, with the same reason."""
    own = Build.objects.filter(pk=kept.get("build", 0)).exclude(status=Build.Status.SUCCEEDED)
    if status == Build.Status.QUEUED:
        own.update(status=status, error="", finished_at=None)
    else:
        own.update(status=status, error=error or str(JobCancelled()), finished_at=now())


def _asked(run: Run, declaration: type[Endpoint], snapshot: str | None) -> Build:
    taken = _taken(run, declaration, snapshot)
    with transaction.atomic():  # a build that no job knows would wait for ever
        asked = request_build(
            declaration=declaration, snapshot=taken, user=run.user, arguments={"job": str(run.id)}
        )
        run.keep(build=asked.pk, snapshot=taken.digest)
    return asked


def _taken(run: Run, declaration: type[Endpoint], snapshot: str | None) -> Snapshot:
    """The snapshot of a digest, or a new one."""
    taken: Snapshot = (
        datasets.snapshot(declaration.name, snapshot)
        if snapshot
        else take_snapshot(declaration=declaration, report=lambda step: run.report(message=step))
    )
    run.report(log=f"Snapshot {taken.digest[:12]}: {taken.row_count} rows")
    return taken
