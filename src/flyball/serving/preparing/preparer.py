"""What comes before the model: a call is checked, its features are looked up, a repeat is found."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

import msgspec

from flyball.domain.access import Principal
from flyball.domain.errors import (
    MOST_PROBLEMS,
    Erased,
    FlyballError,
    InvalidInput,
    Problem,
    UnknownEntity,
)
from flyball.domain.records import Prediction, digest
from flyball.domain.routing import Lookup, Manifest
from flyball.domain.values import Scalar
from flyball.inference.runtime import Runtime
from flyball.serving.assigning import Split
from flyball.serving.calls import Call, Row
from flyball.serving.loader import AWAY, Loader
from flyball.serving.pool import Answering, Assigned, Pool, Served
from flyball.serving.preparing import entities, features
from flyball.serving.preparing.features import CheckedRow
from flyball.serving.preparing.prepared import Prepared
from flyball.serving.preparing.request import Request
from flyball.serving.readers import Readers
from flyball.stores import lookups, records, routes
from flyball.stores.database import Database

Read = Callable[[Callable[[Any], Any]], Any]
"""Runs some reading work with a connection."""
Needed = Mapping[int, Sequence[Lookup]]
"""The lookups of each version that has fields from tables, by its number."""
FEW = 256
"""Fields that are checked sooner than a thread is asked to check them."""
FEW_ROWS = 16
"""Rows that a direct runtime answers on the event loop: others wait for no more than these."""


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
        request = self.request(principal, call)
        if not request.versions or not _is_quick(request.versions.values(), call):
            return None
        if request.served.spare is not None and call.version is None:
            return None  # where one is too late, it is the fallback's turn
        return _prepared(request, _checked(request, {}))

    async def prepare(self, request: Request) -> Prepared | list[Prediction]:
        """The call as the model is asked it; or, for a repeat, the predictions that are stored already.

        Raises ``InvalidInput``, ``UnknownVersion``, ``UnknownEntity``, ``IdempotencyKeyReused``, ``Conflict``
        where the version's features are no longer published, ``Erased`` where a repeat asks for what has been
        erased, and what loading raises.
        """
        if not request.versions:
            found = await self._readers.run(lambda: self._find(request, self._readers.read))
            if isinstance(found, list):
                return found
            runtime = await asyncio.wrap_future(self._loader.loaded(found))
            here = request.by(request.served.unrouted(found, runtime), None)
        else:
            here = await self._here(request)
        if here.idempotency is None and _is_quick(here.versions.values(), here.call):
            return _prepared(here, _checked(here, {}))
        return await self._readers.run(lambda: self._complete(here, self._readers.read))

    def prepare_now(
        self, request: Request, read: Read | None = None, seconds: float | None = None
    ) -> Prepared | list[Prediction]:
        """The same, blocking. ``read`` reads with another connection than the readers'.

        Raises ``TimeoutError`` besides where a version is not loaded within ``seconds``.
        """
        read = read or self._readers.read
        if not request.versions:
            found = self._find(request, read)
            if isinstance(found, list):
                return found
            request = request.by(request.served.unrouted(found, self._loader.loaded(found).result()), None)
        if away := self._loading(request):
            until = None if seconds is None else time.monotonic() + seconds
            request = request.loaded({number: _by(until, future) for number, future in away.items()})
        return self._complete(request, read)

    async def prepare_entity(self, request: Request) -> Prepared | list[Prediction]:
        """A call for one entity; or its newest stored prediction, where it would come out again."""
        here = await self._here(request)
        return await self._readers.run(lambda: self._unless_unchanged(here))

    async def prepare_behind(self, request: Request) -> Prepared:
        """Rows that the fallback answers; whether they repeat others is known when they are recorded."""
        here = await self._here(request)
        if _is_quick(here.versions.values(), here.call):
            return _prepared(here, _checked(here, {}))
        return await self._readers.run(lambda: self._filled(here, self._readers.read))

    def prepare_behind_now(self, request: Request, read: Read | None = None) -> Prepared:
        """The same, blocking."""
        if away := self._loading(request):
            request = request.loaded({number: future.result() for number, future in away.items()})
        return self._filled(request, read or self._readers.read)

    def problems(self, principal: Principal, call: Call) -> list[Problem]:
        """What is wrong with the rows of a call, by the version that it names, or else by the champion.

        Raises ``UnknownEndpoint``, ``Retired``, ``NotReady``, ``Conflict``.
        """
        request = self.request(principal, call)
        if not request.versions:
            request = request.by(request.served.champion, None)
        try:
            _checked(request, _needed(request))
        except InvalidInput as error:
            return list(error.problems)
        return []

    def request(self, principal: Principal, call: Call) -> Request:
        """The call with what answers each row. Raises ``UnknownEndpoint``, ``Retired``, ``NotReady``."""
        began = time.perf_counter_ns()
        table = self._pool.table
        # Sooner by one look where a key is for all of its team's endpoints.
        known = table.by_team.get((principal.team, call.endpoint)) if principal.endpoints is None else None
        served = known or table.served(principal, call.endpoint)
        versions, assigned = _answering(served, call)
        if call.idempotency_key is None:
            return Request(served, call, began, None, "", versions, assigned)
        rows = [[row.entity, row.input, row.reference] for row in call.rows]
        key = digest([principal.team, call.endpoint, call.idempotency_key])
        # Under the key, which is stored nowhere: without it nobody can guess what was sent, erased or not.
        sent = digest([call.version, rows], secret=call.idempotency_key)
        return Request(served, call, began, key, sent, versions, assigned)

    def _find(self, request: Request, read: Read) -> Manifest | list[Prediction]:
        """The manifest of a version that no route names, or what is stored for a repeat."""
        stored = self._stored(request, read)
        if stored is not None:
            return stored
        database, endpoint = self._readers.database, request.call.endpoint
        number = request.call.version or 0
        manifest: Manifest = read(lambda connection: routes.manifest(database, connection, endpoint, number))
        return manifest

    def _complete(self, request: Request, read: Read) -> Prepared | list[Prediction]:
        stored = self._stored(request, read)
        return self._filled(request, read) if stored is None else stored

    def _filled(self, request: Request, read: Read) -> Prepared:
        needed = _needed(request)
        rows = _checked(request, needed)
        if needed:
            self._look_up(request, needed, rows, read)
        return _prepared(request, rows)

    def _loading(self, request: Request) -> dict[int, Future[Runtime]]:
        return {each.number: self._loader.loaded(each, is_routed=True) for each in request.away}

    async def _here(self, request: Request) -> Request:
        """The same, its versions loaded; others are not waited for meanwhile."""
        away = self._loading(request)
        if not away:
            return request
        runtimes = await asyncio.gather(*map(asyncio.wrap_future, away.values()))
        return request.loaded(dict(zip(away, runtimes, strict=True)))

    def _unless_unchanged(self, request: Request) -> Prepared | list[Prediction]:
        prepared = self._filled(request, self._readers.read)
        database = self._readers.database
        before = self._readers.read(lambda connection: entities.unchanged(database, connection, prepared))
        return msgspec.structs.replace(prepared, is_once=True) if before is None else [before]

    def _look_up(self, request: Request, needed: Needed, rows: Sequence[CheckedRow], read: Read) -> None:
        database = self._readers.database
        read(lambda connection: _looked_up(request, needed, rows, _cached(database, connection)))

    def _stored(self, request: Request, read: Read) -> list[Prediction] | None:
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


def _by(until: float | None, future: Future[Runtime]) -> Runtime:
    return future.result(None if until is None else max(0.0, until - time.monotonic()))


def _answering(served: Served, call: Call) -> tuple[Mapping[int, Answering], Sequence[Assigned]]:
    """The versions that answer, and what answers each row; nothing where the route names no such version."""
    if call.version is None and served.test is not None and call.rows:
        assigned = [served.test.of(row) for row in call.rows]
        return {each.version.manifest.number: each.version for each in assigned}, assigned
    if call.version is None:
        versions, one = served.alone
        return versions, [one] * len(call.rows)
    version = served.versions.get(call.version)
    if version is None:
        return {}, ()
    return {call.version: version}, [Assigned(version, None)] * len(call.rows)


def _is_quick(versions: Iterable[Answering], call: Call) -> bool:
    """Whether the call is prepared without reading, sooner than another thread would take it up."""
    for version in versions:
        if version.looks_up or version.runtime is AWAY:
            return False
    size = 0
    for row in call.rows:
        size += len(row.input) + len(row.entity)
    return size <= FEW


def _needed(request: Request) -> Needed:
    lookups = request.served.route.lookups
    return {
        number: features.used(version.manifest, lookups)
        for number, version in request.versions.items()
        if version.looks_up
    }


def _checked(request: Request, needed: Needed) -> list[CheckedRow]:
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
        raise _refused(InvalidInput(problems=problems), request)
    return every


def _refused(error: FlyballError, request: Request) -> FlyballError:
    """The error, and which version and arm it was that refused the first row that was."""
    pairs = zip(request.call.rows, request.assigned, strict=True)
    place = error.problems[0].pointer
    under = next((under for row, under in pairs if place.startswith(f"{row.pointer}/")), None)
    if under is not None:
        error.of = (under.version.manifest.number, under.arm)
    return error


def _looked_up(request: Request, needed: Needed, rows: Sequence[CheckedRow], read: features.Read) -> None:
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
        except InvalidInput as error:
            raise _refused(error, request) from None
    if missing:
        raise _refused(UnknownEntity(problems=missing), request)


def _check_entity(request: Request, needed: Sequence[Lookup], row: Row, checked: CheckedRow) -> list[Problem]:
    result = features.check_entity(request.served.route, needed, row.entity, row.pointer)
    checked.entity = result.values
    checked.warnings += result.warnings
    return result.problems


def _prepared(request: Request, rows: Sequence[CheckedRow]) -> Prepared:
    runtimes = [version.runtime for version in request.versions.values()]
    runtime = runtimes[0] if len(runtimes) == 1 else _split(request.assigned)
    return Prepared(
        route=request.served.route,
        runtime=runtime,
        is_direct=len(rows) <= FEW_ROWS and runtime.direct,
        assigned=request.assigned,
        rows=rows,
        inputs=[row.values for row in rows],
        idempotency=request.idempotency,
        request=request.digest,
        began=request.began,
    )


def _split(assigned: Sequence[Assigned]) -> Runtime:
    def of(place: int) -> tuple[int, str | None]:
        under = assigned[place]
        return under.version.manifest.number, under.arm

    return Split([under.version.runtime for under in assigned], of)


def _cached(database: Database, connection: Any) -> features.Read:
    """Looks up each key once for all the rows of a call."""
    known: dict[tuple[str, Scalar], dict[str, Scalar] | None] = {}

    def read(lookup: Lookup, key: Scalar) -> dict[str, Scalar] | None:
        place = (lookup.table, key)
        if place not in known:
            known[place] = lookups.read(database, connection, lookup, key)
        return known[place]

    return read
