"""Invitations: one person each, for a while, and an account where there is none yet."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any, ClassVar

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection

from flyball.control.accounts import selectors, services
from flyball.control.accounts.models import Invitation, Membership
from flyball.domain.errors import Conflict, NotFound
from flyball.domain.records import now
from tests.cli.conftest import Typed
from tests.console.conftest import Browser

NEW = {"username": "ada", "password1": "correct horse 7", "password2": "correct horse 7"}


@pytest.fixture
def link(browser: Browser) -> Callable[..., str]:
    """``link(role)``: the path of a new invitation of the lending team."""

    def link(role: str = "owner", **options: Any) -> str:
        team = services.ensure_team(slug="lending")
        return f"/join/{services.invite(team=team, role=role, **options)[1]}"

    return link


def roles() -> dict[str, str]:
    """Who is what in the lending team."""
    return {each.user.get_username(): each.role for each in selectors.members(["lending"])}


def test_an_invitation_makes_an_account_and_a_member_once(browser: Browser, link: Callable[..., str]) -> None:
    path, client = link("owner"), browser(None)
    assert "lending" in client.get(path).content.decode()
    assert client.post(path, NEW)["Location"] == "/"
    assert roles() == {"ada": "owner"}
    assert client.get("/").status_code == 200  # and signed in
    again = browser(None).post(path, {**NEW, "username": "eve"})
    assert again.status_code == 404
    assert not get_user_model().objects.filter(username="eve").exists()


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"password2": "another"}, "didn’t match"),
        ({"password1": "1234", "password2": "1234"}, "too short"),
        ({"username": ""}, "required"),
        ({"username": "<b>"}, "valid username"),
    ],
)
def test_what_is_wrong_with_an_account_is_said_and_uses_nothing_up(
    browser: Browser, link: Callable[..., str], sent: dict[str, str], said: str
) -> None:
    path = link()
    page = browser(None).post(path, NEW | sent).content.decode()
    assert said in page
    assert "<b>" not in page
    assert roles() == {}
    assert browser(None).post(path, NEW).status_code == 302


def test_who_has_an_account_comes_back_after_signing_in(browser: Browser, link: Callable[..., str]) -> None:
    path = link()
    assert f'href="/sign-in?next={path}"' in browser(None).get(path).content.decode()


def test_who_is_signed_in_joins_with_the_account_there_is(browser: Browser, link: Callable[..., str]) -> None:
    path, client = link("member"), browser("stranger")
    assert "stranger becomes" in re.sub(r"<[^>]*>", "", client.get(path).content.decode())
    assert client.post(path)["Location"] == "/"
    assert roles() == {"stranger": "member"}
    assert browser("stranger").post(path).status_code == 404


def test_an_invitation_takes_no_role_away(browser: Browser, link: Callable[..., str]) -> None:
    assert browser("owner").post(link("viewer")).status_code == 302
    assert roles() == {"owner": "owner"}
    assert browser("viewer").post(link("member")).status_code == 302
    assert roles()["viewer"] == "member"


@pytest.mark.parametrize("text", ["", "x", "\x00", "ü" * 300])
def test_an_invitation_that_there_is_not_is_nothing(
    browser: Browser, link: Callable[..., str], text: str
) -> None:
    for who in (None, "owner"):
        for ask in (browser(who).get, browser(who).post):
            assert ask(f"/join/{text}").status_code == 404


def test_an_invitation_ends(browser: Browser, link: Callable[..., str]) -> None:
    path = link(lasts=timedelta(seconds=-1))
    assert browser(None).get(path).status_code == 404
    assert browser("owner").post(path).status_code == 404


def test_only_the_digest_of_an_invitation_is_stored(browser: Browser, link: Callable[..., str]) -> None:
    text = link().removeprefix("/join/")
    (stored,) = Invitation.objects.values()
    assert text not in json.dumps(stored, default=str)


def test_a_team_keeps_its_last_owner(browser: Browser) -> None:
    browser("owner")
    browser("viewer")
    team, owner = services.ensure_team(slug="lending"), get_user_model().objects.get(username="owner")
    with pytest.raises(Conflict):
        services.remove_member(team=team, user=owner)
    services.remove_member(team=team, user=get_user_model().objects.get(username="viewer"))
    with pytest.raises(NotFound):
        services.remove_member(team=team, user=get_user_model().objects.get(username="viewer"))
    assert roles() == {"owner": "owner"}


def test_people_are_invited_listed_and_removed_on_the_command_line(browser: Browser) -> None:
    typed = Typed()
    services.ensure_team(slug="default")
    made = typed.json("people", "invite", "--role", "owner")
    assert made["link"].startswith("http://localhost:")
    assert browser(None).post(made["link"].partition("8000")[2], NEW).status_code == 302
    (listed,) = typed.json("people", "list")
    assert listed.pop("since").startswith(f"{now():%Y-}")
    assert listed == {"name": "ada", "team": "default", "role": "owner"}
    typed("people", "remove", "ada", exits=5)
    services.add_member(
        team=services.ensure_team(slug="default"),
        user=get_user_model().objects.create(username="bob"),
        role="owner",
    )
    assert typed.json("people", "remove", "ada") == {"name": "ada", "team": "default"}
    assert [each["name"] for each in typed.json("people", "list", "--team", "default")] == ["bob"]
    typed("people", "remove", "nobody", exits=1)
    typed("people", "list", "--team", "nowhere", exits=1)
    assert Membership.objects.count() == 1
    assert Invitation.objects.get().ends_at > now()


def at_once(browser: Browser, sends: list[tuple[str, dict[str, str]]]) -> list[int]:
    """The statuses of forms that as many threads send at the same moment."""
    start = Barrier(len(sends))

    def send(one: tuple[str, dict[str, str]]) -> int:
        start.wait()
        try:
            return browser(None).post(*one).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(sends)) as pool:
        return sorted(pool.map(send, sends))


@pytest.mark.storage
def test_of_many_who_accept_one_invitation_at_once_one_gets_an_account(
    browser: Browser, link: Callable[..., str]
) -> None:
    path = link("owner")
    sends = [(path, {**NEW, "username": f"person-{number}"}) for number in range(6)]
    assert at_once(browser, sends) == [302] + [404] * 5
    assert len(roles()) == get_user_model().objects.count() == 1


@pytest.mark.storage
def test_of_many_who_choose_one_name_at_once_one_gets_it(browser: Browser, link: Callable[..., str]) -> None:
    statuses = at_once(browser, [(link("member"), NEW) for _ in range(6)])
    assert statuses.count(302) == 1
    assert set(statuses) <= {200, 302, 409}  # who lost may try again with the same link
    assert Invitation.objects.filter(used_at=None).count() == 5


class Watched(MD5PasswordHasher):
    """Says whether a transaction was open while a password was digested."""

    algorithm = "watched"
    seen: ClassVar[list[bool]] = []

    def encode(self, password: str, salt: str) -> str:
        """The digest."""
        self.seen.append(connection.in_atomic_block)
        return super().encode(password, salt)


def test_nobody_waits_for_the_database_while_a_password_is_digested(
    browser: Browser, link: Callable[..., str], settings: Any
) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.Watched"]
    Watched.seen.clear()
    assert browser(None).post(link(), NEW).status_code == 302
    assert Watched.seen
    assert not any(Watched.seen)


def test_who_joins_is_signed_in_where_a_project_has_a_further_backend(
    browser: Browser, link: Callable[..., str], settings: Any
) -> None:
    settings.AUTHENTICATION_BACKENDS = [
        *settings.AUTHENTICATION_BACKENDS,
        "django.contrib.auth.backends.RemoteUserBackend",
    ]
    client = browser(None)
    assert client.post(link(), NEW).status_code == 302
    assert client.get("/").status_code == 200
