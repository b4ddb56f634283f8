"""One call answered: retried or fresh, by which version, with which values; not stored yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from flyball.domain.errors import Erased, InvalidInput, NotFound, Problem, UnknownEntity
from flyball.domain.records import Prediction, canonical_json, digest, entity_key, now, uuid7
from flyball.domain.routing import Lookup
from flyball.domain.values import Scalar
from flyball.serving import features
from flyball.serving.calls import Call, Row
from flyball.serving.pool import Loaded, Pool, Served
from flyball.serving.readers import Readers
from flyball.serving.refresher import Refresher
from flyball.stores import lookups, records, routes
from flyball.stores.database import Database
from flyball.stores.records import Submission
from flyball.stores.routes import Principal

Answered = Submission | list[Prediction]
"""Predictions to store; or, as a list, those that are stored already."""

Reading = Callable[[Callable[[Any], Any]], Any]
"""Runs some reading work with a connection."""


class Parts(Protocol):
    """What answering needs of the engine."""

    pool: Pool
    readers: Readers
    refresher: Refresher


def answer(parts: Parts, served: Served, principal: Principal, call: Call, read: Reading) -> Answered:
    """Check the call, look up what does not come with it, ask the model, decide.

    Raises ``InvalidInput``, ``UnknownVersion``, ``UnknownEntity``, ``ModelFailed``,
    ``IdempotencyKeyReused``, and ``Erased`` where a repeat asks for what has been erased.
    """
    if not call.rows:
        raise InvalidInput(problems=[Problem("/rows", "missing", "At least one row is needed.")])
    key, request = _retry_of(principal, call)
    database = parts.readers.database
    if key is not None:
        stored = read(lambda connection: records.by_idempotency(database, connection, key, request))
        if stored is not None:
            return _not_erased(stored)
    loaded, arm = _version(parts, served, call.version, read)
    schema = loaded.manifest.schema
    needed = features.used(schema, served.route.lookups)
    asked = features.checked(needed, served.route.lookups, call.rows, partial(served.check, loaded))
    if needed:
        read(lambda connection: features.look_up(schema, needed, asked, _cached(database, connection)))
    predictions = _predictions(served, loaded, arm, asked)
    return Submission(predictions=predictions, idempotency=key, request=request)


def problems(served: Served, call: Call) -> list[Problem]:
    """What is wrong with the rows of a call, by the version that it names, or else by the champion."""
    champion = served.route.champion.version
    loaded = served.versions.get(call.version or champion, served.versions[champion])
    needed = features.used(loaded.manifest.schema, served.route.lookups)
    try:
        features.checked(needed, served.route.lookups, call.rows, partial(served.check, loaded))
    except InvalidInput as error:
        return list(error.problems)
    return []


def entity_row(served: Served, key: str) -> Row:
    """The row for one entity named by a URL.

    Raises ``NotFound`` where features come with the call or from tables under several keys, ``UnknownEntity``
    where the key is none.
    """
    schema = served.versions[served.route.champion.version].manifest.schema
    kinds = {lookup.on: lookup.key_kind for lookup in features.used(schema, served.route.lookups)}
    if len(kinds) != 1 or schema.of("request").fields:
        raise NotFound("Not every feature of this endpoint comes from tables under one key.")
    ((on, kind),) = kinds.items()
    try:
        return Row(entity={on: features.parse_key(kind, key)})
    except (ValueError, KeyError):
        raise UnknownEntity from None


def unchanged(database: Database, connection: Any, fresh: Prediction) -> Prediction | None:
    """The entity's newest stored prediction, where it says the same: version, input and decision."""
    key = entity_key(fresh.entity)
    if key is None:
        return None
    before = records.latest_of_entity(database, connection, fresh.endpoint, key)
    if before is None or (before.version, before.decision) != (fresh.version, fresh.decision):
        return None
    return before if canonical_json(before.input) == canonical_json(fresh.input) else None


def _retry_of(principal: Principal, call: Call) -> tuple[str | None, str]:
    if call.idempotency_key is None:
        return None, ""
    rows = [[row.entity, row.input, row.reference] for row in call.rows]
    key = digest([principal.team, call.endpoint, call.idempotency_key])
    return key, digest([call.version, rows])


def _not_erased(stored: list[Prediction]) -> list[Prediction]:
    if any(each.erased_at is not None for each in stored):
        raise Erased
    return stored


def _version(parts: Parts, served: Served, number: int | None, read: Reading) -> tuple[Loaded, str | None]:
    if number is None:
        champion = served.route.champion
        return served.versions[champion.version], champion.name
    if number in served.versions:
        return served.versions[number], None
    manifest = read(
        lambda connection: routes.manifest(parts.readers.database, connection, served.route.endpoint, number)
    )
    return parts.pool.unrouted(manifest, parts.refresher.load), None


def _cached(database: Database, connection: Any) -> features.Read:
    """Looks up each key once for all the rows of a call."""
    known: dict[tuple[str, Scalar], dict[str, Scalar] | None] = {}

    def read(lookup: Lookup, key: Scalar) -> dict[str, Scalar] | None:
        place = (lookup.table, key)
        if place not in known:
            known[place] = lookups.read(database, connection, lookup, key)
        return known[place]

    return read


def _predictions(
    served: Served, loaded: Loaded, arm: str | None, asked: list[features.Asked]
) -> tuple[Prediction, ...]:
    outputs = loaded.runtime.predict([each.values for each in asked])
    decision = served.route.decision
    moment = now()
    identities = sorted(uuid7() for _ in asked)  # in the order of the rows
    first = Prediction(
        id=identities[0],
        endpoint=served.route.endpoint,
        version=loaded.manifest.number,
        arm=arm,
        route=served.route.number,
        input={},
        output={},
        created_at=moment,
    )
    return tuple(
        replace(
            first,
            id=identity,
            input=each.values,
            output=output,
            decision=None if decision is None else decision.decide(output),
            warnings=tuple(each.warnings),
            entity=each.entity,
            reference=each.row.reference,
        )
        for identity, each, output in zip(identities, asked, outputs, strict=True)
    )
