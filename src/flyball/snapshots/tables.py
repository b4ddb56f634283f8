"""A feature table's side of the join: its key, and its rows as of each row's time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from flyball.domain.declaration import FeatureTable
from flyball.snapshots import expressions
from flyball.snapshots.expressions import Reading
from flyball.snapshots.rows import SeenRows, literal
from flyball.snapshots.source import Staged
from flyball.snapshots.workspace import parquet


@dataclass(frozen=True, slots=True)
class SeenTable:
    """A staged feature table as expressions of SQL over the alias ``s``.

    Each method raises ``DataError`` where a column's type cannot be what the declaration says.
    """

    table: FeatureTable
    staged: Staged

    def key(self) -> Reading:
        """What the rows are joined by."""
        return expressions.as_key(self.staged, str(self.staged.source.key))

    def event(self) -> Reading | None:
        """From when a row is known; ``None`` for a static table."""
        name = self.staged.source.time
        return expressions.as_moment(self.staged, name) if name else None

    def readings(self) -> Iterator[Reading]:
        """Every column that is read as something, features apart: what validation looks at."""
        yield self.key()
        event = self.event()
        if event:
            yield event

    def newest(self, moment: datetime) -> str:
        """The condition that leaves, of a table with event times, each key's newest row as of a moment."""
        event = self.event()
        if event is None:
            return "true"
        order = f"PARTITION BY {self.key().over('s')} ORDER BY {event.over('s')} DESC"
        return f"{event.over('s')} <= {literal(moment)} QUALIFY row_number() OVER ({order}) = 1"

    def join(self, rows: SeenRows, alias: str) -> str:
        """The join of this table to ``r``, whose column ``seen`` is each row's time."""
        left, right = _comparable(rows.join_key(self.table.on), self.key())
        inside = f"SELECT s.*, {right} AS entity"
        source, event = f"FROM {parquet(*self.staged.paths)} s", self.event()
        if event is None or not rows.staged.source.time:
            latest = f"{inside} {source} WHERE {self.newest(rows.as_of)}"
            return f"LEFT JOIN ({latest}) {alias} ON {left} = {alias}.entity"
        timed = f"{inside}, {event.over('s')} AS since {source}"
        return f"ASOF LEFT JOIN ({timed}) {alias} ON {left} = {alias}.entity AND r.seen >= {alias}.since"


def _comparable(left: Reading, right: Reading) -> tuple[str, str]:
    """Two keys as expressions over ``r`` and ``s``: as text where their types differ."""
    if left.type is right.type:
        return left.over("r"), right.over("s")
    return left.text("r"), right.text("s")
