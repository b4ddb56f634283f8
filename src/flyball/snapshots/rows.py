"""The rows' side of the join: key, time, entity and outcome, and which rows can be learned from by now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flyball.domain.declaration import Endpoint
from flyball.snapshots import expressions
from flyball.snapshots.column_types import ColumnType
from flyball.snapshots.expressions import Reading
from flyball.snapshots.source import ROW_NUMBER, Staged

LABELS: dict[str, dict[ColumnType, ColumnType]] = {
    "classification": {
        ColumnType.TEXT: ColumnType.TEXT,
        ColumnType.INTEGER: ColumnType.INTEGER,
        ColumnType.BOOLEAN: ColumnType.BOOLEAN,
        ColumnType.NUMBER: ColumnType.INTEGER,
    },
    "regression": {ColumnType.NUMBER: ColumnType.NUMBER, ColumnType.INTEGER: ColumnType.NUMBER},
}
"""How an outcome is stored, by task and by the type it came in; what is not here is refused."""


def literal(moment: datetime) -> str:
    """A moment as a literal of SQL, in UTC."""
    return f"TIMESTAMP '{moment.astimezone(UTC).replace(tzinfo=None).isoformat(' ')}'"


@dataclass(frozen=True, slots=True)
class SeenRows:
    """The staged rows of a declaration as expressions of SQL over the alias ``r``, seen from ``as_of``.

    Each method raises ``DataError`` where a column's type cannot be what the declaration says.
    """

    declaration: type[Endpoint]
    staged: Staged
    as_of: datetime

    def readings(self) -> Iterator[Reading]:
        """Every column that is read as something, features apart: what validation looks at."""
        yield self._key()
        yield from (each for each in (self._time(), self._settled(), self.outcome()) if each)
        yield from self._entities()

    def key(self) -> str:
        """The row's key as text; a file's row number where it has none."""
        return self._key().text("r")

    def join_key(self, on: str) -> Reading:
        """One of the columns that name the entity."""
        return expressions.as_key(self.staged, on)

    def time(self) -> str:
        """The row's time, ``NULL`` where rows have none."""
        time = self._time()
        return time.over("r") if time else "CAST(NULL AS TIMESTAMP)"

    def entities(self) -> list[str]:
        """The columns that name the entity, as text."""
        return [each.text("r") for each in self._entities()]

    def outcome(self) -> Reading | None:
        """The outcome as it is stored; ``None`` where the task has none. Raises ``DataError``."""
        outcome = self.declaration.outcome
        if outcome is None:
            return None
        type_ = self.staged.type_of(outcome.column)
        after = LABELS[self.declaration.task].get(type_)
        if after is None:
            raise self.staged.source.fail(
                f"the outcome {outcome.column!r} is a {type_.name.lower()}.",
                f"{self.declaration.task.capitalize()} learns from {_labels(self.declaration.task)}.",
            )
        return Reading(self.staged, outcome.column, after)

    def weight(self) -> Reading | None:
        """How much the row counts; ``None`` where all count the same. Raises ``DataError``."""
        name = self.declaration.rows.weight
        return expressions.as_number(self.staged, name) if name else None

    def known_at(self) -> str:
        """When the outcome was known and final, over the column ``r.seen``; ``NULL`` where rows have no time.

        A snapshot of any moment holds the rows for which it has passed: what ``known`` asks of each part.
        """
        outcome = self.declaration.outcome
        if not self.staged.source.time or outcome is None:
            return "r.seen"
        final = f"r.seen + INTERVAL '{outcome.maturity // timedelta(microseconds=1)} microseconds'"
        return f"greatest({final}, {self.settled()})" if outcome.time else final

    def known(self) -> str:
        """Which rows have been seen by now, with an outcome that is known and final."""
        conditions = ["true"]
        now, outcome = literal(self.as_of), self.declaration.outcome
        if self.staged.source.time:
            conditions.append(f"{self.time()} <= {now}")
        if outcome is not None:
            conditions.append(f"{expressions.plain(self.staged, outcome.column, 'r')} IS NOT NULL")
            if outcome.maturity:
                conditions.append(f"{self.time()} <= {literal(self.as_of - outcome.maturity)}")
            if outcome.time:
                conditions.append(f"{self.settled()} <= {now}")
        return " AND ".join(conditions)

    def settled(self) -> str:
        """When the outcome was known: its own time (of a date, the end of the day), or else the row's."""
        settled = self._settled()
        return expressions.last_moment(settled, "r") if settled else self.time()

    def _key(self) -> Reading:
        return expressions.as_key(self.staged, self.staged.source.key or ROW_NUMBER)

    def _time(self) -> Reading | None:
        name = self.staged.source.time
        return expressions.as_moment(self.staged, name) if name else None

    def _settled(self) -> Reading | None:
        outcome = self.declaration.outcome
        return expressions.as_moment(self.staged, outcome.time) if outcome and outcome.time else None

    def _entities(self) -> list[Reading]:
        return [self.join_key(on) for on in self.declaration.entity_columns()]


def _labels(task: str) -> str:
    return ", ".join(sorted({type_.name.lower() for type_ in LABELS[task]}))
