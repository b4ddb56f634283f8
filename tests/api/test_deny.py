"""Everything is closed that is not opened: to nobody, to lower roles, and to other teams."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import URLPattern

from flyball.api import urls
from flyball.control.accounts import services as accounts
from flyball.control.accounts.models import ApiKey, Team
from flyball.control.registry.models import Version
from flyball.control.routing.models import RouteRevision
from flyball.domain.access import key_digest
from tests.api.conftest import Ask

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
ALLOWED = [
    # method, path, lowest role that may
    ("GET", "endpoints", "viewer"),
    ("GET", "endpoints/purchase", "viewer"),
    ("GET", "endpoints/purchase/routes", "viewer"),
    ("GET", "endpoints/purchase/versions", "viewer"),
    ("GET", "endpoints/purchase/versions/1", "viewer"),
    ("GET", "endpoints/purchase/builds", "viewer"),
    ("GET", "endpoints/purchase/snapshots", "viewer"),
    ("GET", "endpoints/purchase/snapshots/latest", "viewer"),
    ("GET", "endpoints/purchase/snapshots/latest/rows.parquet", "viewer"),
    ("PATCH", "endpoints/purchase/entities/1", "member"),
    ("POST", "endpoints/purchase/promote", "owner"),
    ("POST", "endpoints/purchase/rollback", "owner"),
    ("POST", "endpoints/purchase/retire", "owner"),
    ("GET", "keys", "owner"),
    ("POST", "keys", "owner"),
    ("DELETE", "keys/999999", "owner"),
]
ROLES = ("viewer", "member", "owner")


def concrete() -> Iterator[str]:
    """An address for every pattern of the API."""
    for pattern in urls.urlpatterns:
        assert isinstance(pattern, URLPattern)
        route = str(pattern.pattern)
        for part, value in (
            ("<str:endpoint>", "purchase"),
            ("<int:number>", "1"),
            ("<str:digest>", "latest"),
            ("<path:key>", "1"),
        ):
            route = route.replace(part, value)
        yield route or "somewhere/else"


@pytest.mark.django_db
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", list(concrete()))
def test_nobody_may_do_anything_anywhere(method: str, path: str) -> None:
    answer = Client().generic(method, f"/api/{path}")
    assert answer.status_code in {401, 405}
    assert answer.status_code == 401 or method in {"OPTIONS", "TRACE"}


@pytest.mark.parametrize("key", ["", "fb_nonsense", "ü", "a b"])
def test_a_wrong_key_is_nobody(ask: Ask, key: str) -> None:
    answer = ask(key, "GET", "endpoints")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer["WWW-Authenticate"] == "Bearer"
    assert answer["Content-Type"] == "application/problem+json"


def test_a_revoked_key_is_nobody(ask: Ask, keys: dict[str, str]) -> None:
    accounts.revoke_key(key=ApiKey.objects.get(digest=key_digest(keys["owner"])))
    assert ask("owner", "GET", "endpoints").status_code == 401


def test_a_role_may_what_is_open_to_it_and_nothing_above(ask: Ask, version: Version) -> None:
    for method, path, role in ALLOWED:
        open_to = ROLES[ROLES.index(role) :]
        refused = {held for held in ROLES if ask(held, method, path).status_code in {401, 403, 405}}
        assert refused == set(ROLES) - set(open_to), (method, path)


def test_every_other_method_is_refused(ask: Ask, version: Version) -> None:
    for path in sorted({path for _, path, _ in ALLOWED}):
        closed = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
        closed -= {method for method, other, _ in ALLOWED if other == path}
        codes = {method: ask("owner", method, path).json()["code"] for method in closed}
        assert codes == dict.fromkeys(closed, "method_not_allowed"), path


def test_another_teams_endpoint_looks_like_one_that_does_not_exist(ask: Ask, version: Version) -> None:
    for method, path, _ in ALLOWED:
        if not path.startswith("endpoints/"):
            continue
        theirs = ask("stranger", method, path)
        nowhere = ask("stranger", method, path.replace("purchase", "nothing"))
        assert theirs.status_code == nowhere.status_code == 404, (method, path)
        assert theirs.json() == nowhere.json()
    assert not RouteRevision.objects.exists()


def test_lists_hold_the_own_teams_things_alone(ask: Ask, version: Version) -> None:
    assert [one["name"] for one in ask("viewer", "GET", "endpoints").json()["endpoints"]] == ["purchase"]
    assert ask("stranger", "GET", "endpoints").json() == {"endpoints": []}
    assert {one["team"] for one in ask("stranger", "GET", "keys").json()["keys"]} == {"sales"}


def test_another_teams_key_cannot_be_revoked(ask: Ask, keys: dict[str, str]) -> None:
    theirs = ApiKey.objects.get(digest=key_digest(keys["owner"]))
    assert ask("stranger", "DELETE", f"keys/{theirs.pk}").status_code == 404
    assert ask("owner", "GET", "endpoints").status_code == 200


def test_an_address_that_does_not_exist_is_a_problem_document(ask: Ask) -> None:
    answer = ask("viewer", "GET", "endpoints/purchase/secrets")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_signed_in_member_has_the_role_of_the_membership(version: Version) -> None:
    ada = get_user_model().objects.create_user("ada")
    accounts.add_member(team=Team.objects.get(slug="lending"), user=ada, role="viewer")
    client = Client()
    client.force_login(ada)
    assert client.get("/api/endpoints/purchase").status_code == 200
    assert client.post("/api/endpoints/purchase/rollback").status_code == 403


def test_a_signed_in_stranger_sees_nothing_even_as_superuser(version: Version) -> None:
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("root"))
    assert client.get("/api/endpoints/purchase").status_code == 404
    assert client.get("/api/endpoints").json() == {"endpoints": []}


def test_a_session_needs_the_csrf_token_to_change_anything(version: Version) -> None:
    ada = get_user_model().objects.create_user("ada")
    accounts.add_member(team=Team.objects.get(slug="lending"), user=ada, role="owner")
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    answer = client.post("/api/endpoints/purchase/promote", {"version": 1}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert not RouteRevision.objects.exists()
