"""The snapshot, as Flyball takes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.snapshots.starting import start


def declared() -> Any:
    """The endpoint whose snapshot is measured: a static table, and two of events."""
    from flyball import Classification, FeatureTable, Outcome, RequestSource, Rows

    purchases = FeatureTable(
        "purchases",
        model="snapshots.Purchase",
        on="customer_id",
        event_time="created_at",
        columns=["total", "returned"],
    )
    sessions = FeatureTable(
        "sessions",
        model="snapshots.Session",
        on="customer_id",
        event_time="began_at",
        columns=["minutes", "browser"],
    )
    customers = FeatureTable(
        "customers",
        model="snapshots.Customer",
        on="customer_id",
        key="id",
        columns=["age", "income", "city", "born"],
        static=True,
    )

    class Repaying(Classification):
        """Will this visit's loan be repaid?"""

        rows = Rows("snapshots.Visit", key="id", time="seen_at")
        features = [RequestSource("amount", "purpose"), customers, purchases, sessions]
        outcome = Outcome("repaid")

    return Repaying


def take(folder: Path, url: str) -> Path:
    """Take it; gives its file."""
    start(folder, url)
    from flyball.control.datasets import selectors
    from flyball.control.datasets.services import take_snapshot

    return selectors.snapshot_path(take_snapshot(declaration=declared()))
