"""The management API's OpenAPI document: complete, valid, true."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from django.contrib.auth import get_user_model
from django.core.wsgi import get_wsgi_application
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from rest_framework.views import APIView

from flyball.api import urls
from flyball.api.described.schema import document
from flyball.control.registry.models import Version
from tests.addresses import concrete
from tests.api.conftest import Ask
from tests.described import META, faults

DOCUMENT: dict[str, Any] = json.loads(document())
EACH = 3
PARTS = (
    "str:endpoint", "int:number", "str:digest", "path:key", "str:identity", "str:name",
)  # fmt: skip


def test_every_route_and_method_stands_in_the_document() -> None:
    described = {(method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item}
    parts = tuple((f"<{part}>", "{" + part.partition(":")[2] + "}") for part in PARTS)
    known = {
        (method, f"/api/{path}")
        for pattern, path in zip(urls.urlpatterns, concrete(urls.urlpatterns, parts), strict=True)
        for method in getattr(pattern.callback, "cls", None).roles  # type: ignore[union-attr]  # a view's
    }
    assert described == known


def test_the_document_is_openapi_and_names_each_operation_once() -> None:
    jsonschema.validate(DOCUMENT, META)
    names = [each["operationId"] for item in DOCUMENT["paths"].values() for each in item.values()]
    assert len(set(names)) == len(names)
    assert all(each["summary"] for item in DOCUMENT["paths"].values() for each in item.values())


def test_what_the_document_says_is_no_docstring() -> None:
    said = [each for item in DOCUMENT["paths"].values() for each in item.values()]
    assert [each["summary"] for each in said if "`" in each["summary"] or "Raises" in each["summary"]] == []
    assert [each["description"] for each in said if "``" in each["description"]] == []


@pytest.mark.parametrize("who", ["caller", "viewer", "stranger"])
def test_every_key_gets_it_once_as_long_as_it_stays_the_same(ask: Ask, who: str) -> None:
    answer = ask(who, "GET", "openapi.json")
    assert answer.json() == DOCUMENT
    again = ask(who, "GET", "openapi.json", **{"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert ask(None, "GET", "openapi.json", **{"If-None-Match": answer["ETag"]}).status_code == 401


@pytest.mark.django_db
def test_who_is_signed_in_gets_it() -> None:
    client = Client()
    client.force_login(get_user_model().objects.create_user("ada"))
    assert client.get("/api/openapi.json").json() == DOCUMENT


def test_a_guests_own_document_lists_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(APIView, "schema", AutoSchema())
    theirs = SchemaGenerator(patterns=urls.urlpatterns).get_schema(public=True)
    assert theirs["openapi"].startswith("3.0")
    assert theirs["paths"] == {}


@pytest.mark.storage
def test_every_answer_is_one_that_the_document_describes(keys: dict[str, str], version: Version) -> None:
    application = get_wsgi_application()

    def send(case: Any) -> Iterator[Any]:
        case.path_parameters = {**(case.path_parameters or {}), **_known(case)}
        for role in ("viewer", "owner"):
            yield case.call(app=application, headers={"Authorization": f"Bearer {keys[role]}"})

    assert faults(DOCUMENT, send, EACH) == []


def _known(case: Any) -> dict[str, Any]:
    """Half of the time, something that is there."""
    sent = case.path_parameters or {}
    known = {"endpoint": "purchase", "number": 1, "digest": "latest"}
    return {name: value for name, value in known.items() if name in sent and len(str(sent)) % 2}
