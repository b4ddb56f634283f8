"""Owners issue keys, see their labels, and take them back."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from flyball.control.accounts import services as accounts
from flyball.control.accounts.models import ApiKey
from flyball.domain.access import key_digest
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
]


@pytest.mark.parametrize(("body", "status", "pointer"), REFUSED)
def test_a_key_that_cannot_be_is_refused(body: dict[str, Any], status: int, pointer: str, ask: Ask) -> None:
    before = ApiKey.objects.count()
    answer = ask("owner", "POST", "keys", body)
    assert answer.status_code == status
    assert [one["pointer"] for one in answer.json().get("errors", [{"pointer": ""}])] == [pointer]
    assert ApiKey.objects.count() == before


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
