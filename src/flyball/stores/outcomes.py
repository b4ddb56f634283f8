"""Outcomes: stored as they were sent, bound to predictions, handed out as labels."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flyball.domain.records import Outcome, Prediction, entity_key
from flyball.domain.values import Scalar
from flyball.stores import binding
from flyball.stores.database import Database, rows_of
from flyball.stores.rows import COLUMNS, prediction

TRANSACTION_ROWS = 200
"""Outcomes in one transaction: a longer one would hold up predictions."""

NOTHING = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of a number of outcomes."""

    bound: int = 0
    held: int = 0
    ambiguous: int = 0
    unmatched: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.bound + other.bound,
            self.held + other.held,
            self.ambiguous + other.ambiguous,
            self.unmatched + other.unmatched,
        )


def record(database: Database, connection: Any, outcomes: Sequence[Outcome], received_at: datetime) -> Counts:
    """Store outcomes and bind them to their predictions, a few hundred a transaction.

    Every one is stored with what became of it, so that nothing is lost. The connection must be outside a
    transaction. Corrections append: of one prediction's outcomes, the last counts.
    """
    counted: Counter[str] = Counter()
    for start in range(0, len(outcomes), TRANSACTION_ROWS):
        some = outcomes[start : start + TRANSACTION_ROWS]
        with database.transaction(connection):
            fates = store(database, connection, some, received_at)
        counted.update(fate.state for fate in fates)
    return Counts(**counted)


def store(
    database: Database, connection: Any, outcomes: Sequence[Outcome], received_at: datetime
) -> list[binding.Fate]:
    """Store and bind outcomes in the transaction that is open."""
    binding.enter(database, connection, alone=True)
    fates = binding.resolve(database, connection, outcomes, received_at)
    marks = rows_of(len(outcomes), 10)
    sql = (
        "INSERT INTO flyball_outcome (endpoint, state, prediction, reference, entity_key, occurred_at,"  # noqa: S608 - marks
        f" value, source, segment, received_at) VALUES {marks}"
    )
    rows = [_row(database, *pair, received_at) for pair in zip(outcomes, fates, strict=True)]
    connection.execute(database.sql(sql), [value for row in rows for value in row])
    return fates


def labelled(
    database: Database,
    connection: Any,
    endpoint: str,
    *,
    after: UUID | None = None,
    limit: int = 1000,
    until: datetime,
    received_until: datetime,
) -> list[tuple[Prediction, Scalar, datetime]]:
    """Predictions made at or before ``until``, with the last outcome that was received at or before
    ``received_until``, and when that occurred (else: was received); in order of id, a page at a time.

    ``after`` is the last id of the page before. Predictions with an outcome that was pulled from the rows
    themselves are left out, corrected since or not, because the rows bring them; so are erased ones.
    """
    names = ", ".join(f"p.{name}" for name in COLUMNS)
    sql = (
        f"SELECT {names}, CAST(o.value AS text), coalesce(o.occurred_at, o.received_at)"  # noqa: S608 - names of columns
        " FROM flyball_outcome o"
        " JOIN flyball_prediction p ON p.id = o.prediction"
        " WHERE o.endpoint = ? AND o.state = 'bound' AND o.prediction > ?"
        " AND p.created_at <= ? AND o.received_at <= ? AND p.erased_at IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM flyball_outcome l WHERE l.prediction = o.prediction"
        " AND l.state = 'bound' AND (l.source = 'pull' OR (l.id > o.id AND l.received_at <= ?)))"
        " ORDER BY o.prediction LIMIT ?"
    )
    received = database.moment_in(received_until)
    values = (
        endpoint,
        database.id_in(after or NOTHING),
        database.moment_in(until),
        received,
        received,
        limit,
    )
    rows = connection.execute(database.sql(sql), values).fetchall()
    return [
        (prediction(database, row[:-2]), json.loads(row[-2]), database.moment_out(row[-1])) for row in rows
    ]


def _row(database: Database, outcome: Outcome, fate: binding.Fate, received_at: datetime) -> tuple[Any, ...]:
    occurred_at = outcome.occurred_at
    return (
        outcome.endpoint,
        fate.state,
        None if fate.prediction is None else database.id_in(fate.prediction),
        outcome.reference,
        entity_key(outcome.entity),
        None if occurred_at is None else database.moment_in(occurred_at),
        database.json_in(outcome.value),
        outcome.source,
        None,
        database.moment_in(received_at),
    )
