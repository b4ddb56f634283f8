"""Reading the rows' outcomes without the features, each with the time in which its prediction was made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb

from flyball.control.datasets.sources.staging import staging
from flyball.domain.declaration import Endpoint
from flyball.snapshots import validation
from flyball.snapshots.rows import SeenRows, literal
from flyball.snapshots.source import rows_source
from flyball.snapshots.workspace import Workspace, parquet
from flyball.stores.pulls import PulledRow

MOMENT = "INTERVAL 1 MICROSECOND"
"""The shortest time there is: ends of windows are included."""
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""Before all predictions."""


@dataclass(frozen=True, slots=True)
class KnownRows:
    """The staged rows of a declaration, of which those count whose outcome is known and final."""

    declaration: type[Endpoint]
    workspace: Workspace
    seen: SeenRows

    @classmethod
    def stage(cls, workspace: Workspace, declaration: type[Endpoint], as_of: datetime) -> KnownRows:
        """Copy the rows into the workspace. Raises ``DataError``."""
        source = rows_source(declaration)
        with staging(workspace) as stage:
            stage.begin(source)
            staged = stage.stage(source)
        seen = SeenRows(declaration, staged, as_of)
        validation.check_rows(workspace, seen)
        return cls(declaration, workspace, seen)

    def pages(self, since: datetime | None, size: int) -> Iterator[Sequence[PulledRow]]:
        """The rows, in pages; with ``since``, those whose outcome became known after it."""
        outcome = self.seen.outcome()
        if outcome is None:
            return
        begins, until = self._window()
        inside = ", ".join(
            [
                f"{self.seen.key()} AS k",
                f"{outcome.over('r')} AS v",
                f"{self.seen.settled()} AS s",
                f"{begins} AS b",
                f"{until} AS u",
                f"({self.seen.known()}) AS known",
                *(f"{entity} AS e{place}" for place, entity in enumerate(self.seen.entities())),
            ]
        )
        after = "" if since is None else f" AND s > {literal(since)}"
        sql = f"SELECT * EXCLUDE (known) FROM (SELECT {inside} FROM {self._table()}) WHERE known{after}"
        found = self._cursor().execute(sql)
        while page := found.fetchmany(size):
            yield [self._row(*row) for row in page]

    def named(self, references: Sequence[str]) -> set[str]:
        """Which of the references are keys of rows; none, where rows are only numbered."""
        if not references or self._is_numbered:
            return set()
        marks = ", ".join("?" * len(references))
        sql = f"SELECT {self.seen.key()} FROM {self._table()} WHERE {self.seen.key()} IN ({marks})"
        found = self._cursor().execute(sql, list(references)).fetchall()
        return {key for (key,) in found}

    @property
    def _is_numbered(self) -> bool:
        return self.seen.staged.source.key is None

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        """Another connection: pages are read on while references are looked up between them."""
        cursor = self.workspace.duck.cursor()
        cursor.execute("SET TimeZone = 'UTC'")  # a cursor begins with the machine's own
        return cursor

    def _table(self) -> str:
        return f"{parquet(*self.seen.staged.paths)} r"

    def _window(self) -> tuple[str, str]:
        """From when to when an entity was asked about for a row, as expressions; ``NULL`` for ever.

        From its own time until the entity's next row begins, and not after its outcome was known. Rows of
        one entity and one time cannot be told apart: their windows are empty. Rows without a time of their
        own are asked about after the entity's outcome before.
        """
        entities = ", ".join(self.seen.entities())
        outcome, time, settled = self.declaration.outcome, self.seen.time(), self.seen.settled()
        if not entities or outcome is None:
            return "NULL", "NULL"
        if not self.seen.staged.source.time:
            before = f"lag({settled}) OVER (PARTITION BY {entities} ORDER BY {settled})"
            return f"{before} + {MOMENT}", settled
        following = f"lead({time}) OVER (PARTITION BY {entities} ORDER BY {time}) - {MOMENT}"
        final = settled if outcome.time else "NULL"
        if outcome.maturity and not outcome.time:
            final = f"{time} + INTERVAL {int(outcome.maturity.total_seconds())} SECOND"
        alike = f"count(*) OVER (PARTITION BY {entities}, {time})"
        return time, f"CASE WHEN {alike} > 1 THEN {time} - {MOMENT} ELSE least({following}, {final}) END"

    def _row(
        self,
        key: str,
        value: Any,
        settled: datetime | None,
        begins: datetime | None,
        until: datetime | None,
        *entities: str | None,
    ) -> PulledRow:
        outcome = self.declaration.outcome
        is_dated = outcome is not None and bool(outcome.time)
        is_timed = bool(self.seen.staged.source.time)
        is_whole = bool(entities) and None not in entities
        window = (_utc(begins) or BEGINNING, _utc(until) or self.seen.as_of)
        return PulledRow(
            key=None if self._is_numbered else key,
            entity=dict(zip(self.declaration.entity_columns(), entities, strict=True)),
            value=value,
            known_at=_utc(settled) if is_dated else None,
            window=window if is_whole and (is_dated or is_timed) else None,
            is_timed=is_timed,
        )


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)
