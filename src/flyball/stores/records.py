"""Predictions: written in groups, found again, erased."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flyball.domain.errors import FlyballError, IdempotencyKeyReused
from flyball.domain.records import Prediction
from flyball.stores import binding
from flyball.stores.database import Database, rows_of
from flyball.stores.rows import NAMES, insert, prediction


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """The predictions of one request. ``idempotency`` is the digest of team, endpoint and key, where a key
    was sent; ``request`` then the digest of the request."""

    predictions: tuple[Prediction, ...]
    idempotency: str | None = None
    request: str = ""


Result = list[Prediction] | FlyballError
"""What became of a submission: the stored predictions (those of the first, for a repeat), or its error."""

BLANKED = "UPDATE flyball_outcome SET value = 'null', reference = NULL, entity_key = NULL WHERE"
"""Erases outcomes; the condition follows."""


def write(database: Database, connection: Any, batch: Sequence[Submission]) -> list[Result]:
    """Store submissions in the transaction that is open; all or nothing is committed by the caller.

    A repeat of an idempotency key, in this batch, before it or at the same time elsewhere, stores nothing and
    gives the predictions of the first; with another request, only that submission fails with
    ``IdempotencyKeyReused``. Outcomes that were held for these predictions are bound.
    """
    binding.enter(database, connection, alone=False)
    claims = _claim(database, connection, batch)
    fresh = [
        each
        for submission in batch
        if submission.idempotency is None or claims.get(submission.idempotency) is submission
        for each in submission.predictions
    ]
    if fresh:
        insert(database, connection, fresh)
        binding.bind_held(database, connection, fresh)
    return [_result(database, connection, submission, claims) for submission in batch]


def by_idempotency(
    database: Database, connection: Any, idempotency: str, request: str
) -> list[Prediction] | None:
    """The predictions stored under an idempotency key, or ``None``. Raises ``IdempotencyKeyReused``."""
    sql = database.sql("SELECT request, predictions FROM flyball_idempotency_key WHERE digest = ?")
    row = connection.execute(sql, (idempotency,)).fetchone()
    if row is None:
        return None
    if row[0] != request:
        raise IdempotencyKeyReused
    wanted = [UUID(each) for each in database.json_out(row[1])]
    found = many(database, connection, wanted)
    return [found[each] for each in wanted]


def many(database: Database, connection: Any, wanted: Sequence[UUID]) -> dict[UUID, Prediction]:
    """Those of the wanted predictions that are stored, by id."""
    found: dict[UUID, Prediction] = {}
    for start in range(0, len(wanted), 500):
        some = [database.id_in(each) for each in wanted[start : start + 500]]
        marks = rows_of(1, len(some))
        sql = f"SELECT {NAMES} FROM flyball_prediction WHERE id IN {marks}"  # noqa: S608 - only marks
        for row in connection.execute(database.sql(sql), some).fetchall():
            each = prediction(database, row)
            found[each.id] = each
    return found


def get(database: Database, connection: Any, identity: UUID) -> Prediction | None:
    """One prediction, or ``None``."""
    return many(database, connection, [identity]).get(identity)


def find(
    database: Database,
    connection: Any,
    *,
    endpoints: Sequence[str],
    reference: str | None = None,
    entity_key: str | None = None,
    before: UUID | None = None,
    limit: int = 100,
) -> list[Prediction]:
    """Predictions of these endpoints, newest first; ``before`` is the last id of the page before."""
    conditions: dict[str, Any] = {"reference = ?": reference, "entity_key = ?": entity_key}
    if before is not None:
        conditions["id < ?"] = database.id_in(before)
    given = {text: value for text, value in conditions.items() if value is not None}
    if not endpoints:
        return []
    where = " AND ".join([f"endpoint IN {rows_of(1, len(endpoints))}", *given])
    sql = f"SELECT {NAMES} FROM flyball_prediction WHERE {where} ORDER BY id DESC LIMIT ?"  # noqa: S608 - ours
    rows = connection.execute(database.sql(sql), [*endpoints, *given.values(), limit]).fetchall()
    return [prediction(database, row) for row in rows]


def latest_of_entity(
    database: Database, connection: Any, endpoint: str, entity_key: str
) -> Prediction | None:
    """The newest prediction of an entity that has not been erased, or ``None``."""
    found = find(database, connection, endpoints=[endpoint], entity_key=entity_key, limit=1)
    return found[0] if found else None


def erase(database: Database, connection: Any, identity: UUID, moment: datetime) -> bool:
    """Erase what a prediction says about anybody; says whether there was something to erase.

    Its id, version and times stay as a tombstone. The values and names of its outcomes go too, and of those
    that are bound to none but have its reference or its entity, once no other prediction has that. The
    connection must be outside a transaction. On SQLite the values leave the file with ``Database.scrub``.
    """
    key = database.id_in(identity)
    named = (
        "SELECT endpoint, reference, entity_key FROM flyball_prediction WHERE id = ? AND erased_at IS NULL"
    )
    erased = (
        "UPDATE flyball_prediction SET input = NULL, output = NULL, decision = NULL, warnings = '[]',"
        " reference = NULL, entity = '{}', entity_key = NULL, erased_at = ? WHERE id = ?"
    )
    with database.transaction(connection):
        binding.enter(database, connection, alone=True)
        names = connection.execute(database.sql(named), (key,)).fetchone()
        if names is None:
            return False
        connection.execute(database.sql(erased), (database.moment_in(moment), key))
        connection.execute(database.sql(f"{BLANKED} prediction = ?"), (key,))
        _erase_unbound(database, connection, *names)
    return True


def _erase_unbound(
    database: Database, connection: Any, endpoint: str, reference: str | None, entity: str | None
) -> None:
    for column, name in (("reference", reference), ("entity_key", entity)):
        sql = (
            f"{BLANKED} prediction IS NULL AND endpoint = ? AND {column} = ? AND NOT EXISTS"  # noqa: S608 - ours
            f" (SELECT 1 FROM flyball_prediction p WHERE p.endpoint = ? AND p.{column} = ?)"
        )
        if name is not None:
            connection.execute(database.sql(sql), (endpoint, name, endpoint, name))


def _claim(database: Database, connection: Any, batch: Sequence[Submission]) -> Mapping[str, Submission]:
    """The idempotency keys that are new, each with the submission that has it first.

    Sorted, so that two transactions that wait for each other's keys cannot deadlock.
    """
    first: dict[str, Submission] = {}
    for submission in batch:
        if submission.idempotency is not None:
            first.setdefault(submission.idempotency, submission)
    if not first:
        return {}
    rows = [
        (
            key,
            first[key].request,
            database.json_in([str(each.id) for each in first[key].predictions]),
            database.moment_in(first[key].predictions[0].created_at),
        )
        for key in sorted(first)
    ]
    sql = (
        "INSERT INTO flyball_idempotency_key (digest, request, predictions, created_at)"  # noqa: S608 - marks
        f" VALUES {rows_of(len(rows), 4)} ON CONFLICT DO NOTHING RETURNING digest"
    )
    values = [value for row in rows for value in row]
    new = connection.execute(database.sql(sql), values).fetchall()
    return {key: first[key] for (key,) in new}


def _result(
    database: Database, connection: Any, submission: Submission, claims: Mapping[str, Submission]
) -> Result:
    key = submission.idempotency
    if key is None or claims.get(key) is submission:
        return list(submission.predictions)
    try:
        return by_idempotency(database, connection, key, submission.request) or []
    except IdempotencyKeyReused as error:
        return error
