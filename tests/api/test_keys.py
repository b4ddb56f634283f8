"""Owners issue keys, see their labels, and take them back."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from flyball.control.accounts import services as accounts
from flyball.control.accounts.models import ApiKey, Team
from flyball.control.declarations.models import Endpoint
from flyball.control.registry.models import Version
from flyball.domain.access import key_digest
from flyball.domain.records import now
from flyball.stores.database import Database
from tests.api.conftest import Ask


def test_a_key_is_shown_once_and_works(ask: Ask) -> None:
    answer = ask("owner", "POST", "keys", {"role": "viewer", "label": "board"})
    issued = answer.json()
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    assert (issued["team"], issued["role"], issued["label"]) == ("lending", "viewer", "board")
    assert ask(issued["key"], "GET", "endpoints").status_code == 200
    listed = ask("owner", "GET", "keys").content.decode()
    assert "board" in listed
    assert issued["key"] not in listed
    assert key_digest(issued["key"]) not in listed


def test_a_key_can_be_taken_back(ask: Ask) -> None:
    issued = ask("owner", "POST", "keys", {"role": "viewer", "label": "board"}).json()
    assert ask("owner", "DELETE", f"keys/{issued['id']}").status_code == 204
    assert ask(issued["key"], "GET", "endpoints").status_code == 401
    listed = {one["id"]: one["revoked_at"] for one in ask("owner", "GET", "keys").json()["keys"]}
    assert listed[issued["id"]] is not None


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    # body, status, pointer
    ({"label": "x"}, 422, "/role"),
    ({"role": "emperor", "label": "x"}, 422, "/role"),
    ({"role": "viewer", "label": "x" * 201}, 422, "/label"),
    ({"role": "viewer", "label": "a\u0000b"}, 422, "/label"),
    ({"role": "viewer", "label": "x", "team": "sales"}, 404, ""),
    ({"role": "viewer", "label": "x", "team": "nowhere"}, 404, ""),
    ({"role": "viewer", "label": "x", "ends_at": "soon"}, 422, "/ends_at"),
    ({"role": "viewer", "label": "x", "ends_at": "2001-01-01"}, 422, "/ends_at"),
    ({"role": "viewer", "label": "x", "ends_at": "10000-01-01"}, 422, "/ends_at"),
    ({"role": "viewer", "label": "x", "endpoints": "purchase"}, 422, "/endpoints"),
    ({"role": "viewer", "label": "x", "endpoints": []}, 422, "/endpoints"),
    ({"role": "viewer", "label": "x", "endpoints": [1]}, 422, "/endpoints"),
    ({"role": "viewer", "label": "x", "endpoints": ["x"] * 1001}, 422, "/endpoints"),
    ({"role": "viewer", "label": "x", "endpoints": ["nothing"]}, 404, ""),
    ({"role": "viewer", "label": "x", "endpoints": ["Purchase"]}, 404, ""),
    ({"role": "viewer", "label": "x", "endpoints": ["\uff50urchase"]}, 404, ""),
    ({"role": "viewer", "label": "x", "endpoints": ["purchase\u0000"]}, 404, ""),
    ({"role": "viewer", "label": "x", "endpoints": ["\ud800"]}, 404, ""),
    ({"role": "viewer", "label": "x", "ends_at": "9999-12-31T23:59:59-12:00"}, 422, "/ends_at"),
    ({"role": "viewer", "label": "x", "ends_at": "0001-01-01T00:00:00+23:59"}, 422, "/ends_at"),
]


@pytest.mark.parametrize(("body", "status", "pointer"), REFUSED)
def test_a_key_that_cannot_be_is_refused(body: dict[str, Any], status: int, pointer: str, ask: Ask) -> None:
    before = ApiKey.objects.count()
    answer = ask("owner", "POST", "keys", body)
    assert answer.status_code == status
    assert [one["pointer"] for one in answer.json().get("errors", [{"pointer": ""}])] == [pointer]
    assert ApiKey.objects.count() == before


def issued(ask: Ask, role: str, **limits: Any) -> dict[str, Any]:
    answer = ask("owner", "POST", "keys", {"role": role, "label": "limited", **limits})
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def test_a_key_is_for_the_endpoints_that_it_names_alone(ask: Ask, version: Version) -> None:
    Endpoint.objects.create(name="other", team=Team.objects.get(slug="lending"), task="classification")
    for names, seen in ((["purchase"], ["purchase"]), (["other"], ["other"]), (None, ["other", "purchase"])):
        key = issued(ask, "owner", endpoints=names)
        assert key["endpoints"] == (names or [])
        listed = ask(key["key"], "GET", "endpoints").json()["endpoints"]
        assert sorted(one["name"] for one in listed) == seen
    answer = ask(issued(ask, "owner", endpoints=["other"])["key"], "POST", "endpoints/purchase/promote", {})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_endpoint")


@pytest.mark.parametrize("limits", [{"endpoints": ["purchase"]}, {"ends_at": "2999-01-01"}])
def test_a_limited_owners_key_manages_no_keys(ask: Ask, version: Version, limits: dict[str, Any]) -> None:
    key = issued(ask, "owner", **limits)
    before = ApiKey.objects.count()
    for method, path in (("GET", "keys"), ("POST", "keys"), ("DELETE", f"keys/{key['id']}")):
        body = {"role": "owner", "label": "broad"} if method == "POST" else None
        assert ask(key["key"], method, path, body).status_code == 403
    assert (ApiKey.objects.count(), ApiKey.objects.get(pk=key["id"]).revoked_at) == (before, None)


def test_a_key_that_has_ended_is_nobody(ask: Ask) -> None:
    key = issued(ask, "viewer", ends_at="2999-12-31")
    assert key["ends_at"] == "2999-12-31T23:59:59.999999Z"
    assert ask(key["key"], "GET", "endpoints").status_code == 200
    ApiKey.objects.filter(pk=key["id"]).update(ends_at=now())
    assert ask(key["key"], "GET", "endpoints").status_code == 401


def test_the_last_use_of_a_key_is_noted_and_seldom_written(ask: Ask) -> None:
    key = issued(ask, "viewer")
    assert key["last_used_at"] is None
    ask(key["key"], "GET", "endpoints")
    first = ApiKey.objects.get(pk=key["id"]).last_used_at
    assert first is not None
    with CaptureQueriesContext(connection) as asked:
        ask(key["key"], "GET", "endpoints")
    assert [query for query in asked if query["sql"].startswith("UPDATE")] == []
    ApiKey.objects.filter(pk=key["id"]).update(last_used_at=first - timedelta(minutes=2))
    ask(key["key"], "GET", "endpoints")
    assert (ApiKey.objects.get(pk=key["id"]).last_used_at or first) > first


def test_an_endpoint_of_another_team_limits_no_key_and_looks_like_none(ask: Ask, version: Version) -> None:
    before = ApiKey.objects.count()
    answers = [
        ask("stranger", "POST", "keys", {"role": "caller", "label": "x", "endpoints": [name]})
        for name in ("purchase", "nothing")
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    assert ApiKey.objects.count() == before


def test_nobody_waits_or_is_refused_where_the_use_of_a_key_cannot_be_noted(
    ask: Ask, database: Database
) -> None:
    key = issued(ask, "viewer")
    with closing(database.connect()) as other:
        if database.is_postgres:
            other.execute("BEGIN")
            other.execute("LOCK TABLE flyball_api_key IN EXCLUSIVE MODE")
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '10ms'")
        else:
            other.execute("BEGIN IMMEDIATE")
        assert ask(key["key"], "GET", "endpoints").status_code == 200
        other.execute("ROLLBACK")
    assert ApiKey.objects.get(pk=key["id"]).last_used_at is None
    ask(key["key"], "GET", "endpoints")
    assert ApiKey.objects.get(pk=key["id"]).last_used_at is not None
    connection.close()  # and with it, its impatience


def test_who_owns_several_teams_says_which(keys: dict[str, str]) -> None:
    ada = get_user_model().objects.create_user("ada")
    for slug in ("lending", "sales"):
        accounts.add_member(team=accounts.ensure_team(slug=slug), user=ada, role="owner")
    client = Client()
    client.force_login(ada)
    body = {"role": "viewer", "label": "board"}
    answers = [
        client.post("/api/keys", sent, content_type="application/json")
        for sent in (body, {**body, "team": "sales"})
    ]
    assert [answer.status_code for answer in answers] == [422, 201]
    assert answers[1].json()["team"] == "sales"
