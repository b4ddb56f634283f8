"""One round of an endpoint as commands run it: snapshot, build, version; with progress shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flyball.cli.output import Output, cell
from flyball.domain.errors import NotFound

if TYPE_CHECKING:
    from flyball.control.datasets.models import Snapshot
    from flyball.control.registry.models import Build
    from flyball.domain.declaration import Endpoint
    from flyball.learning.selection import Progress

LEADERBOARD = ("rank", "candidate", "held_out", "mean", "folds", "trials", "seconds", "error")
"""The columns of a leaderboard, as people see it."""


def take(output: Output, declaration: type[Endpoint]) -> Snapshot:
    """A new snapshot; the old one again, where nothing has changed."""
    from flyball.control.datasets import services

    with output.steps() as steps:
        snapshot = services.take_snapshot(
            declaration, report=lambda doing: steps.at(f"{declaration.name}: {doing}")
        )
    output.note(
        f"Snapshot {snapshot.digest[:12]}: {snapshot.row_count} rows, "
        f"{snapshot.outcome_count} of them recorded outcomes."
    )
    return snapshot


def stored(endpoint: str, digits: str) -> Snapshot:
    """The snapshot whose digest begins so. Raises ``NotFound`` unless there is exactly one."""
    from flyball.control.datasets.models import Snapshot

    found = list(Snapshot.objects.filter(endpoint_id=endpoint, digest__startswith=digits)[:2])
    if len(found) != 1:
        raise NotFound(f"{endpoint} has {'no' if not found else 'more than one'} snapshot of that digest.")
    return found[0]


def search(output: Output, declaration: type[Endpoint], snapshot: Snapshot) -> Build:
    """A build on a snapshot, with a bar that follows its trials."""
    from flyball.control.registry import services

    with output.steps() as steps:
        steps.at(f"{declaration.name}: building")

        def report(progress: Progress) -> None:
            steps.at(f"{declaration.name}: {progress.candidate}", progress.trial, progress.trials)

        asked = services.request_build(declaration=declaration, snapshot=snapshot)
        return services.run_build(build=asked, declaration=declaration, report=report)


def leaderboard(build: Build) -> list[dict[str, Any]]:
    """A build's candidates, best first, each with its fold scores."""
    from flyball.control.registry import selectors

    return [
        {
            "rank": result.rank,
            "candidate": result.name,
            "held_out": result.held_out_score,
            "mean": _mean(result.fold_scores),
            "folds": result.fold_scores,
            "trials": result.trials,
            "seconds": round(result.seconds, 1),
            "parameters": result.parameters,
            "stopped_by_time": result.stopped_by_time,
            "error": result.error or None,
        }
        for result in selectors.leaderboard(build)
    ]


def doubt(rows: Sequence[Mapping[str, Any]], candidate: str) -> str | None:
    """A sentence where ``candidate`` scores no better than the baseline in a leaderboard's ``rows``."""
    by_name = {row["candidate"]: row for row in rows}
    chosen, baseline = by_name.get(candidate), by_name.get("baseline")
    if chosen is None or baseline is None or chosen is baseline:
        return None
    for measure, where in (("held_out", "on rows held out"), ("mean", "in the mean of the folds")):
        own, least = chosen[measure], baseline[measure]
        if own is not None and least is not None and own <= least:
            return (
                f"{candidate} is no better than the baseline {where}: {cell(own)} to {cell(least)}. "
                "Answers that know nothing of the features would do as well."
            )
    return None


def _mean(scores: list[float | None]) -> float | None:
    """The mean of the folds in which the metric is defined; ``None`` where it is in none of them."""
    defined = [score for score in scores if score is not None]
    return sum(defined) / len(defined) if defined else None
