"""Which prediction an outcome belongs to; and outcomes that came before their prediction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flyball.domain.records import Outcome, Prediction, entity_key
from flyball.stores.database import Database

LOCK = 0x666C7962616C6C
"""The advisory lock (PostgreSQL) between commits of predictions, who share it, and of outcomes, who do not.

Without it an outcome and its prediction, committed at the same moment, would each not see the other.
SQLite has one writer at a time anyway.
"""


def enter(database: Database, connection: Any, *, alone: bool) -> None:
    """Take the lock until the transaction ends: shared for predictions, ``alone`` for outcomes."""
    if database.is_postgres:
        function = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
        connection.execute(f"SELECT {function}({LOCK})")


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one outcome: its state, and the prediction it is bound to."""

    state: str
    prediction: UUID | None = None


def resolve(
    database: Database, connection: Any, outcomes: Sequence[Outcome], received_at: datetime
) -> list[Fate]:
    """The fate of each outcome, in order, as the database is now."""
    known = _known(database, connection, [each.prediction for each in outcomes if each.prediction])
    named = _referenced(database, connection, outcomes)
    fates = []
    for each in outcomes:
        if each.prediction is not None:
            found = known.get(each.prediction) == each.endpoint
            fates.append(Fate("bound", each.prediction) if found else Fate("unmatched"))
        elif each.reference is not None:
            fates.append(by_reference(named[each.endpoint, each.reference], each.occurred_at))
        else:
            fates.append(_by_entity(database, connection, each, received_at))
    return fates


def by_reference(candidates: Sequence[tuple[datetime, UUID]], occurred_at: datetime | None) -> Fate:
    """One prediction of that reference is bound; of several, the latest at or before ``occurred_at``."""
    if not candidates:
        return Fate("held")
    if len(candidates) == 1:
        return Fate("bound", candidates[0][1])
    before = [each for each in candidates if occurred_at is not None and each[0] <= occurred_at]
    return Fate("bound", max(before)[1]) if before else Fate("ambiguous")


def bind_held(database: Database, connection: Any, predictions: Sequence[Prediction]) -> None:
    """Bind outcomes that were waiting for these predictions, in the transaction that inserts them.

    A reference's outcome goes to the first prediction of that reference; an entity's, held for a moment
    that lay ahead, to the latest prediction made up to that moment.
    """
    firsts: dict[tuple[str, str], Prediction] = {}
    entities: dict[tuple[str, str], list[Prediction]] = defaultdict(list)
    for each in predictions:
        if each.reference is not None:
            firsts.setdefault((each.endpoint, each.reference), each)
        key = entity_key(each.entity)
        if key is not None:
            entities[each.endpoint, key].append(each)
    bound = {held: firsts[name].id for held, name, _ in _held(database, connection, "reference", firsts)}
    for held, name, occurred_at in _held(database, connection, "entity_key", entities):
        before = [each for each in entities[name] if occurred_at is None or each.created_at <= occurred_at]
        if before:
            bound[held] = before[-1].id
    for held in sorted(bound):  # in one order, so that two transactions cannot deadlock
        _bind(database, connection, held, bound[held])


def _held(
    database: Database, connection: Any, column: str, wanted: dict[tuple[str, str], Any]
) -> list[tuple[int, tuple[str, str], datetime | None]]:
    by_endpoint: dict[str, list[str]] = defaultdict(list)
    for endpoint, value in wanted:
        by_endpoint[endpoint].append(value)
    alone = "" if column == "reference" else " AND reference IS NULL"
    found = []
    for endpoint, values in by_endpoint.items():
        for some in _chunks(values):
            sql = (
                f"SELECT id, {column}, occurred_at FROM flyball_outcome"  # noqa: S608 - one of two names
                f" WHERE state = 'held' AND endpoint = ?{alone} AND {column} IN ({_marks(some)})"
            )
            rows = connection.execute(database.sql(sql), [endpoint, *some]).fetchall()
            found += [
                (held, (endpoint, value), None if moment is None else database.moment_out(moment))
                for held, value, moment in rows
            ]
    return found


def _bind(database: Database, connection: Any, held: int, prediction: UUID) -> None:
    # Of two transactions that found the same outcome, the second finds it bound.
    connection.execute(
        database.sql(
            "UPDATE flyball_outcome SET state = 'bound', prediction = ? WHERE id = ? AND state = 'held'"
        ),
        (database.id_in(prediction), held),
    )


def _known(database: Database, connection: Any, wanted: Sequence[UUID]) -> dict[UUID, str]:
    found: dict[UUID, str] = {}
    for some in _chunks(wanted):
        sql = (
            f"SELECT id, endpoint FROM flyball_prediction WHERE id IN ({_marks(some)})"  # noqa: S608 - marks
            " AND erased_at IS NULL"
        )
        rows = connection.execute(database.sql(sql), [database.id_in(each) for each in some]).fetchall()
        found |= {database.id_out(identity): endpoint for identity, endpoint in rows}
    return found


def _referenced(
    database: Database, connection: Any, outcomes: Sequence[Outcome]
) -> dict[tuple[str, str], list[tuple[datetime, UUID]]]:
    found: dict[tuple[str, str], list[tuple[datetime, UUID]]] = defaultdict(list)
    wanted: dict[str, list[str]] = defaultdict(list)
    for each in outcomes:
        if each.prediction is None and each.reference is not None:
            wanted[each.endpoint].append(each.reference)
    for endpoint, references in wanted.items():
        for some in _chunks(references):
            sql = (
                "SELECT reference, created_at, id FROM flyball_prediction"  # noqa: S608 - only marks
                f" WHERE endpoint = ? AND reference IN ({_marks(some)})"
            )
            for reference, moment, identity in connection.execute(
                database.sql(sql), [endpoint, *some]
            ).fetchall():
                candidate = (database.moment_out(moment), database.id_out(identity))
                found[endpoint, reference].append(candidate)
    return found


def _by_entity(database: Database, connection: Any, outcome: Outcome, received_at: datetime) -> Fate:
    if outcome.occurred_at is None or not outcome.entity:
        return Fate("unmatched")
    sql = (
        "SELECT id FROM flyball_prediction WHERE endpoint = ? AND entity_key = ? AND created_at <= ?"
        " ORDER BY id DESC LIMIT 1"
    )
    values = (outcome.endpoint, entity_key(outcome.entity), database.moment_in(outcome.occurred_at))
    row = connection.execute(database.sql(sql), values).fetchone()
    if row is not None:
        return Fate("bound", database.id_out(row[0]))
    return Fate("held" if outcome.occurred_at > received_at else "unmatched")


def _marks(values: Sequence[Any]) -> str:
    return ",".join("?" * len(values))


def _chunks(values: Sequence[Any], size: int = 500) -> list[Sequence[Any]]:
    return [values[start : start + size] for start in range(0, len(values), size)]
