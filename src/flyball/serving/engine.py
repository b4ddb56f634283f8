"""Predict, on one page: check, look up, answer, commit; every door calls this."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID

from flyball.domain.access import Principal, key_digest
from flyball.domain.errors import (
    Erased,
    Forbidden,
    Overloaded,
    Problem,
    Unauthenticated,
    UnknownPrediction,
)
from flyball.domain.records import Prediction, entity_key, now
from flyball.domain.values import Scalar
from flyball.serving import answering, feedback
from flyball.serving.answering import Prepared
from flyball.serving.calls import Call, Row, SentOutcome
from flyball.serving.coalescer import Coalescer
from flyball.serving.following import then
from flyball.serving.pool import Pool, Served
from flyball.serving.readers import Readers
from flyball.serving.recorder import Recorder
from flyball.serving.refresher import Refresher
from flyball.serving.turns import Turns
from flyball.stores import records
from flyball.stores.outcomes import Counts
from flyball.stores.records import Submission

__all__ = ["Call", "Counts", "Engine", "Principal", "Row", "SentOutcome"]

T = TypeVar("T")


class Engine:
    """Answers from the pool's table, reads through the readers, writes through the recorder."""

    def __init__(self, pool: Pool, readers: Readers, recorder: Recorder, refresher: Refresher) -> None:
        self.pool = pool
        self.readers = readers
        self.recorder = recorder
        self.refresher = refresher
        self.coalescer = Coalescer()
        self._workers = ThreadPoolExecutor(min(4, os.cpu_count() or 1), "flyball-worker")
        self._turns = Turns()
        self._under_way = 0
        self._counting = threading.Lock()

    def principal(self, key: str) -> Principal:
        """Who the plaintext key belongs to. Raises ``Unauthenticated``, ``NotReady``."""
        found = self.pool.table.principals.get(key_digest(key))
        if found is None:
            raise Unauthenticated
        return found

    def require(self, principal: Principal, role: str) -> None:
        """Raises ``Forbidden`` where the principal's role does not include ``role``."""
        if not principal.may(role):
            raise Forbidden

    def check_room(self) -> None:
        """Raises ``Overloaded`` where as much is under way, or waits for a commit, as may."""
        self.recorder.check_room()
        if self._under_way >= self.recorder.limit:
            raise Overloaded

    async def predict(self, principal: Principal, call: Call) -> list[Prediction]:
        """Answers, one a row, in order: each is in the database when this returns."""
        served = self.pool.table.served(principal, call.endpoint)
        with self._admitted(len(call.rows)):
            if answering.at_once(served, call):
                prepared = answering.prepare(self, served, principal, call, self.readers.read)
            else:
                prepared = await self._in_worker(
                    lambda: answering.prepare(self, served, principal, call, self.readers.read)
                )
            return await self._answered(prepared)

    def predict_now(self, principal: Principal, call: Call) -> list[Prediction]:
        """The same, blocking, for a caller that has a thread of its own."""
        with self._admitted(len(call.rows)):
            answered = self.answer(principal, call)
            return answered if isinstance(answered, list) else self.recorder.submit(answered).result()

    def answer(
        self, principal: Principal, call: Call, connection: Any = None
    ) -> Submission | list[Prediction]:
        """The predictions before they are stored; or, as a list, those that are, for a repeat.

        ``connection`` is one to read with instead of the engine's own.
        """
        read = self.readers.read if connection is None else lambda work: work(connection)
        served = self.pool.table.served(principal, call.endpoint)
        prepared = answering.prepare(self, served, principal, call, read)
        if isinstance(prepared, list):
            return prepared
        outputs = self.coalescer.submit(prepared.loaded.runtime, prepared.rows).result()
        return answering.finish(prepared, outputs)

    async def predict_entity(self, principal: Principal, endpoint: str, key: str) -> Prediction:
        """The answer for one entity; the stored one where input, version and decision are unchanged.

        Who asks for the same entity meanwhile waits, and finds what has been stored.
        Raises ``NotFound`` where features come with the call, or from tables under several keys.
        """
        served = self.pool.table.served(principal, endpoint)
        call = Call(endpoint=endpoint, rows=(answering.entity_row(served, key),))
        with self._admitted(len(call.rows)):
            async with self._turns.of((endpoint, entity_key(call.rows[0].entity))):
                prepared = await self._in_worker(lambda: self._unless_unchanged(served, principal, call))
                return (await self._answered(prepared))[0]

    async def prediction(self, principal: Principal, identity: UUID) -> Prediction:
        """One stored prediction of the principal's team. Raises ``UnknownPrediction``, ``Erased``."""
        found = (await self._find([identity])).get(identity)
        if found is None or self.pool.table.teams.get(found.endpoint) != principal.team:
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
        before: UUID | None = None,
        limit: int = 100,
    ) -> list[Prediction]:
        """Stored predictions by reference or entity, newest first, those before the id ``before``."""
        table = self.pool.table
        if endpoint is not None:
            table.served(principal, endpoint)
        mine = [name for name in table.mine(principal) if endpoint in {None, name}]
        return await self._in_worker(lambda: feedback.find(self, mine, reference, entity, before, limit))

    async def erase(self, principal: Principal, identity: UUID) -> None:
        """Erase what a prediction says; a tombstone stays. Raises ``UnknownPrediction``, ``Erased``."""
        await self.prediction(principal, identity)
        database = self.recorder.database
        moment = now()
        await asyncio.wrap_future(
            self.recorder.run(lambda connection: records.erase(database, connection, identity, moment))
        )

    async def outcomes(self, principal: Principal, outcomes: Sequence[SentOutcome]) -> Counts:
        """Check, store and bind outcomes; nothing is stored where one of them does not fit.

        Raises ``InvalidInput``, ``UnknownEndpoint``, ``UnknownPrediction`` (where only an id is given).
        """
        identities = [each.prediction for each in outcomes if each.prediction and each.endpoint is None]
        found = await self._find(identities)
        table = self.pool.table
        checked = await self._in_worker(lambda: feedback.checked(table, principal, outcomes, found))
        counts = [
            await asyncio.wrap_future(self.recorder.run(work))
            for work in feedback.writes(self.recorder.database, checked, now())
        ]
        return sum(counts, Counts())

    def status(self, principal: Principal) -> dict[str, Any]:
        """What is in force for the principal's team, what did not load, and how the recorder is."""
        table = self.pool.table
        mine = table.mine(principal)
        return {
            "routes": {
                name: {
                    "number": served.route.number,
                    "arms": {arm.name: arm.version for arm in served.route.arms},
                }
                for name, served in table.endpoints.items()
                if name in mine
            },
            "failures": {name: code for name, code in table.failures.items() if name in mine},
            "recorder": {
                "durability": self.recorder.durability,
                "waiting": self.recorder.waiting,
                "commits": self.recorder.commits,
            },
            "refresh_error": self.refresher.error,
        }

    def problems(self, principal: Principal, call: Call) -> list[Problem]:
        """What is wrong with the rows of a call that is refused anyway: all errors are told at once.

        Raises ``UnknownEndpoint``, ``NotReady``.
        """
        return answering.problems(self.pool.table.served(principal, call.endpoint), call)

    def close(self) -> None:
        """End the threads and close the idle connections."""
        self.coalescer.close()
        self._workers.shutdown()
        self.readers.close()

    def _unless_unchanged(
        self, served: Served, principal: Principal, call: Call
    ) -> Prepared | list[Prediction]:
        prepared = answering.prepare(self, served, principal, call, self.readers.read)
        if isinstance(prepared, list):
            return prepared
        database = self.readers.database
        before = self.readers.read(lambda connection: answering.unchanged(database, connection, prepared))
        return prepared if before is None else [before]

    async def _answered(self, prepared: Prepared | list[Prediction]) -> list[Prediction]:
        if isinstance(prepared, list):
            return prepared
        outputs = self.coalescer.submit(prepared.loaded.runtime, prepared.rows)
        recorded = then(outputs, lambda made: self.recorder.submit(answering.finish(prepared, made)))
        return await asyncio.wrap_future(recorded)

    async def _find(self, identities: Sequence[UUID]) -> dict[UUID, Prediction]:
        if not identities:
            return {}
        database = self.readers.database
        return await self._in_worker(
            lambda: self.readers.read(lambda connection: records.many(database, connection, identities))
        )

    async def _in_worker(self, work: Callable[[], T]) -> T:
        """Run what reads the database in a thread: never on the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._workers, work)

    @contextmanager
    def _admitted(self, rows: int) -> Iterator[None]:
        """Bounds the rows under way. Raises ``Overloaded`` at once, before anything is computed in vain."""
        with self._counting:
            self.check_room()
            self._under_way += rows
        try:
            yield
        finally:
            with self._counting:
                self._under_way -= rows
