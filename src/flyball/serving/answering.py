"""What comes before and after the model: a call is prepared for it, and its outputs become predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from flyball.domain.access import Principal
from flyball.domain.errors import Erased, InvalidInput, NotFound, Problem, UnknownEntity
from flyball.domain.records import Prediction, digest, entity_key, fits, now, uuid7
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

Reading = Callable[[Callable[[Any], Any]], Any]
"""Runs some reading work with a connection."""
FEW = 256
"""Fields that are checked sooner than a thread is asked to check them."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A call with everything that the model is asked with, and that its answer is recorded with."""

    served: Served
    loaded: Loaded
    arm: str | None
    asked: list[features.Asked]
    idempotency: str | None
    request: str

    @property
    def rows(self) -> list[dict[str, Scalar]]:
        """What the model is asked."""
        return [each.values for each in self.asked]


class Parts(Protocol):
    """What preparing needs of the engine."""

    pool: Pool
    readers: Readers
    refresher: Refresher


def at_once(served: Served, call: Call) -> bool:
    """Whether the call can be prepared without reading, sooner than another thread would take it up."""
    number = served.route.champion.version if call.version is None else call.version
    if call.idempotency_key is not None or number not in served.versions:
        return False
    if len(call.rows) > FEW or sum(len(row.input) + len(row.entity) for row in call.rows) > FEW:
        return False
    return not features.used(served.versions[number].manifest, served.route.lookups)


def prepare(
    parts: Parts, served: Served, principal: Principal, call: Call, read: Reading
) -> Prepared | list[Prediction]:
    """Check the call and look up what does not come with it; a repeat gives what is stored already.

    Raises ``InvalidInput``, ``UnknownVersion``, ``UnknownEntity``, ``IdempotencyKeyReused``,
    ``Conflict`` where the version's features are no longer published, and ``Erased`` where a repeat asks for
    what has been erased.
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
    needed = features.used(loaded.manifest, served.route.lookups)
    asked = features.checked(needed, served.route.lookups, call.rows, partial(served.check, loaded))
    if needed:
        read(lambda connection: features.look_up(schema, needed, asked, _cached(database, connection)))
    return Prepared(served, loaded, arm, asked, key, request)


def problems(served: Served, call: Call) -> list[Problem]:
    """What is wrong with the rows of a call, by the version that it names, or else by the champion."""
    champion = served.route.champion.version
    loaded = served.versions.get(call.version or champion, served.versions[champion])
    needed = features.used(loaded.manifest, served.route.lookups)
    try:
        features.checked(needed, served.route.lookups, call.rows, partial(served.check, loaded))
    except InvalidInput as error:
        return list(error.problems)
    return []


def finish(prepared: Prepared, outputs: Sequence[dict[str, Any]]) -> Submission:
    """What the model said, decided and ready to be stored."""
    route = prepared.served.route
    identities = sorted(uuid7() for _ in outputs)  # in the order of the rows
    moment = now()
    predictions = tuple(
        Prediction(
            id=identity,
            endpoint=route.endpoint,
            version=prepared.loaded.manifest.number,
            arm=prepared.arm,
            route=route.number,
            input=each.values,
            output=output,
            decision=_decision(prepared.served, output),
            warnings=tuple(each.warnings),
            entity=each.entity,
            reference=each.row.reference,
            created_at=moment,
        )
        for identity, each, output in zip(identities, prepared.asked, outputs, strict=True)
    )
    return Submission(predictions=predictions, idempotency=prepared.idempotency, request=prepared.request)


def entity_row(served: Served, key: str) -> Row:
    """The row for one entity named by a URL.

    Raises ``NotFound`` where features come with the call or from tables under several keys, ``UnknownEntity``
    where the key is none.
    """
    manifest = served.versions[served.route.champion.version].manifest
    kinds = {lookup.on: lookup.key_kind for lookup in features.used(manifest, served.route.lookups)}
    if len(kinds) != 1 or manifest.schema.of("request").fields:
        raise NotFound("Not every feature of this endpoint comes from tables under one key.")
    ((on, kind),) = kinds.items()
    try:
        entity = {on: features.parse_key(kind, key)}
    except (ValueError, KeyError):
        raise UnknownEntity from None
    if not fits(entity):
        raise UnknownEntity
    return Row(entity=entity)


def unchanged(database: Database, connection: Any, prepared: Prepared) -> Prediction | None:
    """The entity's newest stored prediction, where it would come out again: same version, input, decision."""
    (asked,) = prepared.asked
    endpoint, key = prepared.served.route.endpoint, entity_key(asked.entity)
    before = None if key is None else records.latest_of_entity(database, connection, endpoint, key)
    if before is None or before.version != prepared.loaded.manifest.number:
        return None
    if not _same(before.input, asked.values):
        return None
    return before if before.decision == _decision(prepared.served, before.output) else None


def _same(before: Mapping[str, Scalar], after: Mapping[str, Scalar]) -> bool:
    """Equal numbers are the same (databases give back 1e16 as a whole number); true and 1 are not."""
    return before.keys() == after.keys() and all(
        value == after[name] and isinstance(value, bool) == isinstance(after[name], bool)
        for name, value in before.items()
    )


def _decision(served: Served, output: Mapping[str, Any]) -> str | None:
    decision = served.route.champion.decision
    return None if decision is None else decision.decide(output)


def _retry_of(principal: Principal, call: Call) -> tuple[str | None, str]:
    if call.idempotency_key is None:
        return None, ""
    rows = [[row.entity, row.input, row.reference] for row in call.rows]
    key = digest([principal.team, call.endpoint, call.idempotency_key])
    # Under the key, which is stored nowhere: without it nobody can guess what was sent, erased or not.
    return key, digest([call.version, rows], secret=call.idempotency_key)


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
