"""Writes: builds, and the versions that come of them."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from flyball.control.datasets.models import Snapshot
from flyball.control.datasets.services import take_snapshot
from flyball.control.declarations import selectors as endpoints
from flyball.control.jobs.sharing.claims import Claimant
from flyball.control.registry import building, selectors
from flyball.control.registry.comparison import compared
from flyball.control.registry.models import Build, CandidateResult, Version
from flyball.control.registry.numbering import Keep, number_version
from flyball.control.registry.portable import export_version, import_version
from flyball.control.registry.working import packaging
from flyball.domain.declaration import Endpoint
from flyball.domain.errors import BuildFailed, FlyballError, InvalidInput, Problem
from flyball.domain.records import now
from flyball.domain.routing import Manifest

if TYPE_CHECKING:
    from flyball.learning.selection import Progress

__all__ = ["export_version", "import_version", "register", "register_fitted", "request_build", "run_build"]


def request_build(
    *,
    declaration: type[Endpoint],
    snapshot: Snapshot | None = None,
    user: Any = None,
    arguments: Mapping[str, Any] | None = None,
) -> Build:
    """Ask for a build: a row that ``run_build`` carries out, here or elsewhere.

    ``user`` is who asks; ``arguments`` what is asked for beyond the declaration. Raises ``UnknownEndpoint``
    for an endpoint that has not been applied.
    """
    return Build.objects.create(
        endpoint=endpoints.endpoint(declaration.name),
        snapshot=snapshot,
        seed=declaration.seed,
        metric=declaration.metric,
        arguments=dict(arguments or {}),
        asked_by=user,
    )


def run_build(
    *, build: Build, declaration: type[Endpoint], report: Callable[[Progress], None] | None = None
) -> Build:
    """Search for the best model on the build's snapshot; keep each candidate's best fit on its leaderboard.

    Takes the snapshot where the build has none yet. Minutes long; not to be called inside a transaction.
    ``report`` is told of every trial. Raises ``Conflict`` for a build that somebody runs or has run, and
    ``BuildFailed`` when no candidate could be fitted; whatever ends a build early is recorded with it.
    """
    building.begin(build, building.grounds(declaration), of=[Build.Status.QUEUED])
    claimant = Claimant(name=f"{socket.gethostname()} {os.getpid()}")
    try:
        building.carry_out(build, _snapshot_of(build, declaration), declaration, claimant, report)
    except BaseException as error:  # Ctrl-C too: a build that nobody runs any more must not say "running"
        running = Build.objects.filter(pk=build.pk, status=Build.Status.RUNNING)
        running.update(status=Build.Status.FAILED, error=_reason(error), finished_at=now())
        raise
    return build


def register(
    *,
    build: Build,
    candidate: str | None = None,
    champion: Version | None = None,
    keep: Keep = lambda version: None,
) -> Version:
    """Make a candidate's best fit a numbered version; the winner, where none is named.

    ``champion`` is the one that answers now: both scores on the same held-out rows become a fact of the new
    version (``comparison.compared``). ``keep`` is told of it in the transaction that makes it. Raises
    ``BuildFailed`` for a build that has not succeeded, ``InvalidInput`` for a candidate that is not on the
    leaderboard or could not be fitted.
    """
    if build.status != Build.Status.SUCCEEDED:
        raise BuildFailed(f"Build {build.pk} has not succeeded.")
    fitted = [result for result in selectors.leaderboard(build) if result.manifest is not None]
    wanted = [result for result in fitted if candidate in {None, result.name}]
    if not wanted:
        names = ", ".join(result.name for result in fitted) or "none"
        problem = Problem("/candidate", "unknown_candidate", f"Fitted candidates: {names}.")
        raise InvalidInput("The build has no such candidate.", problems=[problem])
    manifest, facts = msgspec.convert(wanted[0].manifest, Manifest), _facts(build, wanted[0])
    if champion is not None:
        facts["comparison"] = compared(result=wanted[0], champion=champion)
    return number_version(manifest=manifest, facts=facts, candidate=wanted[0], keep=keep)


def register_fitted(*, declaration: type[Endpoint], snapshot: Snapshot, pipeline: Any) -> Version:
    """Make a scikit-learn pipeline that was fitted elsewhere a numbered version.

    It takes the snapshot's features as one data frame, and answers golden rows made from that snapshot.
    It has no scores: nobody here knows which rows it has seen.
    """
    made = packaging.packaged(declaration, snapshot, selectors.dataset(snapshot, declaration.task), pipeline)
    packaging.keep(made)
    facts = {
        "candidate": "by_hand",
        "environment": building.environment(declaration, pipeline),
        "compiling": dict(made.compiling),
        **_snapshot_facts(snapshot),
    }
    return number_version(manifest=made.manifest, facts=facts)


def _snapshot_of(build: Build, declaration: type[Endpoint]) -> Snapshot:
    if build.snapshot is None:
        build.snapshot = take_snapshot(declaration=declaration)
        build.save(update_fields=["snapshot"])
    return build.snapshot


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
        "compiling": result.compiling,
        **_snapshot_facts(build.snapshot),
    }


def _snapshot_facts(snapshot: Snapshot | None) -> dict[str, Any]:
    if snapshot is None:
        return {}
    facts = {
        "digest": snapshot.digest,
        "rows": snapshot.row_count,
        "outcomes": snapshot.outcome_count,
        "taken_at": snapshot.created_at.isoformat(),
    }
    return {"snapshot": facts, "profile": snapshot.profile}
