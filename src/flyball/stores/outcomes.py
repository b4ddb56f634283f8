"""Outcomes: stored as they were sent, bound to predictions, handed out as labels."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flyball.domain.errors import TooManyHeld
from flyball.domain.records import Outcome, Prediction, entity_key
from flyball.domain.values import Scalar
from flyball.stores import binding, idempotency
from flyball.stores.binding import Binding
from flyball.stores.database import Database, chunks, rows_of
from flyball.stores.idempotency import Claim
from flyball.stores.rows import COLUMNS, prediction

MOST = 500
"""Outcomes of one request: they are one commit, and predictions wait meanwhile."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """The idempotency key of outcomes: ``digest`` of team, endpoint and key, ``request`` of what was sent."""

    digest: str
    request: str


def record(
    database: Database,
    connection: Any,
    outcomes: Sequence[Outcome],
    received_at: datetime,
    *,
    key: Key | None = None,
    room: int | None = None,
) -> Counts:
    """Store outcomes and bind them to their predictions, in one transaction; at most ``MOST`` of them.

    Every one is stored with what became of it, so that nothing is lost. The connection must be outside a
    transaction. Corrections append: of one prediction's outcomes, the last counts. A repeat of a key stores
    nothing and gives the first counts. Where more of them would be held than there is ``room`` for, nothing
    is stored. Raises ``IdempotencyKeyReused``, ``TooManyHeld``.
    """
    with database.transaction(connection):
        return store(database, connection, outcomes, received_at, key=key, room=room)


def store(
    database: Database,
    connection: Any,
    outcomes: Sequence[Outcome],
    received_at: datetime,
    *,
    key: Key | None = None,
    room: int | None = None,
) -> Counts:
    """The same in the transaction that is open, of which it must be the first statement."""
    searching = {each.endpoint for each in outcomes if each.prediction is None}
    binding.lock(database, connection, {each.endpoint for each in outcomes}, alone=bool(searching))
    bindings = binding.resolve(database, connection, outcomes, received_at)
    counts = Counts(**Counter(each.state for each in bindings))
    if key is not None:
        claim = Claim(digest=key.digest, request=key.request, answer=asdict(counts), moment=received_at)
        if not idempotency.claim(database, connection, {key.digest: claim}):
            return by_key(database, connection, key) or counts
    if room is not None and counts.held > room:
        raise TooManyHeld
    insert(database, connection, list(zip(outcomes, bindings, strict=True)), received_at)
    return counts


def room_for_held(database: Database, connection: Any, endpoint: str, limit: int) -> int:
    """How many more outcomes an endpoint may hold. Counted by the index, without a lock."""
    sql = (
        "SELECT count(*) FROM (SELECT 1 FROM flyball_outcome"
        " WHERE prediction IS NULL AND endpoint = ? AND state = 'held' LIMIT ?) held"
    )
    (held,) = connection.execute(database.sql(sql), (endpoint, limit)).fetchone()
    return limit - int(held)


def by_key(database: Database, connection: Any, key: Key) -> Counts | None:
    """The counts stored under a key, or ``None``. Raises ``IdempotencyKeyReused``."""
    counts = idempotency.stored(database, connection, key.digest, key.request)
    return None if counts is None else Counts(**counts)


def insert(
    database: Database, connection: Any, bound: Sequence[tuple[Outcome, Binding]], received_at: datetime
) -> None:
    """Insert outcomes with their bindings, in the transaction that is open."""
    if not bound:
        return
    rows = [_row(database, *pair, received_at) for pair in bound]
    sql = (
        "INSERT INTO flyball_outcome (endpoint, state, prediction, bound_by, reference, entity_key,"  # noqa: S608 - marks
        f" occurred_at, value, source, segment, received_at) VALUES {rows_of(len(rows), 11)}"
    )
    connection.execute(database.sql(sql), [value for row in rows for value in row])


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
    """Predictions made at or before ``until``, with the last outcome that was sent for them and received at
    or before ``received_until``, and when that occurred (else: was received); in order of id, a page at a
    time.

    ``after`` is the last id of the page before. What was pulled from the rows is left out, because the rows
    bring it: also where it was corrected since, if its row was found by its key. Where the row was only
    guessed from entity and time, an outcome that was sent counts. Erased predictions are left out.
    """
    names = ", ".join(f"p.{name}" for name in COLUMNS)
    sql = (
        f"SELECT {names}, CAST(o.value AS text),"  # noqa: S608 - names of columns
        " CASE WHEN o.occurred_at < o.received_at THEN o.occurred_at ELSE o.received_at END"
        " FROM flyball_outcome o JOIN flyball_prediction p ON p.id = o.prediction"
        " WHERE o.endpoint = ? AND o.state = 'bound' AND o.source <> 'pull' AND o.prediction > ?"
        " AND p.created_at <= ? AND o.received_at <= ? AND p.erased_at IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM flyball_outcome l"
        " WHERE l.endpoint = o.endpoint AND l.prediction = o.prediction AND l.state = 'bound'"
        " AND ((l.source = 'pull' AND l.bound_by <> 'entity')"
        " OR (l.source <> 'pull' AND l.id > o.id AND l.received_at <= ?)))"
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


def counting(
    database: Database,
    connection: Any,
    endpoint: str,
    predictions: Sequence[UUID],
    *,
    received_until: datetime,
) -> dict[UUID, Scalar]:
    """The outcome of each prediction that has one: the last bound to it, of those received by then."""
    found: dict[UUID, Scalar] = {}
    for some in chunks(predictions):
        sql = (
            "SELECT prediction, CAST(value AS text) FROM flyball_outcome"  # noqa: S608 - marks
            f" WHERE endpoint = ? AND prediction IN {rows_of(1, len(some))}"
            " AND state = 'bound' AND received_at <= ? ORDER BY id"
        )
        wanted = [database.id_in(each) for each in some]
        values = [endpoint, *wanted, database.moment_in(received_until)]
        for identity, value in connection.execute(database.sql(sql), values).fetchall():
            found[database.id_out(identity)] = json.loads(value)
    return found


def _row(database: Database, outcome: Outcome, binding: Binding, received_at: datetime) -> tuple[Any, ...]:
    occurred_at = outcome.occurred_at
    return (
        outcome.endpoint,
        binding.state,
        None if binding.prediction is None else database.id_in(binding.prediction),
        binding.by,
        outcome.reference,
        entity_key(outcome.entity),
        None if occurred_at is None else database.moment_in(occurred_at),
        database.json_in(outcome.value),
        outcome.source,
        None,
        database.moment_in(received_at),
    )
