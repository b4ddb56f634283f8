"""Writes: builds, and the versions that come of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from django.conf import settings

from flyball.control.connection import database
from flyball.control.datasets import selectors as datasets
from flyball.control.datasets.models import Snapshot
from flyball.control.registry import selectors
from flyball.control.registry.models import Build, CandidateResult, Version
from flyball.control.registry.numbering import number_version
from flyball.control.registry.portable import export_version, import_version
from flyball.domain.declaration import Endpoint
from flyball.domain.errors import BuildFailed, FlyballError, InvalidInput, Problem
from flyball.domain.records import now
from flyball.domain.routing import Manifest
from flyball.stores import artifacts

if TYPE_CHECKING:
    from flyball.learning.dataset import Dataset
    from flyball.learning.selection import Fit, Progress

BASELINE = "baseline"

__all__ = ["build", "export_version", "import_version", "register", "register_fitted"]


def build(
    declaration: type[Endpoint], snapshot: Snapshot, *, report: Callable[[Progress], None] | None = None
) -> Build:
    """Search for the best model on a snapshot, and keep each candidate's best fit on a leaderboard.

    Minutes long; not to be called inside a transaction. ``report`` is told of every trial. Raises
    ``BuildFailed`` when no candidate could be fitted; whatever ends a build early is recorded with it.
    """
    from flyball.learning.environment import environment, models_of

    running = Build.objects.create(
        endpoint=declaration.name,
        snapshot=snapshot,
        seed=declaration.seed,
        metric=declaration.metric,
        environment=environment(_project(), models_of(declaration)),
    )
    try:
        _search(running, declaration, report)
    except BaseException as error:  # Ctrl-C too: a build that nobody runs any more must not say "running"
        _finish(running, Build.Status.FAILED, _reason(error))
        raise
    _finish(running, Build.Status.SUCCEEDED)
    return running


def register(*, build: Build, candidate: str | None = None) -> Version:
    """Make a candidate's best fit a numbered version; the winner, where none is named.

    Raises ``BuildFailed`` for a build that has not succeeded, ``InvalidInput`` for a candidate that is not on
    the leaderboard or could not be fitted.
    """
    if build.status != Build.Status.SUCCEEDED:
        raise BuildFailed(f"Build {build.pk} has not succeeded.")
    fitted = [result for result in selectors.leaderboard(build) if result.manifest is not None]
    wanted = [result for result in fitted if candidate in {None, result.name}]
    if not wanted:
        names = ", ".join(result.name for result in fitted) or "none"
        problem = Problem("/candidate", "unknown_candidate", f"Fitted candidates: {names}.")
        raise InvalidInput("The build has no such candidate.", problems=[problem])
    manifest = msgspec.convert(wanted[0].manifest, Manifest)
    return number_version(manifest, _facts(build, wanted[0]), wanted[0])


def register_fitted(declaration: type[Endpoint], snapshot: Snapshot, pipeline: Any) -> Version:
    """Make a scikit-learn pipeline that was fitted elsewhere a numbered version.

    It takes the snapshot's features as one data frame, and answers golden rows drawn from that snapshot.
    It has no scores: nobody here knows which rows it has seen.
    """
    from flyball.learning.environment import environment, models_of

    manifest = _store(declaration, snapshot, _dataset(declaration, snapshot), pipeline)
    facts = {
        "candidate": "by_hand",
        "snapshot": _snapshot_facts(snapshot),
        "environment": environment(_project(), [*models_of(declaration), pipeline]),
        "profile": snapshot.profile,
    }
    return number_version(manifest, facts)


def _search(running: Build, declaration: type[Endpoint], report: Callable[[Progress], None] | None) -> None:
    from flyball.learning import selection

    dataset = _dataset(declaration, running.snapshot)
    fits = selection.select(dataset, selection.Plan.of(declaration), report)
    rank = 1
    for fit in fits:
        rank += _keep(running, declaration, dataset, rank, fit).manifest is not None
    running.reproducible = not any(fit.stopped_by_time for fit in fits)
    if not running.results.exclude(name=BASELINE).exclude(manifest=None).exists():
        raise BuildFailed


def _dataset(declaration: type[Endpoint], snapshot: Snapshot) -> Dataset:
    from flyball.learning import dataset

    return dataset.read(
        datasets.verified_path(snapshot), datasets.snapshot_schema(snapshot), declaration.task
    )


def _keep(
    running: Build, declaration: type[Endpoint], dataset: Dataset, rank: int, fit: Fit
) -> CandidateResult:
    manifest, error = None, fit.error
    if fit.pipeline is not None:
        try:
            manifest = _store(declaration, running.snapshot, dataset, fit.pipeline)
        except FlyballError as refused:  # one that cannot be packaged is a candidate that failed
            error = str(refused)
    return CandidateResult.objects.create(
        build=running,
        name=fit.name,
        rank=None if manifest is None else rank,
        parameters=fit.parameters,
        fold_scores=list(fit.fold_scores),
        held_out_score=fit.held_out_score,
        trials=fit.trials,
        stopped_by_time=fit.stopped_by_time,
        seconds=fit.seconds,
        error=error,
        manifest=None if manifest is None else msgspec.to_builtins(manifest),
    )


def _store(declaration: type[Endpoint], snapshot: Snapshot, dataset: Dataset, pipeline: Any) -> Manifest:
    from flyball.learning import package

    data, manifest = package.packaged(
        pipeline,
        dataset,
        datasets.snapshot_schema(snapshot),
        endpoint=declaration.name,
        task=declaration.task,
        trusted=package.trusted_names(declaration.trusted),
    )
    store = database()
    with closing(store.connect()) as connection:
        artifacts.write(store, connection, data)
    return manifest


def _finish(running: Build, status: str, error: str = "") -> None:
    running.status, running.error, running.finished_at = status, error, now()
    running.save(update_fields=["status", "error", "finished_at", "reproducible"])


def _reason(error: BaseException) -> str:
    return str(error) if isinstance(error, FlyballError) else f"{type(error).__name__}: {error}"[:1000]


def _facts(build: Build, result: CandidateResult) -> dict[str, Any]:
    return {
        "candidate": result.name,
        "parameters": result.parameters,
        "metric": build.metric,
        "fold_scores": result.fold_scores,
        "held_out_score": result.held_out_score,
        "trials": result.trials,
        "seconds": result.seconds,
        "stopped_by_time": result.stopped_by_time,
        "seed": build.seed,
        "environment": build.environment,
        "snapshot": _snapshot_facts(build.snapshot),
        "profile": build.snapshot.profile,
    }


def _snapshot_facts(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "digest": snapshot.digest,
        "rows": snapshot.row_count,
        "outcomes": snapshot.outcome_count,
        "taken_at": snapshot.created_at.isoformat(),
    }


def _project() -> Path:
    return Path(getattr(settings, "BASE_DIR", "") or Path.cwd())
