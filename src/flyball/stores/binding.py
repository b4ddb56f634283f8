"""Which prediction an outcome belongs to; and outcomes that came before their prediction."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flyball.domain.records import Outcome, Prediction, entity_key, first_id
from flyball.stores.database import Database, chunks, rows_of

SLACK = timedelta(seconds=60)
"""How far an id's time may lie from its prediction's: a clock may have been set meanwhile."""


def id_near(moment: datetime, *, after: bool) -> UUID:
    """An id above those of all predictions made up to ``moment``; or below those of all made since.

    The index of an entity is in the order of ids, not of times: without this bound, all that a frequent
    entity was asked about later, or earlier, would be read for one row.
    """
    return first_id(moment, SLACK if after else -SLACK)


def lock(database: Database, connection: Any, endpoints: Iterable[str], *, alone: bool) -> None:
    """Lock the endpoints until the transaction ends: ``alone``, or shared with others who share.

    Predictions with a reference or an entity share; outcomes that look for those are alone, and so is what
    erases. Without the lock an outcome and its prediction, committed at the same moment, would each not see
    the other. Must be the first statement of its transaction. SQLite has one writer at a time anyway.
    """
    # In one order for everybody, or two transactions of several endpoints could wait for each other.
    numbers = sorted({_lock_number(endpoint) for endpoint in endpoints})
    if database.is_postgres and numbers:
        function = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
        connection.execute(f"SELECT {', '.join(f'{function}({number})' for number in numbers)}")


def lock_entities(database: Database, connection: Any, entities: Iterable[tuple[str, str]]) -> None:
    """Lock entities, by endpoint and key, until the transaction ends; others who record them once wait.

    After ``lock``, by everybody. SQLite has one writer at a time anyway.
    """
    numbers = sorted({_lock_number(f"{endpoint} {key}", "entity") for endpoint, key in entities})
    if database.is_postgres and numbers:
        locks = ", ".join(f"pg_advisory_xact_lock({number})" for number in numbers)
        connection.execute(f"SELECT {locks}")


def _lock_number(name: str, kind: str = "outcomes") -> int:
    """The advisory lock of a name. Two names of one number wait for each other, and nothing else."""
    digest = hashlib.sha256(f"flyball {kind} {name}".encode()).digest()
    return int.from_bytes(digest[:8], signed=True)


@dataclass(frozen=True, slots=True)
class Binding:
    """What becomes of one outcome: its state, the prediction it is bound to, and what named that."""

    state: str
    prediction: UUID | None = None
    by: str | None = None


def resolve(
    database: Database, connection: Any, outcomes: Sequence[Outcome], received_at: datetime
) -> list[Binding]:
    """The binding of each outcome, in order, as the database is now."""
    known = _known(database, connection, [each.prediction for each in outcomes if each.prediction])
    referenced = by_references(
        database,
        connection,
        [
            (each.endpoint, each.reference)
            for each in outcomes
            if each.prediction is None and each.reference is not None
        ],
    )
    entities = [each for each in outcomes if each.prediction is None and each.reference is None]
    latest = iter(_latest_of_entities(database, connection, entities))
    bindings = []
    for each in outcomes:
        if each.prediction is not None:
            found = known.get(each.prediction) == each.endpoint
            bindings.append(Binding("bound", each.prediction, "id") if found else Binding("unmatched"))
        elif each.reference is not None:
            candidates = referenced[each.endpoint, each.reference]
            bindings.append(by_reference(candidates, each.occurred_at, each.repeated))
        else:
            bindings.append(_by_entity(next(latest), each, received_at))
    return bindings


def by_reference(
    candidates: Sequence[tuple[datetime, UUID]], occurred_at: datetime | None, repeated: str = "latest"
) -> Binding:
    """The binding to one of the predictions of a reference (when each was made, and its id).

    One alone is bound. Of several, ``repeated`` says which of those at or before ``occurred_at`` (of all,
    without a time): the ``latest``, the ``first``, or none (``refuse``).
    """
    if not candidates:
        return Binding("held")
    if len(candidates) == 1:
        return Binding("bound", candidates[0][1], "reference")
    before = [each for each in candidates if occurred_at is None or each[0] <= occurred_at]
    if not before or repeated == "refuse":
        return Binding("ambiguous")
    chosen = min(before) if repeated == "first" else max(before)
    return Binding("bound", chosen[1], "reference")


OF_REFERENCES = "FROM flyball_prediction WHERE endpoint = ? AND reference IN"
"""Which predictions an outcome with a reference may belong to."""


def newest_of_references(
    database: Database, connection: Any, endpoint: str, references: Iterable[str], limit: int
) -> dict[str, list[UUID]]:
    """The newest predictions of each reference, at most ``limit`` of each: how many there are has no end."""
    found: dict[str, list[UUID]] = defaultdict(list)
    one = f"SELECT * FROM (SELECT reference, id {OF_REFERENCES} (?) ORDER BY id DESC LIMIT ?) one"  # noqa: S608 - only marks
    for some in chunks(list(dict.fromkeys(references))):
        sql = " UNION ALL ".join([one] * len(some))
        values = [value for reference in some for value in (endpoint, reference, limit)]
        for reference, identity in connection.execute(database.sql(sql), values).fetchall():
            found[reference].append(database.id_out(identity))
    return {reference: sorted(every, reverse=True) for reference, every in found.items()}


def by_references(
    database: Database, connection: Any, wanted: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], list[tuple[datetime, UUID]]]:
    """The predictions of each endpoint and reference: when each was made, and its id."""
    found: dict[tuple[str, str], list[tuple[datetime, UUID]]] = defaultdict(list)
    by_endpoint: dict[str, list[str]] = defaultdict(list)
    for endpoint, reference in dict.fromkeys(wanted):
        by_endpoint[endpoint].append(reference)
    for endpoint, references in by_endpoint.items():
        for some in chunks(references):
            sql = f"SELECT reference, created_at, id {OF_REFERENCES} {rows_of(1, len(some))}"
            rows = connection.execute(database.sql(sql), [endpoint, *some]).fetchall()
            for reference, moment, identity in rows:
                candidate = (database.moment_out(moment), database.id_out(identity))
                found[endpoint, reference].append(candidate)
    return found


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
    bound = {
        held: Binding("bound", firsts[name].id, "reference")
        for held, name, _ in _held(database, connection, "reference", firsts)
    }
    for held, name, occurred_at in _held(database, connection, "entity_key", entities):
        before = [each for each in entities[name] if occurred_at is None or each.created_at <= occurred_at]
        if before:
            bound[held] = Binding("bound", before[-1].id, "entity")
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
        for some in chunks(values):
            sql = (
                f"SELECT id, {column}, occurred_at FROM flyball_outcome"  # noqa: S608 - one of two names
                " WHERE prediction IS NULL AND state = 'held' AND endpoint = ?"
                f"{alone} AND {column} IN {rows_of(1, len(some))}"
            )
            rows = connection.execute(database.sql(sql), [endpoint, *some]).fetchall()
            found += [
                (held, (endpoint, value), None if moment is None else database.moment_out(moment))
                for held, value, moment in rows
            ]
    return found


def _bind(database: Database, connection: Any, held: int, binding: Binding) -> None:
    # Of two transactions that found the same outcome, the second finds it bound.
    connection.execute(
        database.sql(
            "UPDATE flyball_outcome SET state = 'bound', prediction = ?, bound_by = ?"
            " WHERE id = ? AND state = 'held'"
        ),
        (None if binding.prediction is None else database.id_in(binding.prediction), binding.by, held),
    )


def _known(database: Database, connection: Any, wanted: Sequence[UUID]) -> dict[UUID, str]:
    found: dict[UUID, str] = {}
    for some in chunks(wanted):
        sql = (
            f"SELECT id, endpoint FROM flyball_prediction WHERE id IN {rows_of(1, len(some))}"  # noqa: S608 - marks
            " AND erased_at IS NULL"
        )
        rows = connection.execute(database.sql(sql), [database.id_in(each) for each in some]).fetchall()
        found |= {database.id_out(identity): endpoint for identity, endpoint in rows}
    return found


def _latest_of_entities(
    database: Database, connection: Any, outcomes: Sequence[Outcome]
) -> list[UUID | None]:
    """The latest prediction of each outcome's entity, up to the moment when the outcome happened."""
    found: dict[int, UUID] = {}
    wanted = [
        (
            place,
            each.endpoint,
            entity_key(each.entity),
            database.id_in(id_near(each.occurred_at, after=True)),
            database.moment_in(each.occurred_at),
        )
        for place, each in enumerate(outcomes)
        if each.occurred_at is not None and each.entity
    ]
    for some in chunks(wanted):
        marks = ",".join(f"({place},?,?,?,?)" for place, *_ in some)
        sql = (
            f"WITH wanted (place, endpoint, entity_key, high, until) AS (VALUES {marks})"  # noqa: S608 - numbers
            " SELECT w.place, (SELECT p.id FROM flyball_prediction p WHERE p.endpoint = w.endpoint"
            " AND p.entity_key = w.entity_key AND p.id <= w.high AND p.created_at <= w.until"
            " ORDER BY p.id DESC LIMIT 1) FROM wanted w"
        )
        values = [value for _, *row in some for value in row]
        for place, identity in connection.execute(database.sql(sql), values).fetchall():
            if identity is not None:
                found[place] = database.id_out(identity)
    return [found.get(place) for place in range(len(outcomes))]


def _by_entity(latest: UUID | None, outcome: Outcome, received_at: datetime) -> Binding:
    if latest is not None:
        return Binding("bound", latest, "entity")
    is_ahead = outcome.occurred_at is not None and bool(outcome.entity) and outcome.occurred_at > received_at
    return Binding("held" if is_ahead else "unmatched")
