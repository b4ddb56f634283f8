"""Features as they were at the moment of each row: the join of snapshots, into a file beside the parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from flyball.batches.answering import asof
from flyball.batches.answering.entities import keys
from flyball.batches.answering.moments import moments
from flyball.batches.answering.pinned import Pinned
from flyball.batches.options import Options
from flyball.batches.places import unchanged
from flyball.batches.reading.rows import Plan, Rows
from flyball.batches.work.doing import PIECE, refuse_missing
from flyball.control.datasets.sources.staging import staging
from flyball.domain.declaration import Endpoint, FeatureTable, Origin
from flyball.domain.errors import DataError
from flyball.domain.schema import Kind
from flyball.domain.values import timestamp_text
from flyball.snapshots import join
from flyball.snapshots.arrow import RowWriter
from flyball.snapshots.column_types import ColumnType
from flyball.snapshots.features import reading
from flyball.snapshots.join import Beside
from flyball.snapshots.rows import SeenRows
from flyball.snapshots.source import ROW_NUMBER, Source, Staged, table_source
from flyball.snapshots.tables import SeenTable
from flyball.snapshots.workspace import Workspace, workspace

MOMENT = "as of"
"""The column of the rows' moments, while they are joined."""
KEYS = {Kind.INTEGER: ColumnType.INTEGER, Kind.BOOLEAN: ColumnType.BOOLEAN, Kind.TEXT: ColumnType.TEXT}

Report = Callable[[str], None]
"""Is told what is being done; raises where the batch is somebody else's by now."""


class History:
    """The feature tables of one batch, and the rows that they are joined to."""

    def __init__(
        self, pinned: Pinned, declaration: type[Endpoint], options: Options, latest: datetime, report: Report
    ) -> None:
        """``latest`` is the moment up to which anything is known."""
        self._pinned = pinned
        self._declaration = declaration
        self._options = options
        self._latest = latest
        self._report = report

    def joined(self, plan: Plan, target: Path) -> Plan:
        """The plan with its features, which are written to ``target``.

        Raises ``DataError`` for tables without a history, and as snapshots do for what cannot be joined.
        """
        refuse_missing(self._pinned, plan, self._options)
        tables = list(self._tables())
        with workspace(target.parent) as work:
            rows = SeenRows(self._declaration, self._rows(work, plan), self._latest)
            beside = [self._beside(table, staged) for table, staged in self._staged(work, tables)]
            self._report("joining features")
            join.write_beside(work, rows, beside, target)
        names = [name for each in beside for name in (each.has, *each.readings)]
        found = Plan(str(target), unchanged(str(target)), "typed", tuple(names), plan.rows)
        return msgspec.structs.replace(plan, features=found, latest=timestamp_text(self._latest))

    def _tables(self) -> Iterator[FeatureTable]:
        declared = {table.name: table for table in self._declaration.tables()}
        version = self._pinned.manifest.number
        if not self._pinned.needed:
            raise DataError(f"Version {version} looks no features up: leave --as-of out.")
        for lookup in self._pinned.needed:
            table = declared.get(lookup.table)
            if table is None or table.on != lookup.on:
                raise DataError(
                    f"Version {version} looks up the feature table {lookup.table!r} by {lookup.on!r}, which "
                    f"{self._declaration.__name__} does not declare any more."
                )
            if self._options.as_of and not (table.event_time or table.static):
                raise DataError(
                    f"The feature table {table.name!r} has no history: what it held at another moment is not "
                    "known. Declare its event_time=, or ask without --as-of."
                )
            yield table

    def _staged(
        self, work: Workspace, tables: Sequence[FeatureTable]
    ) -> Iterator[tuple[FeatureTable, Staged]]:
        sources = [self._source(table) for table in tables]
        with staging(work) as stage:
            for source in sources:
                stage.begin(source)
            for table, source in zip(tables, sources, strict=True):
                self._report(f"reading {table.name}")
                yield table, stage.stage(source)

    def _source(self, table: FeatureTable) -> Source:
        """Of a table what the version takes."""
        names = self._pinned.manifest.schema.of(table.name).names
        return replace(table_source(self._declaration, table), columns=names)

    def _beside(self, table: FeatureTable, staged: Staged) -> Beside:
        readings = {
            asof.value(table.name, name): reading(self._declaration, staged, name) for name in staged.features
        }
        return Beside(SeenTable(table, staged), asof.has(table.name), readings)

    def _rows(self, work: Workspace, plan: Plan) -> Staged:
        """Number, moment and keys of each row; missing where they do not fit, which its answer tells."""
        kinds = {lookup.on: KEYS[lookup.key_kind] for lookup in self._pinned.needed}
        names = (ROW_NUMBER, MOMENT, *kinds)
        types = (ColumnType.INTEGER, ColumnType.MOMENT, *kinds.values())
        as_of = self._options.as_of
        path = work.path("rows")
        reader = Rows(plan, [*kinds, as_of])
        with RowWriter(path, types) as writer:
            for start in range(0, plan.rows, PIECE):
                piece = reader.piece(start, min(PIECE, plan.rows - start))
                own = keys(self._pinned, piece)
                seen = moments(piece, as_of, self._latest)[0] if as_of else [None] * piece.length
                found: list[list[Any]] = [
                    [None if code < 0 else own[on].values[code] for code in own[on].codes.tolist()]
                    for on in kinds
                ]
                numbers = range(start, start + piece.length)
                writer.write(list(zip(numbers, seen, *found, strict=True)))
                self._report(f"reading, {start + piece.length:,} rows")
        source = Source(
            label="The rows",
            name="rows",
            origin=Origin(file=plan.path),
            key=None,
            time=MOMENT if as_of else None,
            columns=(),
        )
        return Staged(source=source, paths=(path,), names=names, types=types, features=())
