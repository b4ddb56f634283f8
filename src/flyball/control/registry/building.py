"""Carrying a build out, from where it is: units, each candidate's last fit, and ranks at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from django.conf import settings
from django.db import transaction

from flyball.control.connection import database
from flyball.control.datasets import selectors as datasets
from flyball.control.datasets.models import Snapshot
from flyball.control.registry import removing, selectors
from flyball.control.registry.models import Build, CandidateResult
from flyball.control.registry.units import Changed, Claimant, UnitRows
from flyball.domain.declaration import Endpoint
from flyball.domain.errors import BuildFailed, Conflict, FlyballError
from flyball.domain.records import digest, now
from flyball.domain.values import storable
from flyball.stores import artifacts

if TYPE_CHECKING:
    from flyball.learning.dataset import Dataset
    from flyball.learning.package import Package
    from flyball.learning.selection import Fit, Progress

BASELINE = "baseline"
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

    data = [declaration.rows, declaration.features, declaration.outcome]
    plan = {
        "plan": described(Plan.of(declaration)),
        "data": described(data),
        "sources": sources(declaration),
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
) -> None:
    """Do what is left of a build that was begun, and end it with a leaderboard.

    Raises ``BuildFailed`` when no candidate could be fitted: the leaderboard is there then, too.
    """
    dataset = selectors.dataset(snapshot, declaration.task)
    try:
        _search(build, snapshot, dataset, declaration, claimant, report)
    except Changed:
        claimant.log(f"Build {build.pk} {ANEW}")
        with transaction.atomic():
            claimant.got_on()
            forget(build)
        _search(build, snapshot, dataset, declaration, claimant, report)
    _end(build, declaration, claimant)


def _search(
    build: Build,
    snapshot: Snapshot,
    dataset: Dataset,
    declaration: type[Endpoint],
    claimant: Claimant,
    report: Callable[[Progress], None] | None,
) -> None:
    from flyball.learning import selection

    fits = selection.fits(
        dataset,
        selection.Plan.of(declaration),
        report,
        units=UnitRows(build, claimant),
        finished=set(build.results.values_list("name", flat=True)),
    )
    for fit in fits:
        result = _result(build, snapshot, dataset, declaration, fit)
        del fit  # its memory is the next candidate's
        with transaction.atomic():
            claimant.got_on()
            result.save()


def _result(
    build: Build, snapshot: Snapshot, dataset: Dataset, declaration: type[Endpoint], fit: Fit
) -> CandidateResult:
    from flyball.learning.units import sentence

    made, error = None, fit.error
    if fit.pipeline is not None:
        try:
            made = packaged(declaration, snapshot, dataset, fit.pipeline)
        except FlyballError as refused:  # one that cannot be packaged is a candidate that failed
            error = storable(str(refused))
        except Exception as raised:  # noqa: BLE001 - what skops cannot write raises as it likes
            error = sentence(raised)
        else:
            keep(made)
    return CandidateResult(
        build=build,
        name=fit.name,
        parameters=fit.parameters,
        fold_scores=list(fit.fold_scores),
        held_out_score=fit.held_out_score,
        trials=fit.trials,
        stopped_by_time=fit.stopped_by_time,
        seconds=fit.seconds,
        error=error,
        manifest=None if made is None else msgspec.to_builtins(made.manifest),
        compiling={} if made is None else dict(made.compiling),
    )


def packaged(declaration: type[Endpoint], snapshot: Snapshot, dataset: Dataset, pipeline: Any) -> Package:
    """Package a fitted pipeline."""
    from flyball.learning import package

    return package.packaged(
        pipeline,
        dataset,
        datasets.snapshot_schema(snapshot),
        endpoint=declaration.name,
        task=declaration.task,
        trusted=package.trusted_names(declaration.trusted),
    )


def keep(made: Package) -> None:
    """Store the artifacts of a package."""
    kept = database()
    with closing(kept.connect()) as connection:
        for data in made.files.values():
            artifacts.write(kept, connection, data)


def _end(build: Build, declaration: type[Endpoint], claimant: Claimant) -> None:
    from flyball.learning.selection import ranked

    names = [BASELINE, *(each if isinstance(each, str) else each.name for each in declaration.candidates)]
    with transaction.atomic():
        claimant.got_on()
        results = sorted(build.results.all(), key=lambda result: names.index(result.name))
        fitted = [result for result in ranked(results) if not result.error]
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
