"""Predictions inside a Django process: the same engine and recorder as behind the doors."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar, overload
from uuid import UUID

from asgiref.sync import async_to_sync
from django.conf import ENVIRONMENT_VARIABLE
from django.core import mail
from django.db import connections
from msgspec.structs import replace

from flyball.control import connection
from flyball.control.declarations.configured import (
    configured as configured,  # the doors beside the engine ask for it here
)
from flyball.control.declarations.trust import trusted
from flyball.domain.access import Principal
from flyball.domain.errors import (
    FlyballError,
    InvalidInput,
    NotReady,
    Overloaded,
    Problem,
    UnknownEndpoint,
    UnknownPrediction,
)
from flyball.domain.reasons.told import MOST_FIELDS, MOST_ROWS, Reasons
from flyball.domain.records import Prediction
from flyball.domain.values import canonical
from flyball.serving.app import DataPlane, create
from flyball.serving.calls import Call, Row, SentOutcome
from flyball.serving.forms import ROW, Form, read_id
from flyball.serving.replaying import Replay
from flyball.serving.telling.explaining import Wanted
from flyball.stores import records
from flyball.stores.database import Database

T = TypeVar("T")
Values = Mapping[str, object]
ANYBODY = Principal(team="", role="owner")
"""Who runs the process: every prediction may be told to them."""
StandIn = Callable[[Call], list[Prediction]]


class _Planes:
    """The data planes of this process, by database; a child that was forked starts with none."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.lock = threading.Lock()
        self.running: dict[str, DataPlane] = {}


_planes = _Planes()
_left_behind: list[_Planes] = []
"""A parent's, kept for ever: closing its connections in the child would end them for the parent."""
instead: list[StandIn] = []
"""What ``flyball.testing`` has put in the engine's place; the last one answers."""
allowed_in_tests: list[bool] = []
"""Not empty while ``flyball.testing.engine`` lets data planes start in a test run."""


def data_plane() -> DataPlane:
    """This process's data plane on Django's database, started at the first call.

    Raises ``NotReady`` in a test run, unless ``flyball.testing.engine`` allows it, and on a SQLite database
    in memory.
    """
    global _planes
    _refuse_where_it_cannot_run()
    if _planes.process != os.getpid():
        _left_behind.append(_planes)
        _planes = _Planes()
    database = connection.database()
    with _planes.lock:
        if database.url not in _planes.running:
            plane = _created(database)
            plane.start()
            _planes.running[database.url] = plane
        return _planes.running[database.url]


def _created(database: Database) -> DataPlane:
    config = configured()
    if hasattr(mail, "outbox"):  # Django's mark of a test run: models see its database, and what it changed
        config = replace(config, model_processes=0)
    return create(config, database, trusted, "django:setup" if ENVIRONMENT_VARIABLE in os.environ else "")


def _refuse_where_it_cannot_run() -> None:
    """A data plane has connections of its own.

    They see nothing of a test's open transaction, keep a test database from being dropped, and make a file
    of the name of a database in memory.
    """
    if hasattr(mail, "outbox") and not allowed_in_tests:  # as above
        raise NotReady("In a test, let flyball.testing.answers answer, or allow flyball.testing.engine.")
    django = connections["default"]
    name = str(django.settings_dict["NAME"])
    if django.vendor == "sqlite" and (name == ":memory:" or "mode=memory" in name):
        raise NotReady("A SQLite database in memory has one connection; Flyball needs one in a file.")


async def adata_plane() -> DataPlane:
    """``data_plane`` for asynchronous code: models that are still to be loaded hold up no event loop."""
    if _planes.process == os.getpid() and connection.database().url in _planes.running:
        return data_plane()
    return await asyncio.to_thread(data_plane)


def close() -> None:
    """Stop this process's data planes; the next prediction starts one again."""
    with _planes.lock:
        while _planes.process == os.getpid() and _planes.running:
            _planes.running.popitem()[1].stop()


@overload
def predict(
    endpoint: str,
    *,
    entity: Values | None = None,
    input: Values | None = None,
    reference: str | None = None,
    version: int | None = None,
    reasons: int = 0,
) -> Prediction: ...
@overload
def predict(
    endpoint: str, *, rows: Sequence[Mapping[str, Any]], version: int | None = None, reasons: int = 0
) -> list[Prediction]: ...
def predict(
    endpoint: str,
    *,
    entity: Values | None = None,
    input: Values | None = None,  # noqa: A002 - the word for it, as in the body of a request
    reference: str | None = None,
    version: int | None = None,
    rows: Sequence[Mapping[str, Any]] | None = None,
    reasons: int = 0,
) -> Prediction | list[Prediction]:
    """Predict one row, or ``rows`` of ``{"entity": …, "input": …, "reference": …}``.

    The answer is in the database when this returns, and a later rollback of the caller's does not take it
    back. On SQLite, inside the caller's own transaction, it is written with the caller's connection and
    shares its fate: a second connection would wait for the first for ever. Inside a transaction, features
    are looked up with the caller's connection too, and so as the caller sees them.

    With ``reasons`` each answer has so many of the fields that moved it most (``Prediction.reasons``), or a
    warning that says why it has none; at most 100 rows are explained.

    Raises ``UnknownEndpoint``, ``InvalidInput``, ``UnknownEntity``, ``UnknownVersion``, ``NotReady``,
    ``Overloaded``, ``ModelFailed``.
    """
    call = _call(endpoint, {"entity": entity, "input": input, "reference": reference}, version, rows, reasons)
    answers = instead[-1](call) if instead else _predict(call)
    return answers[0] if rows is None else answers


@overload
async def apredict(
    endpoint: str,
    *,
    entity: Values | None = None,
    input: Values | None = None,
    reference: str | None = None,
    version: int | None = None,
    reasons: int = 0,
) -> Prediction: ...
@overload
async def apredict(
    endpoint: str, *, rows: Sequence[Mapping[str, Any]], version: int | None = None, reasons: int = 0
) -> list[Prediction]: ...
async def apredict(
    endpoint: str,
    *,
    entity: Values | None = None,
    input: Values | None = None,  # noqa: A002 - as above
    reference: str | None = None,
    version: int | None = None,
    rows: Sequence[Mapping[str, Any]] | None = None,
    reasons: int = 0,
) -> Prediction | list[Prediction]:
    """``predict`` for asynchronous code, where there is no transaction to be inside of."""
    call = _call(endpoint, {"entity": entity, "input": input, "reference": reference}, version, rows, reasons)
    if instead:
        answers = instead[-1](call)
    else:
        plane = await adata_plane()
        owner = _owner(plane, endpoint)
        with _counted(plane, owner, endpoint):
            answers = await plane.engine.predict(owner, call)
    return answers[0] if rows is None else answers


def explain(
    prediction: Prediction | UUID | str, reasons: int = MOST_FIELDS, counterfactuals: int = 0
) -> Reasons:
    """The fields that moved a stored prediction most, so many, the largest part first.

    With ``counterfactuals`` also so many of the smallest changes that would turn its decision. Computed anew
    from its version and its stored input; whose it is does not matter to who runs the process.

    Raises ``UnknownPrediction``, ``Erased``, ``NoReasons``, ``UnknownVersion`` where the version was removed,
    ``Overloaded``, ``ModelFailed``, and what loading the version raises.
    """
    return explained(prediction, Wanted(reasons, counterfactuals))[1]


def explained(prediction: Prediction | UUID | str, wanted: Wanted) -> tuple[Prediction, Reasons]:
    """The same, with the prediction as it is stored."""
    identity = prediction.id if isinstance(prediction, Prediction) else read_id(str(prediction))
    if identity is None:
        raise UnknownPrediction
    engine = data_plane().engine
    stored = engine.stored_now(identity)
    return stored, engine.explaining.reasons_now(ANYBODY, stored, wanted)


def replay(identity: UUID) -> Replay:
    """A stored prediction computed again; whose it is does not matter to who runs the process.

    Raises ``UnknownPrediction``, ``Erased``, ``UnknownVersion`` where the version was removed,
    ``Overloaded``, ``ModelFailed``, and what loading the version raises.
    """
    return data_plane().engine.replay_now(identity)


def tell(principal: Principal, outcome: SentOutcome) -> None:
    """Store an outcome for a prediction of the principal's, as the doors do.

    Raises ``UnknownPrediction``, ``InvalidInput``, ``Erased``, ``Retired``, ``Overloaded``.
    """
    async_to_sync(data_plane().engine.outcomes)(principal, [outcome])


def erase(principal: Principal, identity: UUID) -> None:
    """Erase what a prediction of the principal's says.

    Raises ``UnknownPrediction``, ``Erased``, ``Overloaded``.
    """
    async_to_sync(data_plane().engine.erase)(principal, identity)


def ask(principal: Principal, call: Call) -> list[Prediction]:
    """``predict`` for somebody: one answer a row, as the doors record them. Raises as ``predict``."""
    return instead[-1](call) if instead else _predict(call, principal)


def what_if(principal: Principal, call: Call) -> list[Prediction]:
    """What the same would be answered now: recorded nowhere, counted nowhere, and no outcome finds it.

    A version is named: what is only wondered about is in no A/B test, and behind it is no fallback. The ids
    are those of no predictions. Raises as ``predict``, and ``ValueError`` for a call without a version or
    with an idempotency key.
    """
    if call.version is None or call.idempotency_key is not None:
        raise ValueError("What is only wondered about names a version, and is never a repeat.")
    if instead:
        return instead[-1](call)
    engine = data_plane().engine
    engine.check_room()
    answered = engine.compute(principal, call)
    return list(answered if isinstance(answered, list) else answered.predictions)


def what_if_explained(principal: Principal, call: Call, wanted: Wanted) -> tuple[Prediction, Reasons]:
    """What one row would be answered now, as ``what_if``, and why, as ``explained`` says it of a stored one.

    Values that were looked up are told to who may read predictions. Raises as both do.
    """
    (answer,) = what_if(principal, call)
    return answer, data_plane().engine.explaining.reasons_now(principal, answer, wanted)


def problems(principal: Principal, call: Call) -> list[Problem]:
    """What the form of a call's rows has wrong; features that come from tables are not looked up.

    Raises ``UnknownEndpoint``, ``Retired``, ``NotReady``, ``Conflict``.
    """
    return data_plane().engine.problems(principal, call)


def _predict(call: Call, principal: Principal | None = None) -> list[Prediction]:
    plane = data_plane()
    owner = principal or _owner(plane, call.endpoint)
    with _counted(plane, owner, call.endpoint):
        if not _in_transaction():
            return plane.engine.predict_now(owner, call)
        return _predict_inside(plane, owner, call)


def _predict_inside(plane: DataPlane, owner: Principal, call: Call) -> list[Prediction]:
    """As the transaction that the caller is in wants it."""
    answered = _with_callers(plane, lambda own: plane.engine.compute(owner, call, lambda work: work(own)))
    if isinstance(answered, list):
        found = answered
    elif plane.database.is_postgres:
        found = plane.recorder.submit(answered).result()
    else:
        _with_callers(plane, lambda own: records.write(plane.database, own, [answered]))
        plane.recorder.meter.answered(answered.predictions)
        found = list(answered.predictions)
    wanted = Wanted(call.reasons, call.counterfactuals)
    return plane.engine.explaining.explained_now(owner, found, wanted)


@contextmanager
def _counted(plane: DataPlane, owner: Principal, endpoint: str) -> Iterator[None]:
    try:
        yield
    except FlyballError as error:
        plane.engine.count_refusal(owner, endpoint, error.code, error.of)
        raise


def _in_transaction() -> bool:
    """Whether the caller has begun something that is not committed, and may hold locks for it."""
    django = connections["default"]
    if django.vendor == "sqlite":  # begun in whichever way; without autocommit only the first write begins
        return bool(connection.raw().in_transaction)
    return django.in_atomic_block or not django.get_autocommit()


def _with_callers(plane: DataPlane, work: Callable[[Any], T]) -> T:
    """What ``work`` makes of the caller's own connection.

    In a savepoint: an error leaves the caller's transaction usable. Raises ``Overloaded`` where the
    database does not answer.
    """
    own = connection.raw()
    try:
        own.execute("SAVEPOINT flyball")
        try:
            made = work(own)
        except BaseException:
            plane.database.undo(own, "ROLLBACK TO SAVEPOINT flyball")
            plane.database.undo(own, "RELEASE SAVEPOINT flyball")
            raise
        own.execute("RELEASE SAVEPOINT flyball")
    except plane.database.driver.Error as error:
        raise Overloaded("The database did not answer inside this transaction.") from error
    return made


def _owner(plane: DataPlane, endpoint: str) -> Principal:
    """Code inside the process may ask every endpoint, as its owner."""
    team = plane.engine.pool.table.teams.get(endpoint)
    if team is None:
        raise UnknownEndpoint
    return Principal(team=team, role="owner")


def _call(
    endpoint: str,
    one: Mapping[str, Any],
    version: int | None,
    rows: Sequence[Mapping[str, Any]] | None,
    reasons: int,
) -> Call:
    wrong: list[Problem] = []
    if rows is None:
        read = [_row(one, "", wrong)]
    else:
        sent = {key: value for key, value in one.items() if value is not None}
        given = Form(sent, "", wrong, frozenset({"rows", "version"}))
        read = [_row(row, f"{given.place('rows')}/{position}", wrong) for position, row in enumerate(rows)]
    if not 0 <= reasons <= MOST_FIELDS or (reasons and len(read) > MOST_ROWS):
        said = f"Expected 0 to {MOST_FIELDS}, and at most {MOST_ROWS} rows to be explained at once."
        wrong.append(Problem("/reasons", "wrong_type", said))
    if wrong:
        raise InvalidInput(problems=wrong)
    return Call(endpoint=endpoint, rows=tuple(read), version=version, reasons=reasons)


def _row(values: Mapping[str, Any], pointer: str, problems: list[Problem]) -> Row:
    plain = {name: _scalars(value) if isinstance(value, Mapping) else value for name, value in values.items()}
    return Form(plain, pointer, problems, ROW).row()


def _scalars(values: Values) -> dict[str, object]:
    """Django's and numpy's values as JSON would hold them; others stay, for the check to refuse."""
    return {name: _scalar(value) for name, value in values.items()}


def _scalar(value: object) -> object:
    try:
        return canonical(value)
    except (TypeError, ValueError):
        return value
