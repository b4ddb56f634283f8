"""Predict, on one page: prepare, answer, commit; every door calls this."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from functools import partial
from typing import Any
from uuid import UUID

from flyball.domain.access import Principal
from flyball.domain.errors import Erased, ModelFailed, Overloaded, Problem, UnknownPrediction
from flyball.domain.reasons.told import Reasons
from flyball.domain.records import Outcome, Prediction, entity_key, now
from flyball.domain.values import Scalar
from flyball.serving import feedback
from flyball.serving.calls import Call, Row, SentOutcome
from flyball.serving.coalescer import Coalescer, Gatherer
from flyball.serving.fallback import Fallback
from flyball.serving.keyed_lock import KeyedLock
from flyball.serving.pool import Pool
from flyball.serving.preparing import entities
from flyball.serving.preparing.prepared import Prepared
from flyball.serving.preparing.preparer import Preparer, Read
from flyball.serving.preparing.request import Request
from flyball.serving.readers import Readers
from flyball.serving.recording.recorder import Recorder
from flyball.serving.recording.scrubber import Scrubber
from flyball.serving.replaying import Replay, Replayer
from flyball.serving.telling import status
from flyball.serving.telling.explaining import NOTHING, Explaining, Wanted
from flyball.stores import erasing, jobs, minutes, records
from flyball.stores import outcomes as stored
from flyball.stores.erasing import Erasure
from flyball.stores.jobs import Jobs, Schedule
from flyball.stores.minutes import Count
from flyball.stores.outcomes import Counts
from flyball.stores.records import Submission

__all__ = ["Call", "Counts", "Engine", "Principal", "Row", "SentOutcome"]


class Engine:
    """Answers from the pool's table, reads through the readers, writes through the recorder."""

    def __init__(
        self,
        preparer: Preparer,
        coalescer: Coalescer,
        recorder: Recorder,
        *,
        pool: Pool,
        readers: Readers,
        scrubber: Scrubber,
        gatherer: Gatherer,
        fallback: Fallback,
        replayer: Replayer,
        explaining: Explaining,
        held_limit: int,
    ) -> None:
        self.pool = pool
        self.recorder = recorder
        self.explaining = explaining
        self._preparer = preparer
        self._coalescer = coalescer
        self._gatherer = gatherer
        self._fallback = fallback
        self._readers = readers
        self._scrubber = scrubber
        self._replayer = replayer
        self._held_limit = held_limit
        self._entities = KeyedLock()
        self._under_way = 0
        self._counting = threading.Lock()

    def check_room(self) -> None:
        """Raises ``Overloaded`` where as much is under way, or waits for a commit, as may."""
        recorder = self.recorder
        stands_still = recorder.waiting > 0 and time.monotonic() > recorder.stalled_at
        if stands_still or max(self._under_way, recorder.waiting) >= recorder.limit:
            raise Overloaded

    async def predict(self, principal: Principal, call: Call) -> list[Prediction]:
        """Answers, one a row, in order: each is in the database when this returns."""
        self._admit(len(call.rows))
        wanted = Wanted(call.reasons, call.counterfactuals)
        try:
            prepared = self._preparer.at_once(principal, call)
            if prepared is None:
                found = await self._longer(self._preparer.request(principal, call))
            else:
                found = await self._recorded(prepared)
        finally:
            self._leave(len(call.rows))
        return await self.explaining.explained(principal, found, wanted)

    def predict_now(self, principal: Principal, call: Call) -> list[Prediction]:
        """The same, blocking, for a caller that has a thread of its own."""
        self._admit(len(call.rows))
        wanted = Wanted(call.reasons, call.counterfactuals)
        try:
            found = self.compute(principal, call)
            if not isinstance(found, list):
                found = self.recorder.submit(found).result()
        finally:
            self._leave(len(call.rows))
        return self.explaining.explained_now(principal, found, wanted)

    def compute(
        self, principal: Principal, call: Call, read: Read | None = None
    ) -> Submission | list[Prediction]:
        """The predictions before they are stored; or, as a list, those that are, for a repeat.

        ``read`` reads with another connection than the engine's own.
        """
        request = self._preparer.request(principal, call)
        if request.spare is not None:
            return self._fallback.submission(request, read)
        prepared = self._preparer.prepare_now(request, read)
        if isinstance(prepared, list):
            return prepared
        runtime = prepared.runtime
        try:
            if prepared.is_direct:
                return prepared.submission(runtime.predict(prepared.inputs))
            return prepared.submission(self._coalescer.submit(runtime, prepared.inputs).result())
        except ModelFailed as error:
            error.of = error.of or prepared.of
            raise

    async def predict_entity(
        self, principal: Principal, endpoint: str, key: str, wanted: Wanted = NOTHING
    ) -> Prediction:
        """The answer for one entity; the stored one where input, version and decision are unchanged.

        Who asks for the same entity meanwhile waits, and finds what has been stored.
        Raises ``NotFound`` where features come with the call, or from tables under several keys.
        """
        row = entities.row_of(self.pool.table.served(principal, endpoint), key)
        self._admit(1)
        try:
            async with self._entities.holding((endpoint, entity_key(row.entity))):
                request = self._preparer.request(principal, Call(endpoint=endpoint, rows=(row,)))
                found = await self._longer(request, is_entity=True)
        finally:
            self._leave(1)
        return (await self.explaining.explained(principal, found, wanted))[0]

    async def prediction(self, principal: Principal, identity: UUID) -> Prediction:
        """One stored prediction of the principal's team. Raises ``UnknownPrediction``, ``Erased``."""
        found = (await self._find([identity])).get(identity)
        if found is None or not self.pool.table.is_mine(principal, found.endpoint):
            raise UnknownPrediction
        if found.erased_at is not None:
            raise Erased
        return found

    async def predictions(
        self,
        principal: Principal,
        *,
        endpoint: str | None = None,
        reference: str | None = None,
        entity: Mapping[str, Scalar] | None = None,
        test: int | None = None,
        before: UUID | None = None,
        limit: int = 100,
    ) -> list[Prediction]:
        """Stored predictions by reference, entity or A/B test, newest first, those before ``before``."""
        table = self.pool.table
        if endpoint is not None:
            table.check_known(principal, endpoint)
        mine = [name for name in table.mine(principal) if endpoint in {None, name}]
        named = entities.endpoints_by_key(table, mine, entity)
        database = self._readers.database
        found: list[Prediction] = []
        for key, endpoints in named.items():
            search = partial(
                records.find,
                database,
                endpoints=endpoints,
                reference=reference,
                entity_key=key,
                test=test,
                before=before,
                limit=limit,
            )
            found += await self._readers.run(partial(self._readers.read, search))
        return sorted(found, key=lambda each: each.id, reverse=True)[:limit]

    async def reasons(
        self, principal: Principal, identity: UUID, wanted: Wanted
    ) -> tuple[Prediction, Reasons]:
        """A stored prediction and its largest reasons. Raises as ``prediction`` and ``Explaining`` do."""
        stored = await self.prediction(principal, identity)
        return stored, await self.explaining.reasons(principal, stored, wanted)

    async def replay(self, principal: Principal, identity: UUID) -> Replay:
        """One stored prediction computed again, in a thread. Raises as ``prediction`` and ``Replayer`` do."""
        stored = await self.prediction(principal, identity)
        return await asyncio.to_thread(self._replayer.replay, stored)

    def replay_now(self, identity: UUID) -> Replay:
        """The same, blocking, for a caller to whom every prediction may be told."""
        return self._replayer.replay(self.stored_now(identity))

    def stored_now(self, identity: UUID) -> Prediction:
        """One stored prediction, blocking, for such a caller. Raises ``UnknownPrediction``, ``Erased``."""
        database = self._readers.database
        stored = self._readers.read(lambda connection: records.get(database, connection, identity))
        if stored is None:
            raise UnknownPrediction
        if stored.erased_at is not None:
            raise Erased
        return stored

    async def erase(self, principal: Principal, identity: UUID) -> None:
        """Erase what a prediction says; a tombstone stays. Raises ``UnknownPrediction``, ``Erased``.

        On SQLite the values leave the write-ahead log soon after, once nobody reads an older state.
        """
        await self.prediction(principal, identity)
        database, moment = self.recorder.database, now()

        def erase(connection: Any) -> None:
            erasing.erase(database, connection, identity, moment)
            self._scrubber.request()

        await asyncio.wrap_future(self.recorder.run(erase))

    async def erase_person(
        self,
        principal: Principal,
        endpoint: str,
        *,
        reference: str | None = None,
        entity: Mapping[str, Scalar] | None = None,
    ) -> Erasure:
        """Erase all that an endpoint has recorded of a reference, or of an entity; says how many rows.

        In a thread and on a connection of its own: it may be long, and predictions are recorded meanwhile.
        Raises ``UnknownEndpoint``, ``Overloaded``.
        """
        self.pool.table.check_known(principal, endpoint)
        served, database = self.pool.table.endpoints.get(endpoint), self.recorder.database
        route = None if served is None else served.route
        person = erasing.person_of(endpoint, route, reference=reference, entity=entity)

        def erase() -> Erasure:
            try:
                with closing(database.connect()) as connection:
                    return erasing.erase_person(database, connection, person, now())
            except database.driver.Error as error:
                raise Overloaded from error
            finally:
                self._scrubber.request()

        return await asyncio.to_thread(erase)

    async def outcomes(
        self, principal: Principal, outcomes: Sequence[SentOutcome], idempotency_key: str | None = None
    ) -> Counts:
        """Check, store and bind outcomes, in one commit; nothing is stored where one of them does not fit.

        A repeat of the key gives the first counts, and stores nothing. Raises ``InvalidInput``,
        ``UnknownEndpoint``, ``UnknownPrediction`` (where only an id is given), ``IdempotencyKeyReused``,
        ``TooManyHeld``.
        """
        feedback.check_size(outcomes)
        database, key = self.recorder.database, feedback.retry_of(principal, outcomes, idempotency_key)
        if key is not None:
            await self._check_limited(principal, outcomes)
            search = partial(stored.by_key, database, key=key)
            before = await self._readers.run(partial(self._readers.read, search))
            if before is not None:
                return before
        checked, moment = await self.checked_outcomes(principal, outcomes), now()
        room = await self._room(checked)
        write = partial(stored.record, database, outcomes=checked, received_at=moment, key=key, room=room)
        return await asyncio.wrap_future(self.recorder.run(write))

    async def checked_outcomes(self, principal: Principal, outcomes: Sequence[SentOutcome]) -> list[Outcome]:
        """The outcomes as they would be stored. Raises as ``outcomes`` does, for any number of them."""
        identities = [each.prediction for each in outcomes if each.prediction and each.endpoint is None]
        found = await self._find(identities)
        table = self.pool.table
        return await self._readers.run(lambda: feedback.checked(table, principal, outcomes, found))

    async def _check_limited(self, principal: Principal, outcomes: Sequence[SentOutcome]) -> None:
        """What somebody else of the team has sent is not told to a key that is not for its endpoint."""
        if principal.endpoints is not None:
            found = await self._find([each.prediction for each in outcomes if each.prediction])
            feedback.check_mine(self.pool.table, principal, outcomes, found)

    def count_refusal(
        self, principal: Principal, endpoint: str, code: str, of: tuple[int, str | None] | None = None
    ) -> None:
        """Count a call that a door has answered with an error, where the endpoint is the principal's.

        ``of`` is the version that it happened to and its arm, where they are known.
        """
        if self.pool.table.is_mine(principal, endpoint):
            self.recorder.meter.refused(endpoint, code, *(of or (0, None)))

    async def counted(self, principal: Principal, minute: int | None = None) -> dict[Count, int]:
        """What all processes have counted of the principal's endpoints since a minute, or ever.

        Raises ``Overloaded``. Each process writes its counts once a second.
        """
        database, mine = self._readers.database, self.pool.table.mine(principal)

        def read(connection: Any) -> dict[Count, int]:
            if minute is None:
                return minutes.totals(database, connection, mine)
            return minutes.since(database, connection, mine, minute)

        return await self._readers.run(partial(self._readers.read, read))

    async def jobs(self, principal: Principal) -> tuple[list[Jobs], list[Schedule]]:
        """The jobs of the principal's endpoints, by kind and state, and the schedules.

        Raises ``Overloaded``.
        """
        database, mine = self._readers.database, self.pool.table.mine(principal)

        def read(connection: Any) -> tuple[list[Jobs], list[Schedule]]:
            return jobs.states(database, connection, mine), jobs.schedules(database, connection, mine)

        return await self._readers.run(partial(self._readers.read, read))

    def status(self, principal: Principal) -> dict[str, Any]:
        """What is in force for the principal's team, what did not load, and how the recorder is."""
        return status.of(self.pool, self.recorder, principal)

    def problems(self, principal: Principal, call: Call) -> list[Problem]:
        """What is wrong with the rows of a call that is refused anyway: all errors are told at once.

        Raises ``UnknownEndpoint``, ``Retired``, ``NotReady``, ``Conflict``.
        """
        return self._preparer.problems(principal, call)

    async def _longer(self, request: Request, *, is_entity: bool = False) -> list[Prediction]:
        """Of a call that is not prepared at once: something is read for it, or a fallback is behind it."""
        if request.spare is not None:
            return await self._fallback.recorded(request, is_entity=is_entity)
        prepare = self._preparer.prepare_entity if is_entity else self._preparer.prepare
        prepared = await prepare(request)
        return prepared if isinstance(prepared, list) else await self._recorded(prepared)

    async def _recorded(self, prepared: Prepared) -> list[Prediction]:
        try:
            if prepared.is_direct:
                return await self._gatherer.recorded(prepared)
            recorded = self._coalescer.submit_chained(
                prepared.runtime, prepared.inputs, prepared.submission, self.recorder.submit
            )
            return await asyncio.wrap_future(recorded)
        except ModelFailed as error:
            error.of = error.of or prepared.of
            raise

    async def _room(self, outcomes: Sequence[Outcome]) -> int | None:
        """How many of the outcomes may be held; ``None`` where none can be.

        Counted by a reader, before the write: requests at the same time may each fill the same room.
        """
        endpoints = {each.endpoint for each in outcomes if each.prediction is None}
        if not endpoints:
            return None
        database, limit = self._readers.database, self._held_limit

        def count(connection: Any) -> int:
            return min(stored.room_for_held(database, connection, each, limit) for each in endpoints)

        return await self._readers.run(partial(self._readers.read, count))

    async def _find(self, identities: Sequence[UUID]) -> dict[UUID, Prediction]:
        if not identities:
            return {}
        database = self._readers.database
        search = partial(records.many, database, wanted=identities)
        return await self._readers.run(partial(self._readers.read, search))

    def _admit(self, rows: int) -> None:
        """Bounds the rows under way. Raises ``Overloaded`` at once, before anything is computed in vain."""
        with self._counting:
            self.check_room()
            self._under_way += rows

    def _leave(self, rows: int) -> None:
        with self._counting:
            self._under_way -= rows
