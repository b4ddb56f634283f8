"""What comes before the model: a call is checked, its features are looked up, a repeat is found."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from flyball.domain.access import Principal
from flyball.domain.errors import MOST_PROBLEMS, Erased, InvalidInput, Problem
from flyball.domain.records import Prediction, digest
from flyball.domain.routing import Lookup, Manifest
from flyball.domain.values import Scalar
from flyball.serving.calls import Call, Row
from flyball.serving.loader import AWAY, Loader
from flyball.serving.pool import Answering, Pool, Served
from flyball.serving.preparing import entities, features
from flyball.serving.preparing.features import CheckedRow
from flyball.serving.preparing.prepared import Prepared
from flyball.serving.readers import Readers
from flyball.stores import lookups, records, routes
from flyball.stores.database import Database

Read = Callable[[Callable[[Any], Any]], Any]
"""Runs some reading work with a connection."""
FEW = 256
"""Fields that are checked sooner than a thread is asked to check them."""


class _Request(msgspec.Struct, frozen=True):
    """A call to an endpoint. ``idempotency`` and ``digest`` are its digests where it has a key."""

    served: Served
    call: Call
    began: int
    idempotency: str | None
    digest: str


class Preparer:
    """Prepares calls; what reads the database runs in the readers' threads, never on an event loop."""

    def __init__(self, pool: Pool, readers: Readers, loader: Loader) -> None:
        self._pool = pool
        self._readers = readers
        self._loader = loader

    def at_once(self, principal: Principal, call: Call) -> Prepared | None:
        """The call as the model is asked it, where nothing has to be read for it; else ``None``.

        Raises as ``prepare`` does, but for what the database says.
        """
        if call.idempotency_key is not None or len(call.rows) > FEW:
            return None
        request = self._request(principal, call)
        version = _routed(request)
        if version is None or not _is_quick(version, call):
            return None
        return _prepared(request, version, _checked(request, version, []))

    async def prepare(self, principal: Principal, call: Call) -> Prepared | list[Prediction]:
        """The call as the model is asked it; or, for a repeat, the predictions that are stored already.

        Raises ``UnknownEndpoint``, ``Retired``, ``NotReady``, ``InvalidInput``, ``UnknownVersion``,
        ``UnknownEntity``, ``IdempotencyKeyReused``, ``Conflict`` where the version's features are no longer
        published, and ``Erased`` where a repeat asks for what has been erased.
        """
        request = self._request(principal, call)
        routed = _routed(request)
        if routed is not None:
            version = await self._here(routed)
            return await self._readers.run(lambda: self._complete(request, version, self._readers.read))
        found = await self._readers.run(lambda: self._find(request, self._readers.read))
        if isinstance(found, list):
            return found
        runtime = await asyncio.wrap_future(self._loader.loaded(found))
        unrouted = request.served.unrouted(found, runtime)
        return await self._readers.run(lambda: self._complete(request, unrouted, self._readers.read))

    def prepare_now(
        self, principal: Principal, call: Call, read: Read | None = None
    ) -> Prepared | list[Prediction]:
        """The same, blocking. ``read`` reads with another connection than the readers'."""
        request = self._request(principal, call)
        read = read or self._readers.read
        version = _routed(request)
        if version is None:
            found = self._find(request, read)
            if isinstance(found, list):
                return found
            version = request.served.unrouted(found, self._loader.loaded(found).result())
        elif version.runtime is AWAY:
            version = replace(version, runtime=self._loader.loaded(version.manifest, is_routed=True).result())
        return self._complete(request, version, read)

    async def prepare_entity(self, principal: Principal, call: Call) -> Prepared | Prediction:
        """A call for one entity; or its newest stored prediction, where it would come out again."""
        request = self._request(principal, call)
        version = await self._here(request.served.champion)
        return await self._readers.run(lambda: self._unless_unchanged(request, version))

    def problems(self, principal: Principal, call: Call) -> list[Problem]:
        """What is wrong with the rows of a call, by the version that it names, or else by the champion.

        Raises ``UnknownEndpoint``, ``Retired``, ``NotReady``, ``Conflict``.
        """
        request = self._request(principal, call)
        version = _routed(request) or request.served.champion
        try:
            _checked(request, version, _needed(request, version))
        except InvalidInput as error:
            return list(error.problems)
        return []

    def _request(self, principal: Principal, call: Call) -> _Request:
        began = time.perf_counter_ns()
        table = self._pool.table
        # Sooner by one look where a key is for all of its team's endpoints.
        known = table.by_team.get((principal.team, call.endpoint)) if principal.endpoints is None else None
        served = known or table.served(principal, call.endpoint)
        if call.idempotency_key is None:
            return _Request(served, call, began, None, "")
        rows = [[row.entity, row.input, row.reference] for row in call.rows]
        key = digest([principal.team, call.endpoint, call.idempotency_key])
        # Under the key, which is stored nowhere: without it nobody can guess what was sent, erased or not.
        return _Request(served, call, began, key, digest([call.version, rows], secret=call.idempotency_key))

    def _find(self, request: _Request, read: Read) -> Manifest | list[Prediction]:
        """The manifest of a version that no route names, or what is stored for a repeat."""
        stored = self._stored(request, read)
        if stored is not None:
            return stored
        database, endpoint = self._readers.database, request.call.endpoint
        number = request.call.version or 0
        manifest: Manifest = read(lambda connection: routes.manifest(database, connection, endpoint, number))
        return manifest

    def _complete(self, request: _Request, version: Answering, read: Read) -> Prepared | list[Prediction]:
        stored = self._stored(request, read)
        if stored is not None:
            return stored
        needed = _needed(request, version)
        rows = _checked(request, version, needed)
        if needed:
            self._look_up(version, needed, rows, read)
        return _prepared(request, version, rows)

    async def _here(self, version: Answering) -> Answering:
        """The same version, loaded; others are not waited for meanwhile."""
        if version.runtime is not AWAY:
            return version
        loaded = self._loader.loaded(version.manifest, is_routed=True)
        return replace(version, runtime=await asyncio.wrap_future(loaded))

    def _unless_unchanged(self, request: _Request, version: Answering) -> Prepared | Prediction:
        needed = _needed(request, version)
        rows = _checked(request, version, needed)
        self._look_up(version, needed, rows, self._readers.read)
        prepared = _prepared(request, version, rows)
        database = self._readers.database
        before = self._readers.read(lambda connection: entities.unchanged(database, connection, prepared))
        return before or msgspec.structs.replace(prepared, is_once=True)

    def _look_up(
        self, version: Answering, needed: Sequence[Lookup], rows: Sequence[CheckedRow], read: Read
    ) -> None:
        schema, database = version.manifest.schema, self._readers.database
        read(lambda connection: features.look_up(schema, needed, rows, _cached(database, connection)))

    def _stored(self, request: _Request, read: Read) -> list[Prediction] | None:
        """What is stored for a repeat. Raises ``IdempotencyKeyReused``, ``Erased``."""
        key = request.idempotency
        if key is None:
            return None
        database = self._readers.database
        stored: list[Prediction] | None = read(
            lambda connection: records.by_idempotency(database, connection, key, request.digest)
        )
        if stored is not None and any(each.erased_at is not None for each in stored):
            raise Erased
        return stored


def _routed(request: _Request) -> Answering | None:
    """The version that answers, where the route names it."""
    number = request.call.version
    return request.served.champion if number is None else request.served.versions.get(number)


def _is_quick(version: Answering, call: Call) -> bool:
    """Whether the call is prepared without reading, sooner than another thread would take it up."""
    if version.looks_up or version.runtime is AWAY:
        return False
    size = 0
    for row in call.rows:
        size += len(row.input) + len(row.entity)
    return size <= FEW


def _needed(request: _Request, version: Answering) -> list[Lookup]:
    return features.used(version.manifest, request.served.route.lookups) if version.looks_up else []


def _checked(request: _Request, version: Answering, needed: Sequence[Lookup]) -> list[CheckedRow]:
    """Every row's input and entity, checked completely. Raises ``InvalidInput`` with every problem there is.

    After the row that makes them more than anybody is told, no further one is looked at.
    """
    if not request.call.rows:
        raise InvalidInput(problems=[Problem("/rows", "missing", "At least one row is needed.")])
    problems: list[Problem] = []
    every = []
    for row in request.call.rows:
        result = version.check(row.input, pointer=f"{row.pointer}/input")
        checked = CheckedRow(row, result.values, {}, result.warnings)
        problems += result.problems
        if row.entity or needed:
            problems += _check_entity(request, needed, row, checked)
        every.append(checked)
        if len(problems) > MOST_PROBLEMS:
            break
    if problems:
        raise InvalidInput(problems=problems)
    return every


def _check_entity(
    request: _Request, needed: Sequence[Lookup], row: Row, checked: CheckedRow
) -> list[Problem]:
    result = features.check_entity(request.served.route, needed, row.entity, row.pointer)
    checked.entity = result.values
    checked.warnings += result.warnings
    return result.problems


def _prepared(request: _Request, version: Answering, rows: Sequence[CheckedRow]) -> Prepared:
    return Prepared(
        route=request.served.route,
        version=version,
        arm="champion" if request.call.version is None else None,
        rows=rows,
        inputs=[row.values for row in rows],
        idempotency=request.idempotency,
        request=request.digest,
        began=request.began,
    )


def _cached(database: Database, connection: Any) -> features.Read:
    """Looks up each key once for all the rows of a call."""
    known: dict[tuple[str, Scalar], dict[str, Scalar] | None] = {}

    def read(lookup: Lookup, key: Scalar) -> dict[str, Scalar] | None:
        place = (lookup.table, key)
        if place not in known:
            known[place] = lookups.read(database, connection, lookup, key)
        return known[place]

    return read
