"""Stand-ins for parts that a test does not want: an engine without database, thread or model."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol, cast
from uuid import UUID

from flyball.domain.access import ROLES, HeldKey, Keyring, Principal, key_digest
from flyball.domain.errors import (
    Erased,
    FlyballError,
    InvalidInput,
    ModelFailed,
    Overloaded,
    Problem,
    UnknownEndpoint,
    UnknownPrediction,
    UnknownVersion,
)
from flyball.domain.reasons.told import Reason, Reasons
from flyball.domain.records import Prediction, check_outcome
from flyball.domain.schema import Checked, Field, Kind, Schema
from flyball.domain.values import Scalar
from flyball.inference.runtime import Runtime
from flyball.serving.calls import Call, Row, SentOutcome
from flyball.serving.checker import Checker
from flyball.serving.engine import Engine
from flyball.serving.pool import Pool, Table
from flyball.serving.replaying import Replay
from flyball.serving.telling.explaining import NOTHING, Wanted
from flyball.stores.database import Database
from flyball.stores.erasing import Erasure
from flyball.stores.minutes import Count
from flyball.stores.outcomes import Counts


class Counting:
    """A runtime that says how it was asked: each call's rows are kept, ``n`` comes back doubled.

    It waits for ``release`` before it answers; a negative ``n`` makes it fail.
    """

    def __init__(self) -> None:
        self.direct = False
        self.calls: list[int] = []
        self.began = threading.Event()
        self.release = threading.Event()

    def predict(self, rows: Sequence[Mapping[str, Scalar]]) -> list[dict[str, Any]]:
        self.calls.append(len(rows))
        self.began.set()
        self.release.wait(30)
        numbers = [int(str(row["n"])) for row in rows]
        if min(numbers) < 0:
            raise ModelFailed
        return [{"value": number * 2} for number in numbers]


class Acting:
    """A runtime in front of another one: before each answer it does what the test says.

    ``does`` may wait or raise; ``calls`` are the numbers of rows that it was asked for.
    """

    def __init__(self, real: Runtime, does: Callable[[], object], *, direct: bool = False) -> None:
        self.direct = direct
        self.calls: list[int] = []
        self.real = real
        self._does = does

    def predict(self, rows: Sequence[Mapping[str, Scalar]]) -> list[dict[str, Any]]:
        self.calls.append(len(rows))
        self._does()
        return self.real.predict(rows)


INCOME = Schema(
    (
        Field(name="age", kind=Kind.INTEGER, low=17, high=90),
        Field(name="hours-per-week", kind=Kind.NUMBER, nullable=True),
        Field(name="education", kind=Kind.CATEGORY, categories=("Bachelors", "Masters")),
        Field(name="relationship", kind=Kind.CATEGORY, categories=("Wife",), unseen="refuse", nullable=True),
        Field(name="note", kind=Kind.TEXT, nullable=True),
    )
)
"""The schema of the fake engine's one endpoint, ``income``."""

KEYS = {role: f"fb_{role}" for role in ROLES}
"""The fake engine's keys, by role."""
MOMENT = datetime(2026, 1, 31, 12, tzinfo=UTC)


class EngineOfDoors(Protocol):
    """What doors call of an engine. mypy holds the fake and the real one to it, below."""

    pool: Pool

    def check_room(self) -> None: ...

    async def predict(self, principal: Principal, call: Call) -> list[Prediction]: ...

    def problems(self, principal: Principal, call: Call) -> list[Problem]: ...

    async def predict_entity(
        self, principal: Principal, endpoint: str, key: str, wanted: Wanted = NOTHING
    ) -> Prediction: ...

    async def prediction(self, principal: Principal, identity: UUID) -> Prediction: ...

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
    ) -> list[Prediction]: ...

    async def reasons(
        self, principal: Principal, identity: UUID, wanted: Wanted
    ) -> tuple[Prediction, Reasons]: ...

    async def replay(self, principal: Principal, identity: UUID) -> Replay: ...

    async def erase(self, principal: Principal, identity: UUID) -> None: ...

    async def erase_person(
        self,
        principal: Principal,
        endpoint: str,
        *,
        reference: str | None = None,
        entity: Mapping[str, Scalar] | None = None,
    ) -> Erasure: ...

    async def outcomes(
        self, principal: Principal, outcomes: Sequence[SentOutcome], idempotency_key: str | None = None
    ) -> Counts: ...

    def status(self, principal: Principal) -> dict[str, Any]: ...

    def count_refusal(
        self, principal: Principal, endpoint: str, code: str, of: tuple[int, str | None] | None = None
    ) -> None: ...

    async def counted(self, principal: Principal, minute: int | None = None) -> dict[Count, int]: ...


REAL: type[EngineOfDoors] = Engine
"""Where the engine's own methods change, this is an error of mypy before the fake answers as nothing does."""


def _reasons(most: int) -> Reasons:
    parts = (Reason("education", "Bachelors", -0.75), Reason("age", 39, 0.5), Reason("note", None, -0.25))
    told = parts[:most]
    rest = -0.5 - sum(each.part for each in told)
    return Reasons(method="linear", unit="log-odds", of="<=50K", base=1.5, answer=1.0, parts=told, rest=rest)


class FakeEngine(EngineOfDoors):
    """Answers for ``income``: everybody earns ``<=50K``. ``fails`` is raised by the next prediction.

    ``checked_in`` are the threads that looked for problems; ``is_full`` says that nothing more can wait.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.stored: dict[UUID, Prediction] = {}
        self.sent: list[SentOutcome] = []
        self.asked: dict[str, Any] = {}
        self.fails: Exception | None = None
        self.checked_in: list[int] = []
        self.is_full = False
        self.refused: list[tuple[str, str]] = []
        self.pool = Pool()
        people = {
            key_digest(key): HeldKey(Principal(team="default", role=role)) for role, key in KEYS.items()
        }
        self.pool.table = Table(keyring=Keyring(people))

    def check_room(self) -> None:
        if self.is_full:
            raise Overloaded

    async def predict(self, principal: Principal, call: Call) -> list[Prediction]:
        self._check_known(call.endpoint, call.version)
        if self.fails is not None:
            raise self.fails
        self.calls.append(call)
        checked = self._checked(call)
        problems = self.problems(principal, call)
        if problems:
            raise InvalidInput(problems=problems)
        return [
            self._store(row, call, one.values, tuple(one.warnings))
            for row, one in zip(call.rows, checked, strict=True)
        ]

    def problems(self, principal: Principal, call: Call) -> list[Problem]:
        self._check_known(call.endpoint)
        self.checked_in.append(threading.get_ident())
        return [problem for one in self._checked(call) for problem in one.problems]

    def _checked(self, call: Call) -> list[Checked]:
        checker = Checker(INCOME)
        return [checker.check(row.input, f"{row.pointer}/input") for row in call.rows]

    def _store(
        self, row: Row, call: Call, values: dict[str, Scalar], warnings: tuple[Problem, ...]
    ) -> Prediction:
        made = Prediction(
            id=UUID(int=len(self.stored) + 1),
            endpoint=call.endpoint,
            version=call.version or 1,
            arm=None if call.version else "champion",
            route=1,
            input=values,
            output={"label": "<=50K", "probabilities": {"<=50K": 0.75, ">50K": 0.25}},
            created_at=MOMENT,
            latency=730,
            warnings=warnings,
            entity=row.entity,
            reference=row.reference,
        )
        self.stored[made.id] = made
        return replace(made, reasons=_reasons(call.reasons)) if call.reasons else made

    async def predict_entity(
        self, principal: Principal, endpoint: str, key: str, wanted: Wanted = NOTHING
    ) -> Prediction:
        self._check_known(endpoint)
        row = Row(entity={"customer_id": key})
        return self._store(row, Call(endpoint=endpoint, rows=(row,), **wanted._asdict()), {}, ())

    async def prediction(self, principal: Principal, identity: UUID) -> Prediction:
        if identity not in self.stored:
            raise UnknownPrediction
        if self.stored[identity].erased_at:
            raise Erased
        return self.stored[identity]

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
        self.asked = {
            "endpoint": endpoint,
            "reference": reference,
            "entity": entity,
            "test": test,
            "before": before,
            "limit": limit,
        }
        return list(self.stored.values())[:limit]

    async def reasons(
        self, principal: Principal, identity: UUID, wanted: Wanted
    ) -> tuple[Prediction, Reasons]:
        return await self.prediction(principal, identity), _reasons(wanted.reasons)

    async def replay(self, principal: Principal, identity: UUID) -> Replay:
        stored = await self.prediction(principal, identity)
        return Replay(
            prediction=stored,
            digest="0" * 64,
            runtime="compiled",
            tolerance=0.0,
            output=stored.output,
            decision=stored.decision,
            differences=(),
        )

    async def erase(self, principal: Principal, identity: UUID) -> None:
        known = await self.prediction(principal, identity)
        self.stored[identity] = replace(known, input={}, output={}, erased_at=MOMENT)

    async def erase_person(
        self,
        principal: Principal,
        endpoint: str,
        *,
        reference: str | None = None,
        entity: Mapping[str, Scalar] | None = None,
    ) -> Erasure:
        self._check_known(endpoint)
        mine = [
            each.id
            for each in self.stored.values()
            if (each.reference == reference if reference else each.entity == entity) and not each.erased_at
        ]
        for identity in mine:
            await self.erase(principal, identity)
        return Erasure(predictions=len(mine))

    async def outcomes(
        self, principal: Principal, outcomes: Sequence[SentOutcome], idempotency_key: str | None = None
    ) -> Counts:
        problems: list[Problem] = []
        for one in outcomes:
            self._check_known(one.endpoint or "")
            try:
                check_outcome("classification", ("<=50K", ">50K"), one.value, f"{one.pointer}/value")
            except FlyballError as error:
                problems.extend(error.problems)
        if problems:
            raise InvalidInput(problems=problems)
        self.sent.extend(outcomes)
        return Counts(bound=len(outcomes))

    def count_refusal(
        self, principal: Principal, endpoint: str, code: str, of: tuple[int, str | None] | None = None
    ) -> None:
        self.refused.append((endpoint, code))

    async def counted(self, principal: Principal, minute: int | None = None) -> dict[Count, int]:
        return {Count(minute or 0, "income", 1, "champion", "answers"): 3}

    def status(self, principal: Principal) -> dict[str, Any]:
        return {"endpoints": {"income": {"route": 1}}}

    def _check_known(self, endpoint: str, version: int | None = None) -> None:
        if endpoint != "income":
            raise UnknownEndpoint
        if version not in {None, 1}:
            raise UnknownVersion


def as_engine(fake: FakeEngine) -> Engine:
    """The fake where a door wants an engine: it calls nothing that ``EngineOfDoors`` does not name."""
    return cast(Engine, fake)


class HeldScrub(Database):
    """A database whose log is, from ``hold`` on, emptied only after ``release``; ``began`` says one tries."""

    hold = threading.Event()
    began = threading.Event()
    release = threading.Event()

    def scrub(self, connection: Any) -> bool:
        if self.hold.is_set():
            self.began.set()
            self.release.wait()
        return super().scrub(connection)


class Explaining:
    """A connection that asks for the plan of each statement before it runs it: ``plans`` are their lines."""

    def __init__(self, connection: Any, *, is_postgres: bool) -> None:
        self._connection = connection
        self._word = "EXPLAIN" if is_postgres else "EXPLAIN QUERY PLAN"
        self.plans: list[str] = []

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Any:
        if sql.split()[0] in {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}:
            plan = self._connection.execute(f"{self._word} {sql}", values).fetchall()
            self.plans += [str(row[-1]) for row in plan]
        return self._connection.execute(sql, values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


class Breaking:
    """A connection that is gone at its first query, whose error is ``ZeroDivisionError``."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Any:
        if sql.startswith("SELECT"):
            self._connection.close()
            raise ZeroDivisionError
        return self._connection.execute(sql, values)
