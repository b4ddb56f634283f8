"""The data plane's OpenAPI document: complete, valid, true, and of the principal's own endpoints alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import schemathesis

from flyball.config import Config
from flyball.domain.schema import Field, Kind, Schema
from flyball.serving.app import DataPlane, create
from flyball.serving.http.door import PATHS, Door
from flyball.serving.http.messages import Request, Response
from flyball.stores.database import Database
from tests import published
from tests.described import META, faults

pytestmark = pytest.mark.storage

EACH = 3
VISITS = Field(name="visits", kind=Kind.INTEGER, low=0, high=9, nullable=True, unseen="refuse")
WARD = Field(name="ward", kind=Kind.CATEGORY, categories=("east", "west"), unseen="refuse")
SCHEMA = Schema((published.AGE, WARD, VISITS))


class Asking:
    """A door on a data plane, and the keys of a hospital's and of a bank's."""

    def __init__(self, plane: DataPlane, config: Config, keys: dict[str, str]) -> None:
        self.door, self.keys = Door(plane.engine, config), keys

    def __call__(
        self, who: str | None, method: str, target: str, body: bytes = b"", **headers: str
    ) -> Response:
        """The answer."""
        path, _, query = target.partition("?")
        sent = {name.replace("_", "-").lower(): value for name, value in headers.items()}
        if who is not None:
            sent["authorization"] = f"Bearer {self.keys[who]}"
        request = Request(method=method, path=path, query=query, headers=sent, body=body)
        return asyncio.run(self.door.handle(request))

    def document(self, who: str) -> Any:
        """The document as somebody gets it."""
        answer = self(who, "GET", "/v1/openapi.json")
        assert answer.status == 200
        return json.loads(answer.body)


@pytest.fixture
def asking(config: Config, database: Database) -> Any:
    published.publish(database)
    published.publish(database, endpoint="visits", schema=SCHEMA, decision=None)
    published.publish(database, endpoint="credit", team="bank")
    keys = {role: published.key(role=role) for role in ("owner", "viewer", "caller")}
    keys["bank"] = published.key(team="bank")
    plane = create(config, database)
    plane.start()
    yield Asking(plane, config, keys)
    plane.stop()


def test_every_path_and_method_stands_in_the_document(asking: Asking) -> None:
    described = {
        (method.upper(), path) for path, item in asking.document("owner")["paths"].items() for method in item
    }
    known = {(method, path.template) for path in PATHS for method in path.methods}
    predicting = ("POST", "/v1/endpoints/{endpoint}/predictions")
    own = {("POST", f"/v1/endpoints/{name}/predictions") for name in ("triage", "visits")}
    assert described == known - {predicting} | own


def test_the_document_is_openapi(asking: Asking) -> None:
    jsonschema.validate(asking.document("owner"), META)


def test_nobody_is_told_of_another_team_s_endpoints(asking: Asking) -> None:
    assert "credit" not in json.dumps(asking.document("viewer"))
    found = json.dumps(asking.document("bank"))
    assert "credit" in found
    assert "triage" not in found


def test_every_key_gets_it_and_nobody_without_one(asking: Asking) -> None:
    assert asking.document("caller") == asking.document("viewer") == asking.document("owner")
    assert asking(None, "GET", "/v1/openapi.json").status == 401


def test_it_is_sent_once_as_long_as_it_stays_the_same(asking: Asking) -> None:
    tag = dict(asking("viewer", "GET", "/v1/openapi.json").headers)["etag"]
    again = asking("viewer", "GET", "/v1/openapi.json", if_none_match=tag)
    assert (again.status, again.body) == (304, b"")
    assert asking("bank", "GET", "/v1/openapi.json", if_none_match=tag).status == 200


def test_its_examples_predict(asking: Asking) -> None:
    examples = [
        (path, example["value"])
        for path, item in asking.document("caller")["paths"].items()
        if path.endswith("/predictions") and "post" in item
        for example in item["post"]["requestBody"]["content"]["application/json"]["examples"].values()
    ]
    assert len(examples) == 4
    for path, example in examples:
        answer = asking("caller", "POST", path, json.dumps(example).encode())
        predicted = json.loads(answer.body)
        assert answer.status == 200
        assert all(not one["warnings"] for one in predicted.get("predictions", [predicted]))


def test_every_answer_is_one_that_the_document_describes(asking: Asking) -> None:
    asked = json.dumps({"input": published.ROW, "reference": "a"}).encode()
    identity = json.loads(asking("owner", "POST", "/v1/endpoints/triage/predictions", asked).body)["id"]

    def send(case: Any) -> Iterator[Any]:
        if "id" in (case.path_parameters or {}) and not isinstance(case.body, str):
            case.path_parameters["id"] = identity
        for role in ("viewer", "owner"):
            yield _sent(asking, role, case)

    assert faults(asking.document("owner"), send, EACH) == []


def _sent(asking: Asking, role: str, case: Any) -> Any:
    """One case through the door, as a server would bring it."""
    import requests

    prepared: Any = requests.Request(**case.as_transport_kwargs(base_url="http://localhost")).prepare()
    body = prepared.body or b""
    answer = asking(
        role,
        prepared.method or "",
        (prepared.url or "").removeprefix("http://localhost"),
        body.encode() if isinstance(body, str) else body,
        **{name: str(value) for name, value in prepared.headers.items()},
    )
    return schemathesis.core.transport.Response(
        status_code=answer.status,
        headers={name: [value] for name, value in answer.headers},
        content=answer.body,
        request=prepared,
        elapsed=0.0,
        verify=False,
    )
