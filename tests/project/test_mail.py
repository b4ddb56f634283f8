"""Invitations by mail: sent where there is a server, and a clear sentence where there is none."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail as outgoing

from flyball.control.accounts.models import Invitation
from flyball.control.accounts.services import ensure_team
from flyball.project.mail import Mail, mail
from flyball.stores.database import Database
from tests.cli.conftest import Typed

INVITE = ("people", "invite", "--role", "member", "--mail")


@pytest.fixture(autouse=True)
def team(database: Database) -> None:
    """The first team."""
    ensure_team(slug="default")


def test_an_invitation_is_mailed_as_well_as_printed() -> None:
    made = Typed().json(*INVITE, "eve@example.org")
    (sent,) = outgoing.outbox
    assert sent.to == ["eve@example.org"]
    assert re.findall(r"http\S+", str(sent.body)) == [made["link"]]
    assert "member" in sent.body


def test_without_a_mail_server_nothing_is_made_and_the_command_says_why(settings: Any) -> None:
    settings.EMAIL_BACKEND = mail("").backend
    assert "FLYBALL_MAIL_URL" in Typed()(*INVITE, "eve@example.org", exits=1).stderr
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("address", ["", "eve", "eve@example.org\nBcc: all@example.org", "a@b@c", "\x00"])
def test_what_is_no_address_gets_no_mail(address: str) -> None:
    Typed()(*INVITE, address, exits=1)
    assert not outgoing.outbox
    assert not Invitation.objects.exists()


def test_a_server_that_takes_nothing_leaves_the_printed_link(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    done = Typed()(*INVITE, "eve@example.org", exits=1)
    assert "/join/" in done.stdout
    assert "did not take it" in done.stderr


def test_a_url_names_the_server() -> None:
    assert mail("smtp://a:b%40c@mail.example.org")[1:] == (
        "mail.example.org", 587, "a", "b@c", True, False,
    )  # fmt: skip
    assert mail("smtps://mail.example.org").port == 465
    assert mail("smtps://mail.example.org").is_tls
    assert not mail("smtp://localhost:25").starts_tls
    assert mail("") == Mail()


@pytest.mark.parametrize("url", ["x", "smtp://", "http://a:secret@b", "smtp://a:secret@b:x"])
def test_another_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match="FLYBALL_MAIL_URL") as refused:
        mail(url)
    assert "secret" not in str(refused.value)
