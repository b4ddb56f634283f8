"""How much the database holds that the pages are asked over, and who looks at what."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Rows: endpoints, predictions, jobs, schedules, and people with a key each.

    Of endpoints seven in ten are the big team's, and the first of them has half of all predictions.
    """

    endpoints: int = 1000
    predictions: int = 1_000_000
    jobs: int = 10_000
    schedules: int = 200
    people: int = 500

    def text(self) -> str:
        """What is told of it."""
        return (
            f"{self.endpoints:,} endpoints, {self.endpoints * VERSIONS:,} versions, "
            f"{self.predictions:,} predictions, {self.jobs:,} jobs"
        )


NAME = "endpoint_0000"
"""The endpoint that has most, and that is looked at."""
TEAM = "big"
READER = "reader"
"""Who looks: an owner of that team."""
FULL = Size()
QUICK = Size(endpoints=10, predictions=10_000, jobs=100, schedules=2, people=5)
VERSIONS = 100
"""Of each endpoint."""
BUILDS = 10
SNAPSHOTS = 5
REVISIONS = 20
"""Of each route but the first one's, which has as many as versions, five times over."""
