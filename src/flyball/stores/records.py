"""Predictions: written in groups, and found again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from flyball.domain.errors import Erased, FlyballError, IdempotencyKeyReused
from flyball.domain.records import Prediction, comes_out_again, entity_key
from flyball.stores import binding, idempotency
from flyball.stores.database import Database, chunks, rows_of
from flyball.stores.idempotency import Claim
from flyball.stores.rows import NAMES, insert, prediction


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """The predictions of one request. ``idempotency`` is the digest of team, endpoint and key, where a key
    was sent; ``request`` then the digest of the request. ``is_once``: the one prediction of an entity is not
    stored where the newest that is stored comes out again, which another process may have stored meanwhile.
    """

    predictions: tuple[Prediction, ...]
    idempotency: str | None = None
    request: str = ""
    is_once: bool = False


Result = list[Prediction] | FlyballError
"""What became of a submission: the stored predictions (those of the first, for a repeat), or its error."""


def write(database: Database, connection: Any, batch: Sequence[Submission]) -> list[Result]:
    """Store submissions in the transaction that is open; all or nothing is committed by the caller.

    A repeat of an idempotency key, in this batch, before it or at the same time elsewhere, stores nothing and
    gives the predictions of the first; with another request, only that submission fails with
    ``IdempotencyKeyReused``. Outcomes that were held for these predictions are bound.
    """
    binding.lock(database, connection, _bindable(batch), alone=False)
    claims = _claim(database, connection, batch)
    known = _known(database, connection, batch)
    fresh = [
        each
        for submission in batch
        if submission.idempotency is None or claims.get(submission.idempotency) is submission
        for each in submission.predictions
        if each.id not in known
    ]
    if fresh:
        insert(database, connection, fresh)
        binding.bind_held(database, connection, fresh)
    return [_result(database, connection, submission, claims, known) for submission in batch]


def _known(database: Database, connection: Any, batch: Sequence[Submission]) -> dict[UUID, Prediction]:
    """What is stored already in place of predictions that are to be stored once, by their ids."""
    once = [submission.predictions[0] for submission in batch if submission.is_once]
    keys = {each.id: (each.endpoint, entity_key(each.entity) or "") for each in once}
    binding.lock_entities(database, connection, set(keys.values()))
    known: dict[UUID, Prediction] = {}
    newest: dict[tuple[str, str], Prediction] = {}  # of this batch: who asked for one of them may have gone
    for each in once:
        key = keys[each.id]
        before = newest.get(key) or latest_of_entity(database, connection, *key)
        if before is not None and comes_out_again(
            before, each.version, each.input, each.decision, each.test, each.answered
        ):
            known[each.id] = before
        else:
            newest[key] = each
    return known


def _bindable(batch: Sequence[Submission]) -> set[str]:
    """The endpoints of predictions that an outcome may look for; an id is known only once it is committed."""
    return {
        each.endpoint
        for submission in batch
        for each in submission.predictions
        if each.reference is not None or each.entity
    }


def by_idempotency(database: Database, connection: Any, key: str, request: str) -> list[Prediction] | None:
    """The predictions stored under an idempotency key, or ``None``. Raises as ``idempotency.stored``."""
    ids = idempotency.stored(database, connection, key, request)
    if ids is None:
        return None
    wanted = [UUID(each) for each in ids]
    found = many(database, connection, wanted)
    return [found[each] for each in wanted]


def many(database: Database, connection: Any, wanted: Sequence[UUID]) -> dict[UUID, Prediction]:
    """Those of the wanted predictions that are stored, by id."""
    found: dict[UUID, Prediction] = {}
    for some in chunks(wanted):
        marks = rows_of(1, len(some))
        sql = f"SELECT {NAMES} FROM flyball_prediction WHERE id IN {marks}"  # noqa: S608 - only marks
        for row in connection.execute(database.sql(sql), [database.id_in(each) for each in some]).fetchall():
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
    test: int | None = None,
    before: UUID | None = None,
    limit: int = 100,
) -> list[Prediction]:
    """Predictions of these endpoints, newest first; ``before`` is the last id of the page before.

    ``test`` is the number of an A/B test, which only one endpoint's tests have.

    Each endpoint is asked by itself, in the order of its index: asked for several at once, a database reads
    all that there is of a frequent entity, and sorts it.
    """
    conditions: dict[str, Any] = {"reference = ?": reference, "entity_key = ?": entity_key, "test = ?": test}
    if before is not None:
        conditions["id < ?"] = database.id_in(before)
    given = {text: value for text, value in conditions.items() if value is not None}
    where = " AND ".join(["endpoint = ?", *given])
    sql = f"SELECT {NAMES} FROM flyball_prediction WHERE {where} ORDER BY id DESC LIMIT ?"  # noqa: S608 - ours
    found = [
        prediction(database, row)
        for endpoint in dict.fromkeys(endpoints)
        for row in connection.execute(database.sql(sql), [endpoint, *given.values(), limit]).fetchall()
    ]
    return sorted(found, key=lambda each: each.id, reverse=True)[:limit]


def between(
    database: Database,
    connection: Any,
    endpoint: str,
    start: datetime,
    end: datetime,
    *,
    after: UUID | None = None,
    limit: int = 1000,
) -> tuple[list[Prediction], UUID | None]:
    """Predictions of an endpoint made from ``start`` on and before ``end``, a page at a time, oldest first.

    ``after`` is the id at which the page before ended; the id at which this one ends comes with it, and
    ``None`` after the last page. A page is that of an index of ids, whose times lie near those of their
    predictions: it may be empty, and others follow.
    """
    low, high = binding.id_near(start, after=False), binding.id_near(end, after=True)
    sql = (
        f"SELECT {NAMES} FROM flyball_prediction"  # noqa: S608 - ours
        " WHERE endpoint = ? AND id > ? AND id < ? ORDER BY id LIMIT ?"
    )
    begin = low if after is None else after
    values = [endpoint, database.id_in(begin), database.id_in(high), limit]
    page = [prediction(database, row) for row in connection.execute(database.sql(sql), values).fetchall()]
    found = [each for each in page if start <= each.created_at < end]
    return found, page[-1].id if len(page) == limit else None


def latest_of_entity(
    database: Database, connection: Any, endpoint: str, entity_key: str
) -> Prediction | None:
    """The newest prediction of an entity that has not been erased, or ``None``."""
    found = find(database, connection, endpoints=[endpoint], entity_key=entity_key, limit=1)
    return found[0] if found else None


def _claim(database: Database, connection: Any, batch: Sequence[Submission]) -> Mapping[str, Submission]:
    """The idempotency keys that are new, each with the submission that has it first."""
    first: dict[str, Submission] = {}
    for submission in batch:
        if submission.idempotency is not None:
            first.setdefault(submission.idempotency, submission)
    claims = {
        key: Claim(
            digest=key,
            request=each.request,
            answer=[str(one.id) for one in each.predictions],
            moment=each.predictions[0].created_at,
        )
        for key, each in first.items()
    }
    return {key: first[key] for key in idempotency.claim(database, connection, claims)}


def _result(
    database: Database,
    connection: Any,
    submission: Submission,
    claims: Mapping[str, Submission],
    known: Mapping[UUID, Prediction],
) -> Result:
    key = submission.idempotency
    if key is None or claims.get(key) is submission:
        return [known.get(each.id, each) for each in submission.predictions]
    try:
        return by_idempotency(database, connection, key, submission.request) or []
    except (IdempotencyKeyReused, Erased) as error:
        return error
