"""Builds as jobs: what an attempt has begun is known to the next one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flyball.control.datasets import selectors as datasets
from flyball.control.datasets.services import take_snapshot
from flyball.control.jobs.running import Run
from flyball.control.registry.models import Build, Version
from flyball.control.registry.services import register, request_build, run_build
from flyball.domain.records import now

if TYPE_CHECKING:
    from flyball.learning.selection import Progress

ENDED = "its worker ended"


def build(run: Run, *, snapshot: str | None) -> Build:
    """The job's build, run to its end; on this snapshot (its digest), or on a new one.

    One that an earlier attempt has brought to its end is not run again. Raises as ``run_build`` does.
    """
    done = Build.objects.filter(pk=run.result.get("build", 0), status=Build.Status.SUCCEEDED).first()
    if done is not None:
        return done
    declaration = run.declaration()
    taken = (
        datasets.snapshot(declaration.name, snapshot)
        if snapshot
        else take_snapshot(declaration=declaration, report=lambda doing: run.report(message=doing))
    )
    run.report(message="building", log=f"Snapshot {taken.digest[:12]}: {taken.row_count} rows")
    asked = request_build(
        declaration=declaration, snapshot=taken, user=run.user, arguments={"job": str(run.id)}
    )
    run.keep(build=asked.pk, snapshot=taken.digest)

    def report(progress: Progress) -> None:
        run.report(progress=min(progress.trial / progress.trials, 1.0), message=progress.candidate)

    return run_build(build=asked, declaration=declaration, report=report)


def registered(run: Run, done: Build, *, candidate: str | None, champion: Version | None) -> Version:
    """The version that the job has made of its build, once; the rest is as for ``register``."""
    made = Version.objects.filter(candidate__build=done).first()
    version = made or register(build=done, candidate=candidate, champion=champion)
    run.keep(version=version.number)
    return version


def abandon(kept: Mapping[str, Any]) -> None:
    """End the build of an attempt that ended: nobody runs it any more."""
    begun = Build.objects.filter(
        pk=kept.get("build", 0), status__in=[Build.Status.QUEUED, Build.Status.RUNNING]
    )
    begun.update(status=Build.Status.FAILED, error=ENDED, finished_at=now())
