"""From a fit to its row on a leaderboard: packaged, its artifacts stored."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import msgspec

from flyball.control.connection import database
from flyball.control.datasets import selectors as datasets
from flyball.control.datasets.models import Snapshot
from flyball.control.registry.models import Build, CandidateResult
from flyball.domain.declaration import Endpoint
from flyball.domain.errors import FlyballError
from flyball.domain.values import storable
from flyball.domain.weighing.declared import Weighing
from flyball.stores import artifacts

if TYPE_CHECKING:
    from flyball.domain.finishing.finish import Finish
    from flyball.learning.dataset import Dataset
    from flyball.learning.package import Package
    from flyball.learning.searching.bench import Fit


def packaged(
    declaration: type[Endpoint],
    snapshot: Snapshot,
    dataset: Dataset,
    pipeline: Any,
    finish: Finish | None = None,
    weighing: Weighing | None = None,
) -> Package:
    """Package a fitted pipeline, with what its predictions out of fold have shown and what rows counted."""
    from flyball.learning import package

    return package.packaged(
        pipeline,
        dataset,
        datasets.snapshot_schema(snapshot),
        endpoint=declaration.name,
        task=declaration.task,
        trusted=package.trusted_names(declaration.trusted),
        background=declaration.reasons.rows if declaration.reasons else 0,
        changeable=[name for name, field in declaration.fields.items() if field.changeable],
        finish=finish,
        weighing=weighing,
    )


def keep(made: Package) -> None:
    """Store the artifacts of a package."""
    kept = database()
    with closing(kept.connect()) as connection:
        for data in made.files.values():
            artifacts.write(kept, connection, data)


def result(
    build: Build, snapshot: Snapshot, dataset: Dataset, declaration: type[Endpoint], fit: Fit
) -> CandidateResult:
    """A fit as a row that is not saved yet; one that cannot be packaged is a candidate that failed."""
    from flyball.learning.units import sentence

    row = unsaved(build, fit)
    if fit.pipeline is not None:
        try:
            weighing = Weighing.of(declaration)
            made = packaged(declaration, snapshot, dataset, fit.pipeline, fit.finish, weighing)
        except FlyballError as refused:
            row.error = storable(str(refused))
        except Exception as raised:  # noqa: BLE001 - what skops cannot write raises as it likes
            row.error = sentence(raised)
        else:
            keep(made)
            row.manifest, row.compiling = msgspec.to_builtins(made.manifest), dict(made.compiling)
    return row


def unsaved(build: Build, fit: Fit) -> CandidateResult:
    """What a leaderboard tells of a fit, as a row that is not saved yet."""
    return CandidateResult(
        build=build,
        name=fit.name,
        parameters=fit.parameters,
        fold_scores=list(fit.fold_scores),
        held_out_score=fit.held_out_score,
        trials=fit.trials,
        stopped_by_time=fit.stopped_by_time,
        seconds=fit.seconds,
        error=fit.error,
        ended=fit.ended,
    )
