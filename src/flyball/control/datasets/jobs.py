"""Snapshots as jobs."""

from __future__ import annotations

from typing import Any

from flyball.control.datasets.services import take_snapshot
from flyball.control.jobs.running import Run


def snapshot(run: Run) -> dict[str, Any]:
    """Take a snapshot of the job's endpoint: its digest, rows and recorded outcomes.

    Raises as ``take_snapshot`` does.
    """
    taken = take_snapshot(
        declaration=run.declaration(), report=lambda doing: run.report(message=doing, log=doing)
    )
    return {"digest": taken.digest, "rows": taken.row_count, "outcomes": taken.outcome_count}
