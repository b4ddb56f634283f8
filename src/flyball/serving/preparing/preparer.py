"""What comes before the model: a call is checked, its features are looked up, a repeat is found."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import msgspec

from flyball.domain.access import Principal
from flyball.domain.errors import MOST_PROBLEMS, Erased, InvalidInput, Problem, UnknownEntity
from flyball.domain.records import Prediction, digest
from flyball.domain.routing import Lookup, Manifest
from flyball.domain.values import Scalar
from flyball.inference.runtime import Runtime
from flyball.serving.assigning import Place, Split
from flyball.serving.calls import Call, Row
from flyball.serving.loader import AWAY, Loader
from flyball.serving.pool import Answering, Assigned, Pool, Served
from flyball.serving.preparing import entities, features
from flyball.serving.preparing.features import CheckedRow
from flyball.serving.preparing.prepared import Prepared
from flyball.serving.readers import Readers
from flyball.stores import lookups, records, routes
from flyball.stores.database import Database

Read = Callable[[Callable[[Any], Any]], Any]
"""Runs some reading work with a connection."""
Needed = Mapping[int, Sequence[Lookup]]
"""The lookups of each version that has fields from tables, by its number."""
FEW = 256
"""Fields that are checked sooner than a thread is asked to check them."""


class _Request(msgspec.Struct, frozen=True):
    """A call to an endpoint, and what answers it: ``versions`` by number, and each row's own.

    Nothing yet where a version is asked for that the route does not name. ``idempotency`` and ``digest`` are
    the call's digests where it has a key.
    """

    served: Served
    call: Call
    began: int
    idempotency: str | None
    digest: str
    versions: Mapping[int, Answering]
    assigned: Sequence[Assigned]

    def by(self, version: Answering, arm: str | None) -> _Request:
        """The same, all of it answered by one version."""
        assigned = [Assigned(version, arm)] * len(self.call.rows)
        return msgspec.structs.replace(self, versions={version.manifest.number: version}, assigned=assigned)

    def loaded(self, runtimes: Mapping[int, Runtime]) -> _Request:
        """The same with the runtimes of some of its versions, by number."""

        def here(version: Answering) -> Answering:
            runtime = runtimes.get(version.manifest.number)
            return version if runtime is None else replace(version, runtime=runtime)

        return msgspec.structs.replace(
            self,
            versions={number: here(each) for number, each in self.versions.items()},
            assigned=[msgspec.structs.replace(each, version=here(each.version)) for each in self.assigned],
        )

    @property
    def away(self) -> list[Manifest]:
        """Those of its versions that have to be loaded first."""
        return [each.manifest for each in self.versions.values() if each.runtime is AWAY]


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
        if not request.versions or not _is_quick(request.versions.values(), call):
            return None
        return _prepared(request, _checked(request, {}))

    async def prepare(self, principal: Principal, call: Call) -> Prepared | list[Prediction]:
        """The call as the model is asked it; or, for a repeat, the predictions that are stored already.

        Raises ``UnknownEndpoint``, ``Retired``, ``NotReady``, ``InvalidInput``, ``UnknownVersion``,
        ``UnknownEntity``, ``IdempotencyKeyReused``, ``Conflict`` where the version's features are no longer
        published, and ``Erased`` where a repeat asks for what has been erased.
        """
        request = self._request(principal, call)
        if not request.versions:
            found = await self._readers.run(lambda: self._find(request, self._readers.read))
            if isinstance(found, list):
                return found
            runtime = await asyncio.wrap_future(self._loader.loaded(found))
            here = request.by(request.served.unrouted(found, runtime), None)
        else:
            here = await self._here(request)
        return await self._readers.run(lambda: self._complete(here, self._readers.read))

    def prepare_now(
        self, principal: Principal, call: Call, read: Read | None = None
    ) -> Prepared | list[Prediction]:
        """The same, blocking. ``read`` reads with another connection than the readers'."""
        request = self._request(principal, call)
        read = read or self._readers.read
        if not request.versions:
            found = self._find(request, read)
            if isinstance(found, list):
                return found
            request = request.by(request.served.unrouted(found, self._loader.loaded(found).result()), None)
        if away := self._loading(request):
            request = request.loaded({number: future.result() for number, future in away.items()})
        return self._complete(request, read)

    async def prepare_entity(self, principal: Principal, call: Call) -> Prepared | Prediction:
        """A call for one entity; or its newest stored prediction, where it would come out again."""
        request = await self._here(self._request(principal, call))
        return await self._readers.run(lambda: self._unless_unchanged(request))

    def problems(self, principal: Principal, call: Call) -> list[Problem]:
        """What is wrong with the rows of a call, by the version that it names, or else by the champion.

        Raises ``UnknownEndpoint``, ``Retired``, ``NotReady``, ``Conflict``.
        """
        request = self._request(principal, call)
        if not request.versions:
            request = request.by(request.served.champion, None)
        try:
            _checked(request, _needed(request))
        except InvalidInput as error:
            return list(error.problems)
        return []

    def _request(self, principal: Principal, call: Call) -> _Request:
        began = time.perf_counter_ns()
        table = self._pool.table
        # Sooner by one look where a key is for all of its team's endpoints.
        known = table.by_team.get((principal.team, call.endpoint)) if principal.endpoints is None else None
        served = known or table.served(principal, call.endpoint)
        versions, assigned = _answering(served, call)
        if call.idempotency_key is None:
            return _Request(served, call, began, None, "", versions, assigned)
        rows = [[row.entity, row.input, row.reference] for row in call.rows]
        key = digest([principal.team, call.endpoint, call.idempotency_key])
        # Under the key, which is stored nowhere: without it nobody can guess what was sent, erased or not.
        sent = digest([call.version, rows], secret=call.idempotency_key)
        return _Request(served, call, began, key, sent, versions, assigned)

    def _find(self, request: _Request, read: Read) -> Manifest | list[Prediction]:
        """The manifest of a version that no route names, or what is stored for a repeat."""
        stored = self._stored(request, read)
        if stored is not None:
            return stored
        database, endpoint = self._readers.database, request.call.endpoint
        number = request.call.version or 0
        manifest: Manifest = read(lambda connection: routes.manifest(database, connection, endpoint, number))
        return manifest

    def _complete(self, request: _Request, read: Read) -> Prepared | list[Prediction]:
        stored = self._stored(request, read)
        if stored is not None:
            return stored
        needed = _needed(request)
        rows = _checked(request, needed)
        if needed:
            self._look_up(request, needed, rows, read)
        return _prepared(request, rows)

    def _loading(self, request: _Request) -> dict[int, Future[Runtime]]:
        return {each.number: self._loader.loaded(each, is_routed=True) for each in request.away}

    async def _here(self, request: _Request) -> _Request:
        """The same, its versions loaded; others are not waited for meanwhile."""
        away = self._loading(request)
        if not away:
            return request
        runtimes = await asyncio.gather(*map(asyncio.wrap_future, away.values()))
        return request.loaded(dict(zip(away, runtimes, strict=True)))

    def _unless_unchanged(self, request: _Request) -> Prepared | Prediction:
        needed = _needed(request)
        rows = _checked(request, needed)
        self._look_up(request, needed, rows, self._readers.read)
        prepared = _prepared(request, rows)
        database = self._readers.database
        before = self._readers.read(lambda connection: entities.unchanged(database, connection, prepared))
        return before or msgspec.structs.replace(prepared, is_once=True)

    def _look_up(self, request: _Request, needed: Needed, rows: Sequence[CheckedRow], read: Read) -> None:
        database = self._readers.database
        read(lambda connection: _looked_up(request, needed, rows, _cached(database, connection)))

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


def _answering(served: Served, call: Call) -> tuple[Mapping[int, Answering], Sequence[Assigned]]:
    """The versions that answer, and what answers each row; nothing where the route names no such version."""
    if call.version is None and served.test is not None and call.rows:
        assigned = [_placed(served, served.test.place(row)) for row in call.rows]
        return {each.version.manifest.number: each.version for each in assigned}, assigned
    if call.version is None:
        versions, one = served.alone
        return versions, [one] * len(call.rows)
    version = served.versions.get(call.version)
    if version is None:
        return {}, ()
    return {call.version: version}, [Assigned(version, None)] * len(call.rows)


def _placed(served: Served, place: Place) -> Assigned:
    name = served.route.answering[place.arm].name
    return Assigned(served.arms[place.arm], name, place.test, place.propensity)


def _is_quick(versions: Iterable[Answering], call: Call) -> bool:
    """Whether the call is prepared without reading, sooner than another thread would take it up."""
    for version in versions:
        if version.looks_up or version.runtime is AWAY:
            return False
    size = 0
    for row in call.rows:
        size += len(row.input) + len(row.entity)
    return size <= FEW


def _needed(request: _Request) -> Needed:
    lookups = request.served.route.lookups
    return {
        number: features.used(version.manifest, lookups)
        for number, version in request.versions.items()
        if version.looks_up
    }


def _checked(request: _Request, needed: Needed) -> list[CheckedRow]:
    """Every row's input and entity, checked completely. Raises ``InvalidInput`` with every problem there is.

    After the row that makes them more than anybody is told, no further one is looked at.
    """
    if not request.call.rows:
        raise InvalidInput(problems=[Problem("/rows", "missing", "At least one row is needed.")])
    problems: list[Problem] = []
    every = []
    for row, under in zip(request.call.rows, request.assigned, strict=True):
        version = under.version
        result = version.check(row.input, pointer=f"{row.pointer}/input")
        checked = CheckedRow(row, result.values, {}, result.warnings)
        problems += result.problems
        reads = needed.get(version.manifest.number, ()) if needed else ()
        if row.entity or reads:
            problems += _check_entity(request, reads, row, checked)
        every.append(checked)
        if len(problems) > MOST_PROBLEMS:
            break
    if problems:
        raise InvalidInput(problems=problems)
    return every


def _looked_up(request: _Request, needed: Needed, rows: Sequence[CheckedRow], read: features.Read) -> None:
    """Add the looked-up values of each version's rows. Raises as ``features.look_up``, of all versions."""
    missing: list[Problem] = []
    for number, reads in needed.items():
        some = [
            row
            for row, under in zip(rows, request.assigned, strict=True)
            if under.version.manifest.number == number
        ]
        try:
            features.look_up(request.versions[number].manifest.schema, reads, some, read)
        except UnknownEntity as error:
            missing += error.problems
    if missing:
        raise UnknownEntity(problems=missing)


def _check_entity(
    request: _Request, needed: Sequence[Lookup], row: Row, checked: CheckedRow
) -> list[Problem]:
    result = features.check_entity(request.served.route, needed, row.entity, row.pointer)
    checked.entity = result.values
    checked.warnings += result.warnings
    return result.problems


def _prepared(request: _Request, rows: Sequence[CheckedRow]) -> Prepared:
    runtimes = [version.runtime for version in request.versions.values()]
    return Prepared(
        route=request.served.route,
        runtime=runtimes[0]
        if len(runtimes) == 1
        else Split([under.version.runtime for under in request.assigned]),
        assigned=request.assigned,
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
