"""The rows' side of the join: key, time, entity and outcome, and which rows can be learned from by now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flyball.domain.declaration import Endpoint
from flyball.snapshots import expressions
from flyball.snapshots.physical import Physical
from flyball.snapshots.source import ROW_NUMBER, Staged
from flyball.snapshots.workspace import Workspace

LABELS: dict[str, dict[Physical, Physical]] = {
    "classification": {
        Physical.TEXT: Physical.TEXT,
        Physical.INTEGER: Physical.INTEGER,
        Physical.BOOLEAN: Physical.BOOLEAN,
        Physical.NUMBER: Physical.INTEGER,
    },
    "regression": {Physical.NUMBER: Physical.NUMBER, Physical.INTEGER: Physical.NUMBER},
}
"""How an outcome is stored, by task and by the type it came in; what is not here is refused."""


def literal(moment: datetime) -> str:
    """A moment as a literal of SQL, in UTC."""
    return f"TIMESTAMP '{moment.astimezone(UTC).replace(tzinfo=None).isoformat(' ')}'"


@dataclass(frozen=True, slots=True)
class SeenRows:
    """The staged rows of a declaration as expressions of SQL over the alias ``r``, seen from ``as_of``."""

    declaration: type[Endpoint]
    workspace: Workspace
    staged: Staged
    as_of: datetime

    def key(self) -> str:
        """The row's key as text; a file's row number where it has none."""
        name = self.staged.source.key or ROW_NUMBER
        return expressions.as_text(*expressions.as_key(self.workspace, self.staged, name, "r"))

    def time(self) -> str:
        """The row's time, ``NULL`` where rows have none."""
        name = self.staged.source.time
        return (
            expressions.as_moment(self.workspace, self.staged, name, "r")
            if name
            else "CAST(NULL AS TIMESTAMP)"
        )

    def entities(self) -> list[str]:
        """The columns that name the entity, as text."""
        keys = [
            expressions.as_key(self.workspace, self.staged, on, "r")
            for on in self.declaration.entity_columns()
        ]
        return [expressions.as_text(expression, type_) for expression, type_ in keys]

    def outcome(self) -> tuple[str, Physical] | None:
        """The outcome with its stored type; ``None`` for clustering. Raises ``DataError``."""
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
        return expressions.converted(self.workspace, self.staged, outcome.column, "r", after), after

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
        """When the outcome was known: its own time, or else the row's."""
        outcome = self.declaration.outcome
        if outcome is None or not outcome.time:
            return self.time()
        return expressions.as_moment(self.workspace, self.staged, outcome.time, "r")


def _labels(task: str) -> str:
    return ", ".join(sorted({type_.name.lower() for type_ in LABELS[task]}))
