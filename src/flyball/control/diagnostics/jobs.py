"""The job: a version is loaded, and asked about rows that it has not learned from."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import astuple, replace
from math import isfinite
from typing import TYPE_CHECKING, Any

from django.db import transaction

from flyball.control.declarations import discovery
from flyball.control.diagnostics import selectors
from flyball.control.diagnostics.models import Diagnosis
from flyball.control.jobs import running
from flyball.control.jobs.running import Run
from flyball.control.registry import selectors as registry
from flyball.control.registry.comparison import may_know
from flyball.control.registry.models import Build, Version
from flyball.domain.declaration import Endpoint
from flyball.domain.errors import DataError
from flyball.domain.finishing.costs import cheapest
from flyball.domain.records import now
from flyball.domain.routing import Manifest
from flyball.domain.values import label_text

if TYPE_CHECKING:
    from flyball.learning.diagnostics.searched import Fitted, Trial


def carry_out(run: Run, *, version: int, on: int) -> dict[str, Any]:
    """The job: the tables, kept with the diagnosis that it was asked for with.

    Raises ``UnknownVersion``, also for one that was removed, the errors of loading, and ``DataError`` where
    the version does not fit the rows.
    """
    asked = registry.version(run.endpoint or "", version)
    base = registry.version(run.endpoint or "", on)
    found = diagnosed(asked, base, run.declaration(), lambda step: run.report(message=step))
    result = {"diagnosed": version}
    with transaction.atomic():
        running.succeed(run, result)  # the fence: who has lost the job keeps nothing
        _keep(asked, base, found)
    return result


def diagnose_here(*, version: Version, on: Version | None = None) -> Diagnosis:
    """Diagnose a version in this process; no job is asked for. Raises as ``carry_out``, and ``Conflict``."""
    base = on or version
    found = diagnosed(version, base, discovery.find(version.endpoint_id), lambda step: None)
    return _keep(version, base, found)


def _keep(version: Version, on: Version, found: tuple[dict[str, Any], float]) -> Diagnosis:
    build, digest = selectors.rows_of(on)
    kept = {"on": on.number, "found": found[0], "seconds": found[1], "done_at": now()}
    made, _ = Diagnosis.objects.update_or_create(
        endpoint=version.endpoint, version=version.number, snapshot=digest, seed=build.seed, defaults=kept
    )
    return made


def diagnosed(
    version: Version, on: Version, declaration: type[Endpoint], report: Callable[[str], None]
) -> tuple[dict[str, Any], float]:
    """What is found of a version on the rows held out from one, and how many seconds computing it took."""
    from flyball.learning.diagnostics.diagnosing import diagnose
    from flyball.learning.selection import Plan

    build, _ = selectors.rows_of(on)
    snapshot = build.snapshot
    if snapshot is None:
        raise DataError("The build has no snapshot.")  # as rows_of has said
    # As the build was searched: the declaration may have another metric, or other weights, by now.
    weighing = registry.manifest(on).weighing
    dataset = registry.dataset(snapshot, declaration.task, weighing.column)
    plan = replace(Plan.of(declaration), metric=build.metric, seed=build.seed, weighing=weighing)
    manifest, runtime = registry.manifest(version), registry.loaded(version)
    fitted = _fitted(version) if version.number == on.number else None
    started = time.monotonic()
    found = diagnose(
        dataset, plan, manifest, runtime, fitted=fitted, declared=declaration.slices, report=report
    ).document
    seconds = time.monotonic() - started
    known = version.number != on.number and may_know(
        version, build, is_timed=declaration.rows.time is not None
    )
    positive = None if plan.positive is None else label_text(plan.positive)
    about = {"metric": build.metric, "positive": positive, "may_know": known}
    return {**found, **about, **_decided(declaration, manifest)}, seconds


def _decided(declaration: type[Endpoint], version: Manifest) -> dict[str, Any]:
    """The threshold that is declared, or the version's cheapest one, and what errors cost then."""
    decide = declaration.decide
    if decide is None or decide.costs is None:
        return {"threshold": None if decide is None else decide.threshold}
    known = () if version.finish is None else version.finish.trade_offs
    finite = [each if isfinite(each) else None for each in astuple(decide.costs)]
    return {"threshold": cheapest(decide.costs.break_even, known), "costs": finite}


def _fitted(version: Version) -> Fitted | None:
    """How a version came to be, of one that was built here."""
    from flyball.learning.diagnostics.searched import Fitted

    result = version.candidate
    if result is None:
        return None
    return Fitted(
        candidate=result.name,
        parameters=result.parameters,
        trials=_trials(result.build, result.name),
    )


def _trials(build: Build, candidate: str) -> list[Trial]:
    """The trials of a candidate that gave a score: folds of one point on one rung together."""
    from flyball.learning.diagnostics.searched import Trial

    units = build.units.filter(candidate=candidate, done_at__isnull=False, error="")
    found: dict[tuple[int, int], Trial] = {}
    for unit in units.order_by("rung", "point", "fold", "pk"):
        if not unit.scores:
            continue  # no trial: the fit that comes after them
        known = found.get((unit.point, unit.rung))
        scores = [*(known.scores if known else []), *unit.scores]
        found[unit.point, unit.rung] = Trial(
            point=unit.point, rung=unit.rung, parameters=unit.parameters, scores=scores
        )
    return list(found.values())
