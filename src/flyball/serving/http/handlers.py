"""What each path does: read the request, call the engine, write the answer. Doors decide nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import TypeVar
from uuid import UUID

import msgspec

from flyball.domain.access import Principal
from flyball.domain.errors import InvalidInput, Overloaded, Problem, UnknownEntity, UnknownPrediction
from flyball.domain.reasons.told import MOST_COUNTERFACTUALS, MOST_FIELDS, MOST_ROWS
from flyball.domain.records import LONGEST_ENTITY, now
from flyball.serving.calls import Call
from flyball.serving.engine import Engine
from flyball.serving.forms import Form, read_id
from flyball.serving.http import traffic, wire
from flyball.serving.http.answers import answer, explained, record, replayed
from flyball.serving.http.messages import Request, Response, json_response, nothing, plain_response
from flyball.serving.http.reading import bodies, outcome_bodies
from flyball.serving.http.reading.bodies import Body
from flyball.serving.http.reading.queries import Query, idempotency_key
from flyball.serving.telling.explaining import Wanted
from flyball.stores.minutes import minute_of

SMALL = 64 * 1024
"""Larger bodies are read in a thread, so that others are not kept waiting (bytes)."""
PAGE = 100
LARGEST_PAGE = 1000
LARGEST_VERSION = 2**31 - 1
WANTED = frozenset({"reasons", "counterfactuals"})
PERSON = frozenset({"entity", "reference"})
ERASED = ("predictions", "outcomes", "keys", "copies")
"""What is counted of an erasure."""
_T = TypeVar("_T")


class Visit(msgspec.Struct, frozen=True):
    """A request that has been let in: who asks, what for, and the values of its path."""

    engine: Engine
    principal: Principal
    request: Request
    values: Mapping[str, str]


async def health(visit: Visit) -> Response:
    """The process answers. Says nothing else, to anybody."""
    return json_response({"status": "ok"})


async def status(visit: Visit) -> Response:
    """What is in force and how it is."""
    _check_query(visit)
    try:
        last_hour = traffic.summary(await visit.engine.counted(visit.principal, minute_of(now()) - 59))
    except Overloaded:
        last_hour = None  # the database is away, and that is told here
    return json_response(visit.engine.status(visit.principal) | {"last_hour": last_hour})


async def metrics(visit: Visit) -> Response:
    """All that has ever been counted, and how jobs and schedules stand, as Prometheus reads it."""
    _check_query(visit)
    counted = await visit.engine.counted(visit.principal)
    text = traffic.exposition(counted, *await visit.engine.jobs(visit.principal))
    return plain_response(text, traffic.MEDIA_TYPE)


async def openapi(visit: Visit) -> Response:
    """What may be asked, of which endpoints, as OpenAPI."""
    from flyball.serving.http.described.document import document  # a server starts without it

    _check_query(visit)
    written = await asyncio.to_thread(document, visit.engine.pool.table, visit.principal)
    # Kept where it was read, and asked for again: there is no personal data in it.
    headers = [("etag", written.tag), ("cache-control", "private, no-cache")]
    if visit.request.headers.get("if-none-match") == written.tag:
        return Response(304, headers)
    sized = [("content-type", "application/json"), ("content-length", str(len(written.body)))]
    return Response(200, [*sized, *headers, ("x-content-type-options", "nosniff")], written.body)


async def predict(visit: Visit) -> Response:
    """Predict one row, or each of many."""
    sent = visit.request.body
    body = bodies.read(sent) if len(sent) <= SMALL else await asyncio.to_thread(bodies.read, sent)
    problems: list[Problem] = []
    call = _parameters(visit.request, Call(endpoint=visit.values["endpoint"], rows=body.rows), body, problems)
    if problems or body.problems:
        problems += body.problems
        raise InvalidInput(problems=await asyncio.to_thread(_every, visit, call, problems))
    predictions = await visit.engine.predict(visit.principal, call)
    if not body.is_many:
        return json_response(answer(predictions[0]))
    return json_response({"predictions": [answer(one) for one in predictions]})


async def predict_entity(visit: Visit) -> Response:
    """The answer for one entity, whose features all come from tables."""
    problems: list[Problem] = []
    wanted = _wanted_beside(Query(visit.request.query, problems, WANTED))
    if problems:
        raise InvalidInput("The query cannot be read.", problems=problems)
    key = visit.values["key"]
    if len(key) > LONGEST_ENTITY:
        raise UnknownEntity
    prediction = await visit.engine.predict_entity(visit.principal, visit.values["endpoint"], key, wanted)
    return json_response(answer(prediction))


async def prediction(visit: Visit) -> Response:
    """One stored prediction, whole."""
    _check_query(visit)
    return json_response(record(await visit.engine.prediction(visit.principal, _identity(visit))))


async def reasons(visit: Visit) -> Response:
    """What moved one stored prediction, computed from its version and its stored input."""
    problems: list[Problem] = []
    wanted = _wanted(Query(visit.request.query, problems, WANTED))
    if problems:
        raise InvalidInput("The query cannot be read.", problems=problems)
    wanted = wanted._replace(reasons=wanted.reasons or MOST_FIELDS)
    found = await visit.engine.reasons(visit.principal, _identity(visit), wanted)
    return json_response(explained(*found))


async def replay(visit: Visit) -> Response:
    """One stored prediction, computed again."""
    _check_query(visit)
    return json_response(replayed(await visit.engine.replay(visit.principal, _identity(visit))))


async def predictions(visit: Visit) -> Response:
    """Stored predictions of a reference, an entity or an A/B test, newest first, a page at a time."""
    problems: list[Problem] = []
    names = {"endpoint", "reference", "entity", "test", "before", "limit"}
    query = Query(visit.request.query, problems, names, repeated=frozenset({"entity"}))
    reference, entity, before = query.reference(), query.entities(), query.identity("before")
    test, limit = query.whole("test", 1, LARGEST_VERSION), query.whole("limit", 1, LARGEST_PAGE) or PAGE
    if sum(name in query for name in ("reference", "entity", "test")) != 1:
        query.note("reference", "missing", "Ask by reference, by entity, or by the test of an endpoint.")
    elif "test" in query and "endpoint" not in query:
        query.note("endpoint", "missing", "Each endpoint has a test of this number: say which.")
    if problems:
        raise InvalidInput("The query cannot be read.", problems=problems)
    found = await visit.engine.predictions(
        visit.principal,
        endpoint=query.values.get("endpoint"),
        reference=reference,
        entity=dict(entity) or None,
        test=test,
        before=before,
        limit=limit,
    )
    is_full = len(found) == limit
    return json_response(
        {"predictions": [record(one) for one in found], "next": str(found[-1].id) if is_full else None}
    )


async def erase(visit: Visit) -> Response:
    """Erase what a prediction was asked and answered; a tombstone stays."""
    _check_query(visit)
    await visit.engine.erase(visit.principal, _identity(visit))
    return nothing()


async def erase_person(visit: Visit) -> Response:
    """Erase all that is recorded of one person, named by reference or entity."""
    _check_query(visit)
    problems: list[Problem] = []
    form = Form(wire.parse(visit.request.body), "", problems, PERSON)
    reference, entity = form.reference(), form.entity()
    if (reference is None) == (not entity) and not problems:
        form.note("", "missing", "Name the person by one of reference and entity.")
    if problems:
        raise InvalidInput("The body does not fit.", problems=problems)
    done = await visit.engine.erase_person(
        visit.principal, visit.values["endpoint"], reference=reference, entity=entity
    )
    return json_response({name: getattr(done, name) for name in ERASED})


async def outcome(visit: Visit) -> Response:
    """What really happened after one prediction. The last one counts."""
    key = _retry_key(visit)
    identity = _identity(visit)
    sent = outcome_bodies.one(visit.request.body, identity)
    known = await visit.engine.prediction(visit.principal, identity)  # unknown and erased end here
    counts = await visit.engine.outcomes(visit.principal, [replace(sent, endpoint=known.endpoint)], key)
    return json_response(asdict(counts))


async def outcomes(visit: Visit) -> Response:
    """What really happened after many predictions."""
    key = _retry_key(visit)
    endpoint = visit.values["endpoint"]
    media_type = visit.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    read = outcome_bodies.from_csv if media_type == "text/csv" else outcome_bodies.from_json
    sent = await _aside(visit.request.body, lambda body: read(body, endpoint))
    return json_response(asdict(await visit.engine.outcomes(visit.principal, sent, key)))


def _parameters(request: Request, call: Call, body: Body, problems: list[Problem]) -> Call:
    """The call with the version and the reasons that are asked for, and the ``Idempotency-Key``."""
    if not request.query and "idempotency-key" not in request.headers:
        return msgspec.structs.replace(call, version=body.version)
    query = Query(request.query, problems, {"version", *WANTED})
    version, wanted = query.whole("version", 1, LARGEST_VERSION), _wanted_beside(query)
    key = idempotency_key(request.headers, problems)
    if None not in (version, body.version) and version != body.version:
        query.note("version", "conflicting", "The body asks for another version.")
    if wanted.counterfactuals and len(body.rows) > MOST_COUNTERFACTUALS:
        said = f"At most {MOST_COUNTERFACTUALS} rows get counterfactuals at once."
        query.note("counterfactuals", "too_many", said)
    if wanted.reasons and len(body.rows) > MOST_ROWS:
        query.note("reasons", "too_many", f"At most {MOST_ROWS} rows are explained at once.")
    version = body.version if version is None else version
    return msgspec.structs.replace(call, version=version, idempotency_key=key, **wanted._asdict())


def _wanted_beside(query: Query) -> Wanted:
    """What is asked for beside an answer."""
    wanted = _wanted(query)
    if wanted.counterfactuals and not wanted.reasons:
        query.note("counterfactuals", "missing", "Ask for reasons beside them: reasons=3.")
    return wanted


def _wanted(query: Query) -> Wanted:
    reasons = query.whole("reasons", 1, MOST_FIELDS)
    return Wanted(reasons or 0, query.whole("counterfactuals", 1, MOST_COUNTERFACTUALS) or 0)


async def _aside(body: bytes, read: Callable[[bytes], _T]) -> _T:
    return read(body) if len(body) <= SMALL else await asyncio.to_thread(read, body)


def _check_query(visit: Visit) -> None:
    problems: list[Problem] = []
    Query(visit.request.query, problems)
    if problems:
        raise InvalidInput("The query cannot be read.", problems=problems)


def _retry_key(visit: Visit) -> str | None:
    """The key of a request without parameters."""
    problems: list[Problem] = []
    Query(visit.request.query, problems)
    key = idempotency_key(visit.request.headers, problems)
    if problems:
        raise InvalidInput(problems=problems)
    return key


def _identity(visit: Visit) -> UUID:
    identity = read_id(visit.values["id"])
    if identity is None:
        raise UnknownPrediction
    return identity


def _every(visit: Visit, call: Call, noted: list[Problem]) -> list[Problem]:
    """What was noted while reading, and what is wrong with the rows besides; it may be long work."""
    return _once(noted, visit.engine.problems(visit.principal, call))


def _once(first: list[Problem], second: list[Problem]) -> list[Problem]:
    """Both, without what the second says of places that the first has refused, or below them."""
    refused = {problem.pointer for problem in first}
    return first + [problem for problem in second if refused.isdisjoint(_above(problem.pointer))]


def _above(pointer: str) -> list[str]:
    """A place and every place that it is in, but for the whole body."""
    tokens = pointer.split("/")
    return ["/".join(tokens[:length]) for length in range(2, len(tokens) + 1)]
