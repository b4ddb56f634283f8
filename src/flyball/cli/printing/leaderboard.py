"""A build's candidates as rows of a table, and the doubt where the winner knows nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flyball.cli.printing.table import cell

if TYPE_CHECKING:
    from flyball.control.registry.models import Build, Version

COLUMNS = ("rank", "candidate", "held_out", "mean", "folds", "trials", "seconds")
"""The columns of a leaderboard, as people see it."""
DETAILS = ("error", "ended")
"""What stands below it, being long."""


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
            "ended": result.ended or None,
        }
        for result in selectors.leaderboard(build)
    ]


def doubt(rows: Sequence[Mapping[str, Any]], version: Version) -> str | None:
    """A sentence where the version scores no better than the baseline in a leaderboard's ``rows``."""
    candidate = version.facts.get("candidate", "")
    by_name = {row["candidate"]: row for row in rows}
    chosen, baseline = by_name.get(candidate), by_name.get("baseline")
    if chosen is None or baseline is None or chosen is baseline:
        return None
    for measure, where in (("held_out", "on rows held out"), ("mean", "in the mean of the folds")):
        own, least = chosen[measure], baseline[measure]
        if own is not None and least is not None and own <= least:
            return (
                f"Careful: {candidate} is no better than the baseline {where}: {cell(own)} to {cell(least)}. "
                "Answers that know nothing of the features would do as well."
            )
    return None


def _mean(scores: list[float | None]) -> float | None:
    """The mean of the folds in which the metric is defined; ``None`` where it is in none of them."""
    defined = [score for score in scores if score is not None]
    return sum(defined) / len(defined) if defined else None
