"""The door with the real engine and database behind it: whatever is sent, no answer is a 500."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flyball.config import Config
from flyball.control.routing.models import Outcome
from flyball.domain.routing import Lookup
from flyball.domain.schema import Field, Kind, Schema
from flyball.serving.app import create
from flyball.serving.http.door import Door, Request, Response
from flyball.stores.database import Database
from flyball.stores.outcomes import MOST
from tests import published
from tests.serving.doors import told

pytestmark = pytest.mark.storage

WARD = Field(name="ward", kind=Kind.CATEGORY, categories=("east", "west"), source="beds", nullable=True)
SCHEMA = Schema((Field(name="age", kind=Kind.NUMBER), WARD))
BALLOON = "🎈"


class Ask:
    """Sends requests to the door of a running data plane as an owner."""

    def __init__(self, database: Database, home: Path) -> None:
        bed = Lookup(
            table="beds",
            on="bed",
            key_kind=Kind.TEXT,
            sql=database.sql("SELECT 'east' WHERE CAST(? AS text) <> 'nobody'"),
            columns=(("ward", Kind.CATEGORY),),
        )
        published.publish(database)
        published.publish(database, endpoint="beds", schema=SCHEMA, lookups=[bed])
        published.publish(database, endpoint="ward", schema=Schema((WARD,)), lookups=[bed])
        self.key = published.key()
        self.plane = create(Config(home=home, database_url=database.url, refresh_seconds=600))
        self.door = Door(self.plane.start(), self.plane.config)

    def __call__(self, method: str, target: str, body: bytes = b"", **headers: str) -> Response:
        """The answer; underscores in headers are hyphens."""
        path, _, query = target.partition("?")
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(
            method=method,
            path=path,
            query=query,
            headers={"authorization": f"Bearer {self.key}", **sent},
            body=body,
        )
        return asyncio.run(self.door.handle(request))


@pytest.fixture
def ask(database: Database, tmp_path: Path) -> Iterator[Ask]:
    """A door that leads to a real engine."""
    asking = Ask(database, tmp_path)
    yield asking
    asking.plane.stop()


TRIAGE = "/v1/endpoints/triage/predictions"
BEDS = "/v1/endpoints/beds/predictions"
OUTCOMES = "/v1/endpoints/triage/outcomes"
GOOD: dict[str, Any] = {"age": 80, "ward": "east"}


def sent(**changes: Any) -> bytes:
    """A body for ``triage`` that is in order, but for ``changes`` of its input."""
    return json.dumps({"input": GOOD | changes}).encode()


def about(**fields: Any) -> bytes:
    """A body for ``beds``, with more fields than its input."""
    return json.dumps({"input": {"age": 80}, "entity": {"bed": "a"}} | fields).encode()


HOSTILE: list[tuple[str, str, bytes, int]] = [
    ("in order", TRIAGE, sent(), 200),
    ("1e400", TRIAGE, sent().replace(b"80", b"1e400"), 422),
    ("400 digits", TRIAGE, sent(age=10**400), 422),
    ("the largest float", TRIAGE, sent(age=1.7976931348623157e308), 200),
    ("the smallest float", TRIAGE, sent(age=5e-324), 200),
    ("300 digits", TRIAGE, sent(age=10**300), 200),
    ("a whole number of 65 bits as a category", TRIAGE, sent(ward=2**64), 422),
    ("a whole number as a category", TRIAGE, sent(ward=2**63 - 1), 200),
    ("NUL", TRIAGE, sent(ward="\x00"), 422),
    ("half a pair", TRIAGE, sent(ward="\ud800"), 422),
    ("half a pair as a name", TRIAGE, sent(**{"\ud800": 1}), 422),
    ("a long category", TRIAGE, sent(ward=BALLOON * 100_000), 200),
    ("a percent sign and quotes", TRIAGE, sent(ward="%s ' \" ? \\ $1"), 200),
    ("a list", TRIAGE, sent(ward=[[]]), 422),
    ("no rows", TRIAGE, b'{"rows": []}', 422),
    ("a version that is not there", TRIAGE, sent()[:-1] + b', "version": 9223372036854775807}', 404),
    ("a version below nothing", TRIAGE, sent()[:-1] + b', "version": -9223372036854775808}', 404),
    ("an entity", BEDS, about(), 200),
    ("an entity of balloons", BEDS, about(entity={"bed": BALLOON * 253}), 200),
    ("an entity of too many balloons", BEDS, about(entity={"bed": BALLOON * 256}), 422),
    ("an entity as long as may be", BEDS, about(entity={"bed": "x" * 1014}), 200),
    ("an entity of quotation marks", BEDS, about(entity={"bed": '"' * 507}), 200),
    ("an entity of control characters", BEDS, about(entity={"bed": "\x01" * 500}), 422),
    ("NUL in an entity", BEDS, about(entity={"bed": "\x00"}), 422),
    ("half a pair in an entity", BEDS, about(entity={"bed": "\ud800"}), 422),
    ("an entity of another kind", BEDS, about(entity={"bed": 2**80}), 422),
    ("an entity of another name", BEDS, about(entity={"bad": "a"}), 422),
    ("an entity that nobody knows", BEDS, about(entity={"bed": "nobody"}), 404),
    ("a reference of balloons", BEDS, about(reference=BALLOON * 255), 200),
    ("NUL in a reference", BEDS, about(reference="\x00"), 422),
    ("an outcome", OUTCOMES, b'{"outcomes": [{"reference": "a", "value": "ill"}]}', 200),
    ("no outcomes", OUTCOMES, b'{"outcomes": []}', 200),
    (
        "a label of 400 digits",
        OUTCOMES,
        b'{"outcomes": [{"reference": "a", "value": 1%s}]}' % (b"0" * 400),
        422,
    ),
    ("a label of 1e400", OUTCOMES, b'{"outcomes": [{"reference": "a", "value": 1e400}]}', 422),
    ("half a label", OUTCOMES, b'{"outcomes": [{"reference": "a", "value": "\\ud800"}]}', 422),
    ("a label that is a list", OUTCOMES, b'{"outcomes": [{"reference": "a", "value": [1]}]}', 422),
    (
        "the first moment",
        OUTCOMES,
        b'{"outcomes": [{"reference": "a", "value": "ill", "occurred_at": "0001-01-01"}]}',
        200,
    ),
    (
        "the last moment",
        OUTCOMES,
        b'{"outcomes": [{"reference": "a", "value": "ill", "occurred_at": "9999-12-31T23:59:59.999999Z"}]}',
        200,
    ),
    (
        "a moment before the first",
        OUTCOMES,
        b'{"outcomes": [{"reference": "a", "value": "ill", "occurred_at": "0001-01-01T00:00+23:59"}]}',
        422,
    ),
    (
        "an id that is not there",
        OUTCOMES,
        b'{"outcomes": [{"prediction": "ffffffff-ffff-ffff-ffff-ffffffffffff", "value": "ill"}]}',
        200,
    ),
]


@pytest.mark.parametrize("retried", [False, True], ids=["once", "with an Idempotency-Key"])
def test_whatever_is_sent_is_answered_and_never_with_a_500(ask: Ask, retried: bool) -> None:
    answers = {}
    for why, target, body, _ in HOSTILE:
        headers = {"idempotency_key": why.replace(" ", "-")} if retried and target != OUTCOMES else {}
        answers[why] = ask("POST", target, body, **headers).status
    assert answers == {why: status for why, _, _, status in HOSTILE}


PATHS: list[tuple[str, str, int]] = [
    ("a status", "/v1/status", 200),
    ("an entity", "/v1/endpoints/ward/entities/a/prediction", 200),
    ("an entity of balloons", f"/v1/endpoints/ward/entities/{'%F0%9F%8E%88' * 250}/prediction", 200),
    ("an entity of quotation marks", f"/v1/endpoints/ward/entities/{'%22' * 255}/prediction", 200),
    ("an entity of control characters", f"/v1/endpoints/ward/entities/{'%01' * 255}/prediction", 404),
    ("an entity that is too long", f"/v1/endpoints/ward/entities/{'x' * 1020}/prediction", 404),
    ("an entity with NUL", "/v1/endpoints/ward/entities/%00/prediction", 404),
    ("an endpoint with NUL", "/v1/endpoints/%00/entities/a/prediction", 404),
    ("an entity's query", "/v1/predictions?entity=bed:a&entity=%F0%9F%8E%88:%22", 200),
    ("a long entity's query", f"/v1/predictions?entity=bed:{'%F0%9F%8E%88' * 1000}", 200),
    ("a reference's query", f"/v1/predictions?reference={'%F0%9F%8E%88' * 255}&endpoint=triage", 200),
    ("an unknown endpoint's query", "/v1/predictions?reference=a&endpoint=x%00", 404),
    ("the last page", "/v1/predictions?reference=a&before=00000000-0000-0000-0000-000000000000", 200),
    ("the first page", "/v1/predictions?reference=a&before=ffffffff-ffff-ffff-ffff-ffffffffffff", 200),
    ("an id of nothing", "/v1/predictions/00000000-0000-0000-0000-000000000000", 404),
    ("the last id", "/v1/predictions/ffffffff-ffff-ffff-ffff-ffffffffffff", 404),
]


def test_whatever_is_asked_for_is_answered_and_never_with_a_500(ask: Ask) -> None:
    answers = {why: ask("GET", target).status for why, target, _ in PATHS}
    assert answers == {why: status for why, _, status in PATHS}


def test_every_error_is_told_at_once_by_the_real_engine_too(ask: Ask) -> None:
    body = {"input": {"ward": "east", "age": "x"}, "entity": {"bed": 7}, "reference": "", "colour": "red"}
    document = told(ask("POST", BEDS, json.dumps(body).encode()))
    assert {error["pointer"] for error in document["errors"]} == {
        "/colour",
        "/reference",
        "/entity/bed",
        "/input/age",
        "/input/ward",
    }


def test_what_was_sent_comes_back_as_it_was_sent(ask: Ask) -> None:
    reference = f"{BALLOON} ' \" \\ % ? $1 \u2028 \x7f"
    answer = told(ask("POST", BEDS, about(reference=reference, entity={"bed": reference})))
    record = told(ask("GET", f"/v1/predictions/{answer['id']}"))
    assert (record["reference"], record["entity"]) == (reference, {"bed": reference})
    assert record["input"] == {"age": 80.0, "ward": "east"}


def many(count: int, media: str) -> bytes:
    if media == "text/csv":
        return b"reference,value\n" + b"bed 4,ill\n" * count
    return json.dumps({"outcomes": [{"reference": "bed 4", "value": "ill"}] * count}).encode()


@pytest.mark.parametrize("media", ["application/json", "text/csv"])
def test_outcomes_of_one_request_are_as_many_as_one_commit_holds(ask: Ask, media: str) -> None:
    answers = [ask("POST", OUTCOMES, many(count, media), content_type=media) for count in (MOST, MOST + 1)]
    assert [answer.status for answer in answers] == [200, 422]
    assert told(answers[1])["errors"][0]["code"] == "too_many"
    assert told(answers[0])["held"] == MOST


@pytest.mark.parametrize("media", ["application/json", "text/csv"])
def test_outcomes_sent_again_under_their_key_have_the_same_answer(ask: Ask, media: str) -> None:
    sent = many(2, media)
    answers = [ask("POST", OUTCOMES, sent, content_type=media, idempotency_key="k") for _ in range(3)]
    assert {answer.body for answer in answers} == {answers[0].body}
    other = ask("POST", OUTCOMES, many(3, media), content_type=media, idempotency_key="k")
    assert (other.status, told(other)["code"]) == (422, "idempotency_key_reused")
    assert Outcome.objects.count() == 2


def test_the_outcome_of_one_prediction_takes_a_key_too(ask: Ask) -> None:
    identity = told(ask("POST", TRIAGE, sent()))["id"]
    place = f"/v1/predictions/{identity}/outcome"
    values = ["ill", "ill", "well"]
    answers = [
        ask("POST", place, b'{"value": "%s"}' % value.encode(), idempotency_key="k") for value in values
    ]
    assert [answer.status for answer in answers] == [200, 200, 422]
    assert ask("POST", place, b'{"value": "ill"}', idempotency_key="no blanks").status == 422
    assert Outcome.objects.count() == 1
