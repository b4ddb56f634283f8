"""People and keys in the console: invited, changed, removed; made, shown once, revoked."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from flyball.control.accounts import services
from flyball.control.accounts.models import ApiKey, Invitation, Membership
from flyball.control.accounts.services import ensure_team
from flyball.control.registry.models import Version
from flyball.domain.access import key_digest
from flyball.domain.errors import Conflict
from flyball.domain.records import now
from tests.console.conftest import Browser

pytestmark = pytest.mark.storage


def text(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.content
    return answer.content.decode()


def test_an_invitation_is_made_shown_once_and_withdrawn(browser: Browser) -> None:
    owner = browser("owner")
    page = owner.post("/people/invite", {"role": "viewer"}).content.decode()
    (link,) = re.findall(r"http://testserver(/join/[\w-]+)", page)
    assert link not in text(owner, "/people/invite")
    made = Invitation.objects.get()
    assert f"/people/invitations/{made.pk}/withdraw" in text(owner, "/people")
    assert owner.post(f"/people/invitations/{made.pk}/withdraw").status_code == 302
    assert "None." in text(owner, "/people")
    assert browser("guest").post(link).status_code == 404


@pytest.mark.parametrize("sent", [{}, {"role": "king"}, {"role": "viewer", "team": "sales"}])
def test_an_invitation_that_does_not_fit_is_refused(browser: Browser, sent: dict[str, str]) -> None:
    ensure_team(slug="sales")
    assert browser("owner").post("/people/invite", sent).status_code in {404, 422}
    assert not Invitation.objects.exists()


def test_a_member_gets_another_role_and_leaves(browser: Browser) -> None:
    owner, viewer = browser("owner"), browser("viewer")
    assert "viewer" in text(viewer, "/people")
    member = Membership.objects.get(user__username="viewer")
    address = f"/people/members/{member.pk}"
    assert "Remove from" in text(owner, address)
    assert owner.post(address, {"role": "member"}).status_code == 302
    member.refresh_from_db()
    assert member.role == "member"
    assert owner.post(address, {"role": "king"}).status_code == 422
    assert owner.post(f"{address}/remove").status_code == 302
    assert "You belong to no team" in text(viewer, "/people")


def test_the_last_owner_stays_one(browser: Browser) -> None:
    owner = browser("owner")
    own = Membership.objects.get(user__username="owner")
    for address, sent in (
        (f"/people/members/{own.pk}", {"role": "viewer"}),
        (f"/people/members/{own.pk}/remove", {}),
    ):
        answer = owner.post(address, sent)
        assert answer.status_code == 409
        assert "last owner" in answer.content.decode()
    assert owner.post(f"/people/members/{own.pk}", {"role": "owner"}).status_code == 302


def test_an_owner_of_one_team_changes_nobody_of_another(browser: Browser) -> None:
    browser("viewer")
    stranger = browser("stranger")
    member = Membership.objects.get(user__username="viewer")
    assert "viewer@" not in text(stranger, "/people")
    assert f"/people/members/{member.pk}" not in text(stranger, "/people")
    for address in (f"/people/members/{member.pk}", f"/people/members/{member.pk}/remove"):
        assert stranger.post(address, {"role": "owner"}).status_code == 404
    Membership.objects.create(
        user=get_user_model().objects.get(username="stranger"), team=member.team, role="viewer"
    )
    assert stranger.post(f"/people/members/{member.pk}", {"role": "owner"}).status_code == 403


def at_once(*acts: Callable[[], object]) -> list[object]:
    """What came of acts that threads do at the same time: an error is a result too."""
    barrier, results = threading.Barrier(len(acts)), list[object]()

    def run(act: Callable[[], object]) -> None:
        try:
            barrier.wait()
            results.append(act())
        except Conflict as error:
            results.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return results


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_remove_each_other_leave_one(database: object) -> None:
    for turn in range(5):
        team = ensure_team(slug=f"team{turn}")
        pair = [get_user_model().objects.create_user(f"{name}{turn}") for name in ("ada", "bob")]
        for user in pair:
            services.add_member(team=team, user=user, role="owner")
        acts = [lambda user=user, team=team: services.remove_member(team=team, user=user) for user in pair]
        results = at_once(*acts)
        assert sum(isinstance(each, Conflict) for each in results) == 1
        assert Membership.objects.filter(team=team, role="owner").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_invitations_that_are_accepted_at_once_the_higher_role_counts(database: object) -> None:
    for turn in range(5):
        team = ensure_team(slug=f"team{turn}")
        user = get_user_model().objects.create_user(f"ada{turn}")
        texts = [services.invite(team=team, role=role)[1] for role in ("owner", "viewer")]
        at_once(*[lambda text=text, user=user: services.accept(text=text, user=user) for text in texts])
        assert Membership.objects.get(team=team, user=user).role == "owner"


def test_a_key_is_made_shown_once_and_revoked(browser: Browser, version: Version) -> None:
    owner = browser("owner")
    sent = {"role": "caller", "label": "shop", "endpoints": "purchase", "ends_at": "2999-12-31"}
    answer = owner.post("/keys/new", sent)
    assert answer["Cache-Control"] == "no-store"
    (key,) = re.findall(r"fb_[\w-]{20,}", answer.content.decode())
    made = ApiKey.objects.get(label="shop")
    assert (made.digest, made.role, made.endpoints) == (key_digest(key), "caller", ["purchase"])
    for address in ("/keys", "/keys/new", f"/keys/{made.pk}/revoke"):
        assert key not in text(owner, address)
    assert owner.post(f"/keys/{made.pk}/revoke").status_code == 302
    assert "revoked" in text(owner, "/keys")


@pytest.mark.parametrize(
    "sent",
    [
        {"role": "king", "label": "x"},
        {"role": "viewer", "label": "x" * 201},
        {"role": "viewer", "label": "a\x00b"},
        {"role": "viewer", "label": "x", "endpoints": "nothing-of-mine"},
        {"role": "viewer", "label": "x", "endpoints": "a\x00b"},
        {"role": "viewer", "label": "x", "ends_at": "someday"},
        {"role": "viewer", "label": "x", "ends_at": "1999-01-01"},
        {"role": "viewer", "label": "x", "team": "sales"},
    ],
)
def test_a_key_that_does_not_fit_is_not_made(browser: Browser, sent: dict[str, str]) -> None:
    before = ApiKey.objects.count()
    assert browser("owner").post("/keys/new", sent).status_code in {404, 422}
    assert ApiKey.objects.count() == before


def test_keys_come_in_pages(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flyball.console.frame.paging.SHOWN", 2)
    owner = browser("owner")
    team = Membership.objects.get(user__username="owner").team
    for number in range(3):
        services.issue_key(team=team, role="viewer", label=f"key {number}")
    page = text(owner, "/keys")
    assert "key 0" not in page
    (older,) = re.findall(r"/keys\?before=\d+", page)
    assert "key 0" in text(owner, older)
    text(owner, "/keys?before=x", 404)


def test_what_ends_a_key_or_an_invitation_asks_for_proof(browser: Browser, settings: Any) -> None:
    owner, team = browser("owner"), ensure_team(slug="lending")
    made, _ = services.invite(team=team, role="viewer")
    key, _ = services.issue_key(team=team, role="viewer", label="shop")
    addresses = (f"/people/invitations/{made.pk}/withdraw", f"/keys/{key.pk}/revoke")
    for address in addresses:
        assert "It cannot be taken back" in text(owner, address)
    settings.FLYBALL_PROOF = "tests.console.test_proof.asks"
    for address in addresses:
        for answer in (owner.get(address), owner.post(address)):
            assert (answer.status_code, answer["Location"]) == (302, "/prove")
    made.refresh_from_db()
    key.refresh_from_db()
    assert made.ends_at > now()
    assert key.revoked_at is None


def test_hundreds_of_members_come_in_pages_in_as_many_queries(browser: Browser) -> None:
    owner, team = browser("owner"), ensure_team(slug="lending")
    text(owner, "/people")  # what is asked once a session
    with CaptureQueriesContext(connection) as few:
        text(owner, "/people")
    users = get_user_model().objects
    users.bulk_create(users.model(username=f"person-{number:03}") for number in range(120))
    added = users.filter(username__startswith="person-").order_by("username")
    Membership.objects.bulk_create(Membership(user=each, team=team, role="viewer") for each in added)
    services.invite(team=team, role="viewer")
    path, seen, pages = "/people", [], 0
    while path:
        with CaptureQueriesContext(connection) as many:
            page = text(owner, path)
        assert len(many) <= len(few)
        assert ("/withdraw" in page) is (pages == 0)
        seen += re.findall(r'<th scope="row">(person-\d+)', page)
        older = re.findall(r'href="(/people\?before=\d+)"', page)
        path, pages = older[0] if older else "", pages + 1
    assert seen == [f"person-{number:03}" for number in range(120)]
    assert pages == 3
    text(owner, "/people?before=x", 404)
    assert "There is none after that" in text(owner, "/people?before=" + "9" * 18)
