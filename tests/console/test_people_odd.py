"""People and keys where it is delicate: several teams, oneself, who may sign in no more, and secrets."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flyball.control.accounts import services
from flyball.control.accounts.models import ApiKey, Invitation, Membership
from flyball.control.accounts.services import ensure_team
from flyball.domain.records import now
from tests.console.conftest import Browser

pytestmark = pytest.mark.storage


def member(name: str, role: str, team: str = "lending", **values: Any) -> Membership:
    user, _ = get_user_model().objects.get_or_create(username=name, defaults=values)
    return services.add_member(team=ensure_team(slug=team), user=user, role=role)


def own(name: str = "owner") -> Membership:
    return Membership.objects.get(user__username=name, team__slug="lending")


def test_an_owner_who_may_sign_in_no_more_is_no_other_owner(browser: Browser) -> None:
    client = browser("owner")
    gone = member("gone", "owner", is_active=False)
    assert "switched off" in client.get("/people").content.decode()
    for address, sent in (
        (f"/people/members/{own().pk}", {"role": "viewer"}),
        (f"/people/members/{own().pk}/remove", {}),
    ):
        answer = client.post(address, sent)
        assert answer.status_code == 409
        assert "last owner" in answer.content.decode()
    assert client.post(f"/people/members/{gone.pk}/remove").status_code == 302  # the active one stays
    assert own().role == "owner"


def test_who_may_sign_in_no_more_sees_no_page(browser: Browser) -> None:
    client = browser("owner")
    get_user_model().objects.filter(username="owner").update(is_active=False)
    for path in ("/people", "/keys", "/people/invite"):
        assert client.get(path)["Location"].startswith("/sign-in?next=")


def test_an_owner_leaves_where_another_stays(browser: Browser) -> None:
    client = browser("owner")
    member("ada", "owner")
    assert client.post(f"/people/members/{own().pk}/remove").status_code == 302
    assert "You belong to no team" in client.get("/people").content.decode()
    assert client.get("/keys").status_code == 403


def test_who_owns_one_team_only_reads_another(browser: Browser) -> None:
    client = browser("owner")
    theirs, colleague, mine = (
        member("bob", "member", "sales"),
        member("owner", "viewer", "sales"),
        member("ada", "viewer"),
    )
    assert colleague.role == "viewer"
    services.invite(team=theirs.team, role="owner")
    key, _ = services.issue_key(team=theirs.team, role="viewer", label="their-key")
    page = client.get("/people").content.decode()
    assert "bob" in page
    assert f"/people/members/{mine.pk}" in page
    assert f"/people/members/{theirs.pk}" not in page
    assert "None." in page  # no invitation of theirs
    assert "their-key" not in client.get("/keys").content.decode()
    for address, sent, status in (
        (f"/people/members/{theirs.pk}", {"role": "viewer"}, 403),
        (f"/people/members/{theirs.pk}/remove", {}, 403),
        (f"/people/invitations/{Invitation.objects.get().pk}/withdraw", {}, 404),
        (f"/keys/{key.pk}/revoke", {}, 404),
        ("/people/invite", {"role": "viewer", "team": "sales"}, 404),
        ("/keys/new", {"role": "viewer", "label": "x", "team": "sales"}, 404),
    ):
        assert client.post(address, sent).status_code == status, address
    assert (Invitation.objects.count(), ApiKey.objects.count()) == (1, 1)


def test_an_invitation_that_is_over_is_neither_listed_nor_accepted(browser: Browser) -> None:
    client = browser("owner")
    made, text = services.invite(team=own().team, role="owner")
    assert "/withdraw" in client.get("/people").content.decode()
    Invitation.objects.filter(pk=made.pk).update(ends_at=now() - timedelta(seconds=1))
    assert "/withdraw" not in client.get("/people").content.decode()
    assert client.post(f"/people/invitations/{made.pk}/withdraw").status_code == 404
    assert browser("stranger").post(f"/join/{text}").status_code == 404
    assert not Membership.objects.filter(user__username="stranger", team=own().team).exists()


def test_the_texts_of_keys_and_invitations_are_in_no_table_and_no_log(
    browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    client = browser("owner")
    caplog.set_level(logging.DEBUG)
    pages = [client.post("/keys/new", {"role": "caller", "label": "shop"})]
    pages.append(client.post("/people/invite", {"role": "viewer"}))
    (key,) = re.findall(r"fb_[\w-]{20,}", pages[0].content.decode())
    (link,) = re.findall(r"/join/([\w-]+)", pages[1].content.decode())
    stored = [str(row) for model in apps.get_models() for row in model._default_manager.values()]
    assert any("shop" in row for row in stored)
    for secret in (key, link):
        assert not any(secret in row for row in stored)
        assert secret not in caplog.text
    for page in pages:
        assert "Location" not in page
        assert page["Cache-Control"] == "no-store"
        assert page["Referrer-Policy"] == "same-origin"


def test_names_with_odd_characters_are_shown_as_text(browser: Browser) -> None:
    client = browser("owner")
    odd = member("eve\x1b[31m<b>\u202e", "viewer")
    services.issue_key(team=odd.team, role="viewer", label="<i>\x1b\u202e")
    for path in ("/people", f"/people/members/{odd.pk}", "/keys"):
        page = client.get(path).content.decode()
        assert "<b>" not in page
        assert "<i>" not in page


def test_since_when_and_by_whom_is_said_where_it_is_known(browser: Browser) -> None:
    client = browser("owner")
    ada = member("ada", "viewer")
    client.post("/keys/new", {"role": "caller", "label": "shop"})
    assert "by owner" in client.get("/keys").content.decode()
    known = client.get("/people").content.decode().count("<time")
    Membership.objects.filter(pk=ada.pk).update(joined_at=None)  # as before that was kept
    assert client.get("/people").content.decode().count("<time") == known - 1
    get_user_model().objects.get(username="owner").delete()
    made = ApiKey.objects.get()
    assert (made.created_by, made.revoked_at) == (None, None)


@pytest.mark.parametrize("path", ["/people", "/keys"])
def test_many_people_and_keys_take_no_more_queries_than_few(browser: Browser, path: str) -> None:
    client = browser("owner")

    def fill(count: int, prefix: str) -> None:
        for number in range(count):
            made = member(f"{prefix}{number}", "viewer")
            services.issue_key(team=made.team, role="viewer", user=made.user)
            services.invite(team=made.team, role="viewer", user=made.user)

    fill(2, "few")
    client.get(path)  # what is asked once a session
    with CaptureQueriesContext(connection) as few:
        client.get(path)
    fill(30, "many")
    with CaptureQueriesContext(connection) as many:
        client.get(path)
    assert len(many) == len(few)
