"""What browsers are told about every kind of answer, as checkers of web sites ask for it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from flyball.project.models import User

ADMIN = "/admin/"
SAID = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
ANYBODY = ["/sign-in", "/join/unknown", "/nowhere", "/api/endpoints", "/account/protection/authenticate/"]
SIGNED_IN = [
    "/",
    "/jobs",
    "/account/protection/",
    "/account/protection/totp/activate/",
    "/account/protection/webauthn/add/",
    "/account/password",
    "/account/sessions",
    "/account/prove",
]
pytestmark = pytest.mark.django_db


@pytest.fixture
def root() -> Client:
    """Somebody who may everything, signed in by https."""
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.create_superuser("root", password="a good one"))
    return client


def policy(answer: Any) -> dict[str, str]:
    """The parts of a Content-Security-Policy."""
    parts = (part.strip().partition(" ") for part in answer["Content-Security-Policy"].split(";"))
    return {name: rest for name, _, rest in parts}


@pytest.mark.parametrize("path", ANYBODY + SIGNED_IN)
def test_every_answer_is_strict(root: Client, path: str) -> None:
    client = Client() if path in ANYBODY else root
    answer = client.get(path, secure=True)
    assert {name: answer[name] for name in SAID} == SAID
    assert "no-store" in answer["Cache-Control"]
    said = policy(answer)
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert (said["default-src"], said["frame-ancestors"], said["base-uri"]) == ("'none'",) * 3
    text = answer.content.decode()
    for inline in (" style=", " onclick=", "<style", "javascript:"):
        assert inline not in text
    assert text.count("<script") == text.count("<script src=") + text.count('type="application/json"')


def test_a_form_without_its_token_is_refused_in_the_same_looks() -> None:
    answer = Client(enforce_csrf_checks=True).post("/sign-in", {"login": "ada"})
    assert answer.status_code == 403
    assert "Not sent" in answer.content.decode()
    assert "unsafe" not in answer["Content-Security-Policy"]


def test_the_admin_has_a_policy_of_its_own_and_loads_nothing_from_elsewhere(root: Client) -> None:
    answer = root.get(ADMIN, secure=True)
    assert answer.status_code == 200
    assert {name: answer[name] for name in SAID} == SAID
    said = policy(answer)
    assert (said["default-src"], said["frame-ancestors"], said["base-uri"]) == ("'self'", "'none'", "'none'")
    assert "http" not in answer["Content-Security-Policy"]


def test_https_is_said_to_last_and_cookies_stay_with_it(settings: Any) -> None:
    settings.SECURE_HSTS_SECONDS, settings.SESSION_COOKIE_SECURE = 31_536_000, True
    settings.CSRF_COOKIE_SECURE = True
    User.objects.create_user("ada", password="a good one")
    client = Client()
    assert client.get("/sign-in", secure=True)["Strict-Transport-Security"] == "max-age=31536000"
    answer: Any = client.post("/sign-in", {"login": "ada", "password": "a good one"}, secure=True)
    for name in ("sessionid", "flyball_known"):
        cookie = answer.cookies[name]
        assert cookie["secure"]
        assert cookie["httponly"]
        assert cookie["samesite"] in ("Lax", "Strict")
