"""Whether a version learned from the period that it is asked about."""

from __future__ import annotations

from datetime import datetime

from flyball.control.datasets import selectors as datasets
from flyball.control.registry.models import Version
from flyball.domain.errors import DataError


def learned(version: Version, start: datetime, end: datetime, first: datetime) -> str:
    """Why its answers about the period are no surprise to a version, as a sentence; empty where they are.

    ``first`` is when the first prediction of the period was made: a snapshot that was taken before has none
    of what happened after. Where nobody can tell, that is said, and counts as learned.
    """
    facts = version.facts.get("snapshot")
    if not facts or version.candidate is None or version.candidate.build.snapshot is None:
        return f"{version} was not built here: nobody knows which rows it learned from."
    if datetime.fromisoformat(facts["taken_at"]) <= first:
        return ""
    snapshot = version.candidate.build.snapshot
    of = f"{version} learned from snapshot {snapshot.digest[:12]}"
    try:
        from flyball.snapshots import period  # a web process has no pyarrow to load

        within, timeless = period.count(datasets.snapshot_path(snapshot), start, end)
    except DataError:
        return f"{of}, which was taken later and whose file is not here: nobody can tell what it holds."
    if within:
        return f"{of}, which holds {within:,} rows of the period."
    if timeless:
        return f"{of}, which was taken later and holds {timeless:,} rows without a time: they may be these."
    return ""
