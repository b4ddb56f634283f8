"""Carrying a build out, from where it is: units, each candidate's last fit, and ranks at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

from flyball.control.datasets.models import Snapshot
from flyball.control.jobs.sharing.claims import Claimant
from flyball.control.registry import removing, selectors
from flyball.control.registry.models import Build, CandidateResult
from flyball.control.registry.working.packaging import unsaved
from flyball.control.registry.working.stepping import Worker
from flyball.control.registry.working.units import Changed
from flyball.domain.declaration import Endpoint
from flyball.domain.errors import BuildFailed, Conflict
from flyball.domain.records import digest, now
from flyball.domain.weighing.declared import Weighing

if TYPE_CHECKING:
    from flyball.learning.selection import Fit, Progress

BASELINE = "baseline"
PAUSE = 0.5
"""Between two looks while others compute all that can be computed (seconds)."""
UNITS = 2
"""The kind of units that builds are cut into: those of another kind are never gone on with."""
ANEW = "begins anew: its declaration, the code or the environment is another one, or nothing could be fitted"


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a build's scores rest on, beside its snapshot: parts of other grounds are never mixed in."""

    environment: dict[str, Any]
    plan: str
    metric: str
    seed: int


def grounds(declaration: type[Endpoint]) -> Grounds:
    """Those of a build that is begun now."""
    from flyball.learning.environment import sources
    from flyball.learning.selection import Plan
    from flyball.learning.units import described

    data = [declaration.rows, declaration.features, declaration.outcome, declaration.reasons]
    data.append(sorted(name for name, field in declaration.fields.items() if field.changeable))
    plan = {
        "plan": described(Plan.of(declaration)),
        "data": described(data),
        "sources": sources(declaration),
        "units": UNITS,
    }
    return Grounds(environment(declaration), digest(plan), declaration.metric, declaration.seed)


def environment(declaration: type[Endpoint], *models: Any) -> dict[str, Any]:
    """Where something is fitted for a declaration, with these estimators beside its own."""
    from flyball.learning.environment import environment, models_of

    project = Path(getattr(settings, "BASE_DIR", "") or Path.cwd())
    return environment(project, [*models_of(declaration), *models])


def begin(build: Build, here: Grounds, *, of: Sequence[str]) -> str:
    """Claim a build that has one of these statuses; a line that says from where it goes on, if it does.

    Of all who try at once, one gets a build that waits; the others get ``Conflict``. What was done on other
    grounds is dropped.
    """
    with transaction.atomic():
        if not Build.objects.filter(pk=build.pk, status__in=of).update(status=Build.Status.RUNNING):
            raise Conflict(f"Build {build.pk} is not waiting to be run.")
        build.refresh_from_db()
        is_new = build.started_at is None
        is_same = (build.environment, build.plan) == (here.environment, here.plan)
        if not is_same:
            forget(build)
            build.environment, build.plan, build.started_at = here.environment, here.plan, now()
            build.metric, build.seed = here.metric, here.seed
        build.error, build.finished_at = "", None
        build.save()
    if is_new:
        return ""
    return _from_where(build) if is_same else f"Build {build.pk} {ANEW}"


def forget(build: Build) -> None:
    """Drop what was done of a build, with its artifacts. To be called in a transaction."""
    held = removing.digests(build.results.exclude(manifest=None).values_list("manifest", flat=True))
    build.results.all().delete()
    build.units.all().delete()
    removing.free(held)


def carry_out(
    build: Build,
    snapshot: Snapshot,
    declaration: type[Endpoint],
    claimant: Claimant,
    report: Callable[[Progress], None] | None = None,
    call: Callable[[int], None] = lambda waiting: None,
) -> None:
    """Do what is left of a build that was begun, and end it with a leaderboard.

    ``call`` is told before each unit how many others wait for somebody. Raises ``BuildFailed`` when no
    candidate could be fitted: the leaderboard is there then, too.
    """
    dataset = selectors.dataset(snapshot, declaration.task, Weighing.of(declaration).column)
    try:
        _search(Worker(build, dataset, declaration, claimant), report, call)
    except Changed:
        claimant.log(f"Build {build.pk} {ANEW}")
        with transaction.atomic():
            claimant.got_on()
            forget(build)
        _search(Worker(build, dataset, declaration, claimant), report, call)
    _end(build, declaration, claimant)


def _search(worker: Worker, report: Callable[[Progress], None] | None, call: Callable[[int], None]) -> None:
    done = None
    while wanted := worker.wanted():
        if done is not None and done[0].found is None and report is not None:
            report(worker.selection.progress(done[0].unit, done[1]))
        _keep_unfitted(worker, worker.selection.failed())
        opened = worker.open(wanted)
        call(len(opened) - 1)
        done = worker.step(opened)
        if done is None:  # others compute all that can be computed now
            time.sleep(PAUSE)
            worker.claimant.fence()
    _keep_unfitted(worker, worker.selection.unfitted())


def _keep_unfitted(worker: Worker, fits: Sequence[Fit]) -> None:
    """Put candidates on the leaderboard that have no last fit, and are not there yet."""
    there = set(worker.build.results.values_list("name", flat=True)) if fits else set()
    missing = [fit for fit in fits if fit.name not in there]
    if missing:
        with transaction.atomic():
            worker.claimant.got_on()
            for fit in missing:
                unsaved(worker.build, fit).save()


def _end(build: Build, declaration: type[Endpoint], claimant: Claimant) -> None:
    from flyball.learning.selection import ranked

    names = [BASELINE, *(each if isinstance(each, str) else each.name for each in declaration.candidates)]
    with transaction.atomic():
        claimant.got_on()
        build.units.filter(done_at=None).delete()  # begun by who has died, and not needed any more
        results = sorted(build.results.all(), key=lambda result: names.index(result.name))
        fitted = [result for result in ranked(results) if not (result.error or result.ended)]
        for rank, result in enumerate(fitted, start=1):
            result.rank = rank
        CandidateResult.objects.bulk_update(fitted, ["rank"])
        build.reproducible = not any(result.stopped_by_time for result in results)
        if any(result.name != BASELINE for result in fitted):
            build.status, build.finished_at = Build.Status.SUCCEEDED, now()
        else:
            build.plan = ""  # asked for once more, it begins anew: from here it would fail at once
        build.save(update_fields=["reproducible", "status", "finished_at", "plan"])
    if build.status != Build.Status.SUCCEEDED:
        raise BuildFailed


def _from_where(build: Build) -> str:
    units, candidates = build.units.exclude(done_at=None).count(), build.results.count()
    return f"Build {build.pk} goes on with {units} of its units and {candidates} of its candidates done"
