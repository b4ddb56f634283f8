"""Signing in with a provider: it says who somebody is, and an invitation says what they may."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from django.conf import settings as current
from django.test import Client
from django.urls import clear_url_caches

from flyball import config
from flyball.control.accounts.selectors import members
from flyball.control.accounts.services import ensure_team, invite
from flyball.project import urls
from flyball.project.accounts import addresses, oidc
from flyball.project.accounts.adapters import SocialAdapter
from flyball.project.models import User
from tests.shell import Shell

ISSUER = "https://login.example.org/us"
SECRET = "a secret of the provider's"
PARTS = {
    "FLYBALL_OIDC_ISSUER": ISSUER,
    "FLYBALL_OIDC_CLIENT_ID": "flyball",
    "FLYBALL_OIDC_CLIENT_SECRET": SECRET,
}
LOGIN = "/account/oidc/sso/login/"
pytestmark = pytest.mark.django_db


class Provider:
    """What ``requests`` would bring from the provider."""

    claims: ClassVar[dict[str, Any]] = {}
    status_code = 200
    headers: ClassVar[dict[str, str]] = {"content-type": "application/json"}
    text = "{"

    def __enter__(self) -> Provider:
        return self

    def __exit__(self, *_: object) -> None: ...

    def get(self, url: str, **_: Any) -> Provider:
        """A document."""
        self.url = url
        return self

    def request(self, method: str, url: str, **_: Any) -> Provider:
        """A token."""
        return self.get(url)

    def raise_for_status(self) -> None:
        """It is well."""

    def json(self) -> dict[str, Any]:
        """What it says."""
        if self.url == f"{ISSUER}/.well-known/openid-configuration":
            places = ("authorization", "token", "userinfo")
            return {f"{each}_endpoint": f"{ISSUER}/{each}" for each in places}
        return {"access_token": "token"} if self.url == f"{ISSUER}/token" else self.claims


def reload() -> None:
    """The addresses, as the settings now say."""
    importlib.reload(addresses)
    importlib.reload(urls)
    clear_url_caches()


@pytest.fixture
def provider(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Provider]]:
    """A server with a provider."""
    own = msgspec.structs.replace(
        current.FLYBALL, oidc_issuer=ISSUER, oidc_client_id="flyball", oidc_client_secret=SECRET
    )
    settings.FLYBALL, settings.SOCIALACCOUNT_PROVIDERS = own, oidc.providers(own)
    monkeypatch.setattr(SocialAdapter, "get_requests_session", lambda self: Provider())
    reload()
    yield Provider
    settings.SOCIALACCOUNT_PROVIDERS = {}
    reload()


def come(client: Client, sub: str, path: str = LOGIN, **claims: Any) -> Any:
    """Go to the provider and come back as one of its accounts."""
    Provider.claims = {"sub": sub, **claims}
    away = client.post(path)
    assert away["Location"].startswith(f"{ISSUER}/authorization?")
    asked = parse_qs(urlsplit(away["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert set(asked["scope"][0].split()) == {"openid", "profile"}
    return client.get(f"{LOGIN}callback/", {"code": "c", "state": asked["state"][0]})


def test_there_is_no_address_and_no_button_by_default() -> None:
    assert Client().get(LOGIN).status_code == 404
    assert Client().get("/account/connections").status_code == 404
    page = Client().get("/sign-in")
    assert "single sign-on" not in page.content.decode()
    assert "form-action 'self';" in page["Content-Security-Policy"]


@pytest.mark.parametrize("parts", [{}, PARTS], ids=["none", "one"])
def test_a_process_loads_what_speaks_with_providers_where_there_is_one(
    tmp_path: Path, parts: dict[str, str]
) -> None:
    lines = (
        "import sys, django",
        "django.setup()",
        "print('requests' in sys.modules)",
        "from allauth.socialaccount.providers import registry",
        "print(*[provider.id for provider in registry.get_class_list()])",
    )
    own = {"DJANGO_SETTINGS_MODULE": "flyball.project.settings", "FLYBALL_HOME": str(tmp_path / "home")}
    said = Shell(tmp_path, {**own, **parts}).run("python", "-c", "; ".join(lines)).stdout
    assert said.split() == (["True", "openid_connect"] if parts else ["False"])


def test_an_account_that_nobody_knows_is_not_let_in(provider: object) -> None:
    User.objects.create_user("ada", email="ada@example.org", password="a good one")
    page = Client().get("/sign-in")
    assert "Sign in with single sign-on" in page.content.decode()
    assert "form-action 'self' https://login.example.org;" in page["Content-Security-Policy"]
    client = Client()
    answer = come(client, "1", email="ada@example.org", email_verified=True, preferred_username="ada")
    assert "By invitation" in answer.content.decode()
    assert client.get("/")["Location"].startswith("/sign-in")
    assert User.objects.count() == 1
    assert not SocialAccount.objects.exists()


def test_an_invitation_makes_an_account_and_then_the_provider_signs_in(provider: object) -> None:
    _, text = invite(team=ensure_team(slug="lending"), role="viewer")
    client = Client()
    page = client.get("/sign-in", {"next": f"/join/{text}"}).content.decode()
    assert f"next=%2Fjoin%2F{text}" in page
    said = {"preferred_username": "ada", "email": "root@example.org", "email_verified": True}
    answer = come(client, "1", f"{LOGIN}?next=/join/{text}", **said)
    assert answer["Location"] == f"/join/{text}"
    assert not members().exists()  # nothing yet
    assert client.post(f"/join/{text}")["Location"] == "/"
    (member,) = members()
    assert (member.user.username, member.user.email, member.role) == ("ada", "", "viewer")
    assert not member.user.has_usable_password()
    again = Client()
    assert come(again, "1")["Location"] == "/"
    assert again.get("/").status_code == 200
    assert "By invitation" in come(Client(), "2", f"{LOGIN}?next=/join/{text}").content.decode()  # it is used


def test_who_is_signed_in_connects_an_account_after_a_proof(provider: object) -> None:
    User.objects.create_user("ada", password="a good one")
    client = Client()
    client.post("/sign-in", {"login": "ada", "password": "a good one"})
    assert client.get("/account/connections").status_code == 200
    assert come(client, "7", f"{LOGIN}?process=connect")["Location"] == "/account/connections"
    other = Client()
    assert come(other, "7")["Location"] == "/"
    assert SocialAccount.objects.get().user.get_username() == "ada"


def test_a_provider_that_does_not_answer_is_a_page_and_no_mistake(
    provider: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise requests.ConnectionError(SECRET)

    monkeypatch.setattr(Provider, "get", fail)
    for answer in (Client().post(LOGIN), Client().get(f"{LOGIN}callback/?code=c&state=s")):
        assert answer.status_code in (401, 502)
        text = answer.content.decode()
        assert "Flyball" in text
        assert SECRET not in text


def test_the_secret_is_in_no_log_and_on_no_page(provider: object, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        pages = [Client().get("/sign-in"), come(Client(), "1"), Client().get(f"{LOGIN}callback/?error=no")]
    assert SECRET not in caplog.text + "".join(page.content.decode() for page in pages)


def test_a_part_of_the_settings_is_refused_by_name() -> None:
    whole = {"FLYBALL_HOME": "x", "FLYBALL_OIDC_ISSUER": ISSUER, "FLYBALL_OIDC_CLIENT_SECRET": SECRET}
    with pytest.raises(ValueError, match="FLYBALL_OIDC_CLIENT_ID") as refused:
        oidc.providers(config.load(whole))
    assert SECRET not in str(refused.value)
    with pytest.raises(ValueError, match="FLYBALL_OIDC_ISSUER"):
        config.load({"FLYBALL_HOME": "x", "FLYBALL_OIDC_ISSUER": "login.example.org"})
