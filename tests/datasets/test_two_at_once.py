"""Two snapshots of one endpoint at once are the same snapshot, whole on disk and in the database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from django.db import connection

from flyball import Classification, FeatureTable, Outcome, Rows
from flyball.control.datasets import places, selectors
from flyball.control.datasets.models import OnlineRow, Snapshot
from flyball.control.datasets.services import take_snapshot
from flyball.control.declarations.services import record
from flyball.stores.database import Database

pytestmark = pytest.mark.storage


def test_two_snapshots_at_once_are_one(database: Database, project: Path) -> None:
    class Pick(Classification):
        rows = Rows("fruit.csv", key="id")
        features = [FeatureTable("trees", file="trees.csv", on="tree", static=True)]
        outcome = Outcome("kind")

    lines = [f"{i},{i % 600},{'pear' if i % 3 else 'apple'}" for i in range(1_000)]
    (project / "fruit.csv").write_text("\n".join(["id,tree,kind", *lines]))
    (project / "trees.csv").write_text("\n".join(["tree,height", *(f"{i},{i / 4}" for i in range(600))]))
    record(declaration=Pick)
    together = Barrier(2)

    def take(_: int) -> str:
        try:
            together.wait()
            return take_snapshot(declaration=Pick).digest
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        digests = set(pool.map(take, range(2)))
    snapshot = Snapshot.objects.get()
    assert digests == {snapshot.digest}
    assert list(places.snapshots().iterdir()) == [selectors.verified_path(snapshot)]
    assert OnlineRow.objects.filter(endpoint="pick").count() == 600
