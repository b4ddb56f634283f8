"""Taking a snapshot, from sources to a file named by its content."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec

from flyball.control.connection import database, raw
from flyball.control.datasets import places
from flyball.control.datasets.lookups import online
from flyball.control.datasets.models import Snapshot
from flyball.control.datasets.sources.staging import staging
from flyball.control.declarations.models import Endpoint as AppliedEndpoint
from flyball.domain.declaration import Endpoint, FeatureTable
from flyball.domain.errors import DataError
from flyball.snapshots import freeze, join, profile, recorded
from flyball.snapshots.features import Layout
from flyball.snapshots.source import Staged, rows_source, table_source
from flyball.snapshots.workspace import Workspace, parquet, workspace
from flyball.stores import outcomes

PAGE = 1_000
"""Recorded predictions read at once."""

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class SnapshotRun:
    """One snapshot being taken: the declaration, the moment it is seen from, and who hears of progress."""

    endpoint: AppliedEndpoint
    declaration: type[Endpoint]
    as_of: datetime
    report: Report

    def run(self) -> Snapshot:
        """Stage, join, add recorded outcomes, profile, freeze, store, load. Raises ``DataError``."""
        folder = places.snapshots()
        with workspace(folder) as work:
            rows, tables = self._stage(work)
            self.report("Joining as of each row's time")
            layout = join.write(work, self.declaration, rows, tables, self.as_of)
            numbered = rows.source.key is None
            outcome = self.declaration.outcome
            maturity = timedelta() if outcome is None else outcome.maturity
            outcome_count = recorded.write(work, layout, self._recorded(), maturity, numbered=numbered)
            snapshot = self._freeze(work, layout, outcome_count, folder, numbered=numbered)
            self.report("Loading files' rows for lookups")
            for table, staged in tables:
                if table.origin.file:
                    online.load(work, self.declaration, table, staged)
        return snapshot

    def _recorded(self) -> Iterator[recorded.Recorded]:
        """Predictions whose outcomes have matured, a page at a time.

        None where rows have weights: nobody has said what a prediction weighs.
        """
        if self.declaration.outcome is None or self.declaration.rows.weight is not None:
            return
        after: UUID | None = None
        until = self.as_of - self.declaration.outcome.maturity
        while page := outcomes.labelled(
            database(),
            raw(),
            self.declaration.name,
            after=after,
            limit=PAGE,
            until=until,
            received_until=self.as_of,
        ):
            after = page[-1][0].id
            yield page

    def _stage(self, work: Workspace) -> tuple[Staged, list[tuple[FeatureTable, Staged]]]:
        sources = (
            rows_source(self.declaration),
            [(table, table_source(self.declaration, table)) for table in self.declaration.tables()],
        )
        with staging(work) as stage:
            for source in (sources[0], *(source for _, source in sources[1])):
                stage.begin(source)
            self.report("Reading rows")
            rows = stage.stage(sources[0])
            tables = []
            for table, source in sources[1]:
                self.report(f"Reading {table.name}")
                tables.append((table, stage.stage(source)))
        return rows, tables

    def _freeze(
        self, work: Workspace, layout: Layout, outcome_count: int, folder: Path, *, numbered: bool
    ) -> Snapshot:
        files = ("joined", "recorded") if outcome_count else ("joined",)
        table = f"({' UNION ALL '.join(f'SELECT * FROM {parquet(work.path(name))}' for name in files)})"
        if not work.row(f"SELECT count(*) FROM {table}")[0]:
            raise DataError(
                f"{self.declaration.__name__}: no row is left. Rows without an outcome, and rows whose "
                "outcome is not known or not final yet, are not learned from."
            )
        self.report("Describing columns")
        schema, shown = profile.describe(work, table, layout, self.declaration)
        self.report("Writing the snapshot")
        frozen = freeze.freeze(work, table, layout, schema, numbered=numbered)
        target = folder / f"{frozen.digest}.parquet"
        frozen.path.chmod(0o600)
        frozen.path.replace(target)  # also where it is there: it may have been damaged since
        snapshot, _ = Snapshot.objects.get_or_create(
            endpoint=self.endpoint,
            digest=frozen.digest,
            defaults={
                "row_count": frozen.rows,
                "outcome_count": outcome_count,
                "schema": msgspec.to_builtins(schema),
                "profile": shown,
            },
        )
        snapshot.refresh_from_db()  # lists, as JSON has them, where the schema has tuples
        return snapshot
