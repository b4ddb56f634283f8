"""The doors through Django, below whatever prefix a project gives them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.core.handlers.asgi import ASGIHandler
from django.db import connections
from django.test import Client
from django.urls import include, path, resolve

from flyball import inprocess
from flyball.control.accounts import services as accounts
from flyball.stores.database import Database
from tests import published

urlpatterns = [path("ml/", include("flyball.urls"))]
"""A guest's addresses: this module is its URL configuration."""

pytestmark = [pytest.mark.storage, pytest.mark.urls(__name__)]
HERE = "/ml/v1/endpoints/triage/predictions"


@pytest.fixture
def headers(database: Database) -> Iterator[dict[str, str]]:
    """A member's key, where ``triage`` is published."""
    published.publish(database)
    key = accounts.issue_key(team=accounts.ensure_team(slug="hospital"), role="member")[1]
    inprocess.data_plane().refresher.refresh()
    yield {"Authorization": f"Bearer {key}"}
    inprocess.close()


def ask(headers: dict[str, str], body: Any, where: str = HERE) -> Any:
    sent = body if isinstance(body, bytes) else json.dumps(body)
    return Client().post(where, sent, content_type="application/json", headers=headers)


def test_a_guest_answers_below_its_prefix(headers: dict[str, str]) -> None:
    answer = ask(headers, {"input": published.ROW})
    assert answer.status_code == 200
    stored = Client().get(f"/ml/v1/predictions/{answer.json()['id']}", headers=headers)
    assert stored.json()["output"] == answer.json()["output"]


def test_a_guest_whose_requests_are_transactions_is_answered(
    headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)
    answer = ask(headers, {"input": published.ROW})
    assert answer.status_code == 200
    stored = Client().get(f"/ml/v1/predictions/{answer.json()['id']}", headers=headers)
    assert stored.status_code == 200


def test_no_database_of_the_guest_puts_the_doors_into_a_transaction() -> None:
    view = resolve("/ml/v1/health").func
    assert set(connections) <= getattr(view, "_non_atomic_requests", set())


def asgi(path: str, raw: str, headers: dict[str, str]) -> Any:
    """The problem that a GET by ASGI is answered with."""
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": raw.encode(),
        "query_string": b"",
        "headers": [
            (name.lower().encode(), value.encode())
            for name, value in {"Host": "localhost", **headers}.items()
        ],
    }

    async def answer() -> Any:
        asked = ApplicationCommunicator(ASGIHandler(), scope)
        await asked.send_input({"type": "http.request", "body": b""})
        await asked.receive_output(timeout=30)
        return json.loads((await asked.receive_output(timeout=30))["body"])

    return async_to_sync(answer)()


def test_a_slash_in_an_entitys_key_survives_django(headers: dict[str, str]) -> None:
    place = "/ml/v1/endpoints/triage/entities/{}/prediction"
    whole = asgi(place.format("a/b"), place.format("a%2Fb"), headers)
    parts = asgi(place.format("a/b"), place.format("a/b"), headers)
    assert parts["detail"] == "There is nothing at this path."
    assert whole["detail"].startswith("Not every feature of this endpoint comes from tables")


REFUSED: list[tuple[Any, str, int]] = [
    # body, where, status
    ({"input": {"age": "old"}}, HERE, 422),
    (b"{", HERE, 400),
    ({"input": {}}, "/ml/v1/endpoints/nothing/predictions", 404),
    ({}, "/ml/v1/nowhere", 404),
    ({}, "/ml/v1/endpoints/a%0Ab/predictions", 404),
    ({}, "/ml/v1/", 404),
    (b"x" * (17 * 1024 * 1024), HERE, 413),
]


@pytest.mark.parametrize(("body", "where", "status"), REFUSED)
def test_refusals_are_the_doors_own(body: Any, where: str, status: int, headers: dict[str, str]) -> None:
    answer = ask(headers, body, where)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")


def test_nobody_comes_through(headers: dict[str, str]) -> None:
    for nobody in ({}, {"Authorization": "Bearer fb_wrong"}):
        answer = ask(nobody, {"input": published.ROW})
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")


def test_a_session_does_not_open_the_doors(headers: dict[str, str], django_user_model: Any) -> None:
    client = Client()
    client.force_login(django_user_model.objects.create_superuser("root"))
    assert client.get("/ml/v1/status").status_code == 401


def test_the_api_is_below_the_prefix_too(headers: dict[str, str]) -> None:
    assert Client().get("/ml/api/endpoints", headers=headers).status_code == 200
