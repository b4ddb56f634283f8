"""Everything is closed that is not opened: to nobody, to lower roles, and to other teams."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from flyball.api import urls
from flyball.api.wrong_keys import WRONG_KEYS
from flyball.control.accounts import services as accounts
from flyball.control.accounts.models import ApiKey, Team
from flyball.control.registry.models import Version
from flyball.control.routing.models import RouteRevision
from flyball.domain.access import key_digest
from flyball.serving.http.door import MOST_WRONG_KEYS
from tests.addresses import concrete
from tests.api.conftest import Ask

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
JOB = "019a0000-0000-7000-8000-000000000000"
ALLOWED = [
    # method, path, lowest role that may
    ("GET", "openapi.json", "caller"),
    ("GET", "endpoints", "viewer"),
    ("GET", "endpoints/purchase", "viewer"),
    ("GET", "endpoints/purchase/routes", "viewer"),
    ("GET", "endpoints/purchase/versions", "viewer"),
    ("GET", "endpoints/purchase/versions/1", "viewer"),
    ("GET", "endpoints/purchase/versions/1/files.zip", "member"),
    ("GET", "endpoints/purchase/versions/1/effect", "viewer"),
    ("GET", "endpoints/purchase/versions/1/diagnostics", "viewer"),
    ("POST", "endpoints/purchase/versions/1/diagnostics", "owner"),
    ("GET", "endpoints/purchase/versions/1/card", "viewer"),
    ("GET", "endpoints/purchase/versions/1/card.md", "viewer"),
    ("GET", "endpoints/purchase/backtests", "viewer"),
    ("POST", "endpoints/purchase/backtests", "owner"),
    ("GET", "endpoints/purchase/backtests/1", "viewer"),
    ("POST", "endpoints/purchase/versions/1/effect", "owner"),
    ("GET", "endpoints/purchase/uploads", "viewer"),
    ("PUT", "endpoints/purchase/uploads/nightly", "owner"),
    ("DELETE", "endpoints/purchase/uploads/999999", "owner"),
    ("GET", "endpoints/purchase/batches", "viewer"),
    ("POST", "endpoints/purchase/batches", "owner"),
    ("GET", "endpoints/purchase/batches/1", "viewer"),
    ("GET", "endpoints/purchase/batches/1/answers", "member"),
    ("GET", "endpoints/purchase/batches/1/rejects", "member"),
    ("GET", "endpoints/purchase/builds", "viewer"),
    ("GET", "endpoints/purchase/snapshots", "viewer"),
    ("GET", "endpoints/purchase/snapshots/latest", "viewer"),
    ("GET", "endpoints/purchase/snapshots/latest/rows.parquet", "viewer"),
    ("GET", "endpoints/purchase/outcomes", "viewer"),
    ("POST", "endpoints/purchase/outcomes/1/resolve", "member"),
    ("POST", "endpoints/purchase/outcomes/1/retract", "member"),
    ("PATCH", "endpoints/purchase/entities/1", "member"),
    ("POST", "endpoints/purchase/promote", "owner"),
    ("POST", "endpoints/purchase/rollback", "owner"),
    ("PUT", "endpoints/purchase/fallback", "owner"),
    ("DELETE", "endpoints/purchase/fallback", "owner"),
    ("POST", "endpoints/purchase/retire", "owner"),
    ("PATCH", "endpoints/purchase/versions/999999", "owner"),
    ("DELETE", "endpoints/purchase/versions/999999", "owner"),
    ("GET", "endpoints/purchase/schedules", "viewer"),
    ("POST", "endpoints/purchase/schedules", "owner"),
    ("GET", "endpoints/purchase/schedules/nightly", "viewer"),
    ("DELETE", "endpoints/purchase/schedules/nightly", "owner"),
    ("POST", "endpoints/purchase/schedules/nightly/pause", "owner"),
    ("POST", "endpoints/purchase/schedules/nightly/resume", "owner"),
    ("GET", "endpoints/purchase/tests", "viewer"),
    ("POST", "endpoints/purchase/tests", "owner"),
    ("POST", "endpoints/purchase/tests/plan", "owner"),
    ("GET", "endpoints/purchase/tests/1", "viewer"),
    ("GET", "endpoints/purchase/tests/1/band", "viewer"),
    ("POST", "endpoints/purchase/tests/1/weights", "owner"),
    ("POST", "endpoints/purchase/tests/1/stop", "owner"),
    ("POST", "endpoints/purchase/tests/1/recount", "owner"),
    ("GET", "endpoints/purchase/shadows", "viewer"),
    ("POST", "endpoints/purchase/shadows", "owner"),
    ("GET", "endpoints/purchase/shadows/1", "viewer"),
    ("DELETE", "endpoints/purchase/shadows/999999", "owner"),
    ("GET", "jobs", "viewer"),
    ("GET", f"jobs/{JOB}", "viewer"),
    ("POST", f"jobs/{JOB}/cancel", "owner"),
    ("POST", f"jobs/{JOB}/retry", "owner"),
    ("POST", "endpoints/purchase/builds", "owner"),
    ("POST", "endpoints/purchase/snapshots", "owner"),
    ("GET", "keys", "owner"),
    ("POST", "keys", "owner"),
    ("DELETE", "keys/999999", "owner"),
]
ROLES = ("viewer", "member", "owner")
ANY = "caller"
"""The lowest role of what every key may."""
VALUES = (
    ("<str:endpoint>", "purchase"),
    ("<int:number>", "1"),
    ("<str:digest>", "latest"),
    ("<path:key>", "1"),
    ("<str:identity>", JOB),
    ("<str:name>", "nightly"),
)


@pytest.mark.django_db
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", [path or "somewhere/else" for path in concrete(urls.urlpatterns, VALUES)])
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


def test_wrong_keys_are_told_to_wait_and_right_ones_never_are(ask: Ask) -> None:
    answers = [ask("fb_wrong", "GET", "endpoints") for _ in range(MOST_WRONG_KEYS + 1)]
    assert [answer.status_code for answer in answers] == [401] * (MOST_WRONG_KEYS - 1) + [429] * 2
    assert answers[-1].json()["code"] == "too_many_tries"
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
    assert ask("viewer", "GET", "endpoints").status_code == 200
    assert ask(None, "GET", "endpoints").status_code == 401  # no key is no try


def test_wrong_keys_from_elsewhere_are_counted_apart(ask: Ask) -> None:
    for _ in range(MOST_WRONG_KEYS):
        ask("fb_wrong", "GET", "endpoints")
    wrong = {"Authorization": "Bearer fb_wrong"}
    there = Client(headers=wrong, REMOTE_ADDR="192.0.2.7").get("/api/endpoints")
    forged = Client(headers=wrong | {"X-Forwarded-For": "192.0.2.8"}).get("/api/endpoints")
    assert (there.status_code, forged.status_code) == (401, 429)


def test_no_answer_is_kept_on_the_way(ask: Ask, version: Version) -> None:
    for method, path, role in ALLOWED:
        if method == "GET":
            kept = "private, no-cache" if path == "openapi.json" else "no-store"
            assert ask(role, method, path)["Cache-Control"] == kept, path
    for who in ("viewer", "fb_wrong", None):
        assert ask(who, "GET", "nowhere")["Cache-Control"] == "no-store"


def test_a_revoked_key_is_nobody(ask: Ask, keys: dict[str, str]) -> None:
    accounts.revoke_key(key=ApiKey.objects.get(digest=key_digest(keys["owner"])))
    assert ask("owner", "GET", "endpoints").status_code == 401


def test_a_role_may_what_is_open_to_it_and_nothing_above(ask: Ask, version: Version) -> None:
    for method, path, role in ALLOWED:
        open_to = ROLES if role == ANY else ROLES[ROLES.index(role) :]
        refused = {held for held in ROLES if ask(held, method, path).status_code in {401, 403, 405}}
        assert refused == set(ROLES) - set(open_to), (method, path)


def test_every_route_and_method_that_is_open_to_anybody_is_in_the_table() -> None:
    opened = set()
    for pattern, path in zip(urls.urlpatterns, concrete(urls.urlpatterns, VALUES), strict=True):
        roles = getattr(pattern.callback, "cls", None).roles  # type: ignore[union-attr]  # a view's
        opened |= {(method, path, role) for method, role in roles.items()}
    known = {(method, path.replace("999999", "1"), role) for method, path, role in ALLOWED}
    assert opened - {("GET", "endpoints/purchase/builds/1", "viewer")} == known


IDENTITIES = [
    # who asks, the role that they have in the endpoint's team, why
    (None, "", "nobody"),
    ("fb_nonsense", "", "a key that was never issued"),
    ("caller", "", "a key of the team that only asks the data plane"),
    ("viewer", "viewer", "a key of the team"),
    ("member", "member", "a key of the team"),
    ("owner", "owner", "a key of the team"),
    ("elsewhere", "", "an owner's key of the team, for another endpoint"),
    ("stranger", "", "an owner's key of another team"),
    ("ada", "viewer", "signed in, a member of both teams with different roles"),
    ("eve", "", "signed in, a member of the other team"),
    ("root", "", "signed in, a superuser without membership"),
]


ADA = {"lending": "viewer", "sales": "owner"}
EVE = {"sales": "owner"}


def sign_in(name: str) -> Client:
    """A client with somebody's session."""
    users = get_user_model().objects
    user = users.create_superuser(name) if name == "root" else users.create_user(name)
    lending, sales = Team.objects.get(slug="lending"), Team.objects.get(slug="sales")
    for team, role in {"ada": ((lending, "viewer"), (sales, "owner")), "eve": ((sales, "owner"),)}.get(
        name, ()
    ):
        accounts.add_member(team=team, user=user, role=role)
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize(("who", "held", "why"), IDENTITIES)
def test_an_endpoint_is_open_to_its_own_team_by_role(
    who: str | None, held: str, why: str, ask: Ask, version: Version
) -> None:
    signed_in = sign_in(who) if who in {"ada", "eve", "root"} else None
    refusal = (401, "unauthenticated") if who in {None, "fb_nonsense"} else (404, "unknown_endpoint")
    for method, path, role in ALLOWED:
        if not path.startswith("endpoints/"):
            continue
        WRONG_KEYS.forget("127.0.0.1")  # more are tried than an address has
        answer = ask(who, method, path) if signed_in is None else signed_in.generic(method, f"/api/{path}")
        found = None if answer.status_code < 400 else (answer.status_code, answer.json()["code"])
        if held and role in ROLES[: ROLES.index(held) + 1]:
            assert found not in {(401, "unauthenticated"), (403, "forbidden"), (404, "unknown_endpoint")}, why
        else:
            assert found == ((403, "forbidden") if held else refusal), (why, method, path)


def test_no_view_has_a_rule_of_its_own_about_teams() -> None:
    rule = re.compile(r"\.objects\b|team__|\.teams\(|\.roles\b(?!\.get)|\.require\(")
    folder = Path(urls.__file__).parent
    views = [
        path for path in sorted(folder.rglob("*.py")) if path.parent.name != "described"
    ]  # it reads them
    found = {path.name: rule.findall(path.read_text()) for path in views}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_every_other_method_is_refused(ask: Ask, version: Version) -> None:
    for path in sorted({path for _, path, _ in ALLOWED}):
        closed = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
        closed -= {method for method, other, _ in ALLOWED if _pattern(other) == _pattern(path)}
        codes = {method: ask("owner", method, path).json()["code"] for method in closed}
        assert codes == dict.fromkeys(closed, "method_not_allowed"), path


def _pattern(path: str) -> str:
    """What has one pattern: version 1 is there, version 999999 is not."""
    return path.replace("999999", "1")


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
    assert ask("elsewhere", "GET", "endpoints").json() == {"endpoints": []}
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
