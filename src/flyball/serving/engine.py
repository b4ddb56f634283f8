"""Predict, on one page: check, look up, answer, commit; every door calls this."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from uuid import UUID

from flyball.domain.errors import (
    Erased,
    Forbidden,
    Overloaded,
    Problem,
    Unauthenticated,
    UnknownPrediction,
)
from flyball.domain.records import Prediction, now
from flyball.domain.values import Scalar
from flyball.serving import answering, feedback
from flyball.serving.answering import Answered
from flyball.serving.calls import Call, Row, SentOutcome
from flyball.serving.pool import Pool
from flyball.serving.readers import Readers
from flyball.serving.recorder import Recorder
from flyball.serving.refresher import Refresher
from flyball.stores import records
from flyball.stores.outcomes import Counts
from flyball.stores.routes import Principal

__all__ = ["Call", "Counts", "Engine", "Principal", "Row", "SentOutcome"]

T = TypeVar("T")


class Engine:
    """Answers from the pool's table, reads through the readers, writes through the recorder."""

    def __init__(self, pool: Pool, readers: Readers, recorder: Recorder, refresher: Refresher) -> None:
        self.pool = pool
        self.readers = readers
        self.recorder = recorder
        self.refresher = refresher
        self._workers = ThreadPoolExecutor(min(4, os.cpu_count() or 1), "flyball-worker")
        self._in_flight = 0

    def principal(self, key: str) -> Principal:
        """Who the plaintext key belongs to. Raises ``Unauthenticated``, ``NotReady``."""
        digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
        found = self.pool.table.principals.get(digest)
        if found is None:
            raise Unauthenticated
        return found

    def require(self, principal: Principal, role: str) -> None:
        """Raises ``Forbidden`` where the principal's role does not include ``role``."""
        if not principal.may(role):
            raise Forbidden

    async def predict(self, principal: Principal, call: Call) -> list[Prediction]:
        """Answers, one a row, in order: each is in the database when this returns."""
        self.recorder.check_room()
        answered = await self._in_worker(lambda: self.answer(principal, call))
        return await self._recorded(answered)

    def predict_now(self, principal: Principal, call: Call) -> list[Prediction]:
        """The same, blocking, in the caller's own thread."""
        self.recorder.check_room()
        answered = self.answer(principal, call)
        if isinstance(answered, list):
            return answered
        return self.recorder.submit(answered).result()

    def answer(self, principal: Principal, call: Call, connection: Any = None) -> Answered:
        """The predictions before they are stored; or those of the first request, for a repeat.

        ``connection`` is one to read with instead of the engine's own.
        """
        read = self.readers.read if connection is None else lambda work: work(connection)
        served = self.pool.table.served(principal, call.endpoint)
        return answering.answer(self, served, principal, call, read)

    async def predict_entity(self, principal: Principal, endpoint: str, key: str) -> Prediction:
        """The answer for one entity; the stored one where input, version and decision are unchanged.

        Raises ``NotFound`` where features come with the call, or from tables under several keys.
        """
        self.recorder.check_room()
        served = self.pool.table.served(principal, endpoint)
        call = Call(endpoint=endpoint, rows=(answering.entity_row(served, key),))
        answered = await self._in_worker(lambda: self._unchanged(principal, call))
        return (await self._recorded(answered))[0]

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
        """End the worker threads and close the idle connections."""
        self._workers.shutdown()
        self.readers.close()

    def _unchanged(self, principal: Principal, call: Call) -> Answered:
        answered = self.answer(principal, call)
        if isinstance(answered, list):
            return answered
        before = self.readers.read(
            lambda connection: answering.unchanged(self.readers.database, connection, answered.predictions[0])
        )
        return answered if before is None else [before]

    async def _find(self, identities: Sequence[UUID]) -> dict[UUID, Prediction]:
        if not identities:
            return {}
        database = self.readers.database
        return await self._in_worker(
            lambda: self.readers.read(lambda connection: records.many(database, connection, identities))
        )

    async def _recorded(self, answered: Answered) -> list[Prediction]:
        if isinstance(answered, list):
            return answered
        return await asyncio.wrap_future(self.recorder.submit(answered))

    async def _in_worker(self, work: Callable[[], T]) -> T:
        """Run in a worker thread: never on the event loop, and never with more waiting than may."""
        if self._in_flight >= self.recorder.limit:
            raise Overloaded
        self._in_flight += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._workers, work)
        finally:
            self._in_flight -= 1
