"""Accounts of the ready-made project: a second factor, sessions and proofs; nobody signs up by themselves."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache
from django.test import Client

from flyball.project import logins
from flyball.project.accounts import proof, visits
from flyball.project.models import User

PASSWORD = "a good one"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ada() -> Iterator[User]:
    """Somebody with a password; what earlier tests tried is forgotten."""
    cache.clear()
    yield User.objects.create_user("ada", password=PASSWORD)
    for tries in (logins.BY_NAME, logins.BY_ADDRESS):
        for key in ("127.0.0.1", "127.0.0.1 ada", "known ada"):
            tries.forget(key)


def password(client: Client, text: str = PASSWORD) -> Any:
    """What a password is answered with."""
    return client.post("/sign-in", {"login": "ada", "password": text})


def signed_in() -> Client:
    """A browser in which ada has just signed in."""
    client = Client()
    assert password(client)["Location"] == "/"
    return client


def code(secret: str, later: int = 0) -> str:
    """What an authenticator app shows, so many steps from now."""
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time()) + later))


def turn_on(client: Client) -> str:
    """Turn on the authenticator app; its secret."""
    page = client.get("/account/protection/totp/activate/")
    secret: str = page.context["form"].secret
    done = client.post("/account/protection/totp/activate/", {"code": code(secret)})
    assert done["Location"] == "/account/protection/recovery-codes/"
    cache.clear()  # the code counts as used: it is asked for again in the same half minute
    return secret


def recovery_codes(client: Client) -> list[str]:
    """As the page shows them."""
    return list(client.get("/account/protection/recovery-codes/").context["unused_codes"])


def test_signing_in_takes_a_code_besides_the_password() -> None:
    secret, client = turn_on(signed_in()), Client()
    assert password(client)["Location"] == "/account/protection/authenticate/"
    assert client.get("/")["Location"].startswith("/sign-in")  # not yet
    assert client.get("/admin/")["Location"].startswith("/admin/login/")
    answer = client.post("/account/protection/authenticate/", {"code": code(secret)})
    assert answer["Location"] == "/"
    assert client.get("/").status_code == 200


def test_a_code_is_good_once() -> None:
    secret, first, second = turn_on(signed_in()), Client(), Client()
    for client, status in ((first, 302), (second, 200)):
        password(client)
        sent = {"code": code(secret)}
        assert client.post("/account/protection/authenticate/", sent).status_code == status


def test_wrong_codes_are_limited_and_then_no_right_one_is_looked_at() -> None:
    secret, client = turn_on(signed_in()), Client()
    password(client)
    for _ in range(5):
        answer = client.post("/account/protection/authenticate/", {"code": "000000"})
        assert "Incorrect code" in answer.content.decode()
    answer = client.post("/account/protection/authenticate/", {"code": code(secret)})
    assert "Too many failed" in answer.content.decode()
    assert client.get("/").status_code == 302


def test_a_recovery_code_signs_in_once() -> None:
    owner = signed_in()
    turn_on(owner)
    codes = recovery_codes(owner)
    assert len(codes) == 10
    for status in (302, 200):
        client = Client()
        password(client)
        answer = client.post("/account/protection/authenticate/", {"code": codes[0]})
        assert answer.status_code == status
    assert len(recovery_codes(owner)) == 9


def test_the_database_holds_no_secret_that_can_be_read() -> None:
    client = signed_in()
    secret = turn_on(client)
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    assert not any(each in stored for each in recovery_codes(client))


def test_a_session_that_is_ended_elsewhere_is_over() -> None:
    here, there = signed_in(), signed_in()
    key = there.session.session_key
    (other,) = [each for each in here.get("/account/sessions").context["sessions"] if each.session_key == key]
    assert here.post("/account/sessions", {"session": other.pk}).status_code == 302
    assert there.get("/")["Location"].startswith("/sign-in")
    assert here.get("/").status_code == 200


@pytest.mark.parametrize("sent", ["0", "\x00", "x", "9" * 40])
def test_a_session_that_is_not_ones_own_cannot_be_ended(sent: str) -> None:
    here, there = signed_in(), signed_in()
    assert here.post("/account/sessions", {"session": sent}).status_code == 200
    assert there.get("/").status_code == 200


def test_all_other_sessions_end_at_once_and_with_a_new_password() -> None:
    here, there = signed_in(), signed_in()
    assert here.post("/account/sessions").status_code == 302
    assert there.get("/").status_code == 302
    there, key = signed_in(), here.session.session_key
    new = "another good one"
    sent = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert here.post("/account/password", sent)["Location"] == "/account/protection/"
    assert there.get("/").status_code == 302
    assert here.get("/").status_code == 200
    assert here.session.session_key != key


def test_a_session_ends_when_it_is_not_used_and_at_last(monkeypatch: pytest.MonkeyPatch) -> None:
    client, now = signed_in(), time.time()
    assert client.get("/").status_code == 200
    assert client.session.get_expiry_age() == 12 * 3600
    used = client.session[visits.SEEN]
    assert client.get("/").status_code == 200
    assert client.session[visits.SEEN] == used  # nothing is written for each page
    monkeypatch.setattr(time, "time", lambda: now + 400)
    client.get("/")
    assert client.session[visits.SEEN] == now + 400
    monkeypatch.setattr(time, "time", lambda: now + visits.LONGEST_SECONDS + 10)
    assert client.get("/")["Location"].startswith("/sign-in")


def test_nobody_signs_up_by_themselves() -> None:
    for path in ("/account/signup", "/account/signup/", "/signup", "/account/oidc-signup"):
        assert Client().post(path, {"username": "eve"}).status_code == 404
    assert not User.objects.exclude(username="ada").exists()


def test_what_protects_the_account_is_asked_for_again_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    client, now = signed_in(), time.time()
    assert client.get("/account/protection/totp/activate/").status_code == 200
    monkeypatch.setattr(time, "time", lambda: now + proof.SECONDS + 1)
    answer = client.get("/account/protection/totp/activate/")
    assert answer["Location"].startswith("/account/prove?next=")
    assert client.post(answer["Location"], {"password": "wrong"}).status_code == 200
    assert client.get("/account/protection/totp/activate/").status_code == 302
    back = client.post(answer["Location"], {"password": PASSWORD})
    assert back["Location"] == "/account/protection/totp/activate/"
    assert client.get(back["Location"]).status_code == 200


def test_the_console_leads_to_the_same_proof_and_back(rf: Any) -> None:
    client = signed_in()
    for method, headers, back in (
        ("GET", {}, "%2Fgrave%3Fa%3D1"),
        ("POST", {"HTTP_REFERER": "http://testserver/form"}, "%2Fform"),
        ("POST", {"HTTP_REFERER": "http://evil.example/form"}, "%2F"),
        ("POST", {}, "%2F"),
    ):
        request = rf.generic(method, "/grave?a=1", **headers)
        request.user, request.session = User.objects.get(), client.session
        assert proof.where(request) is None
        request.session[proof.PROVEN] = time.time() - proof.SECONDS - 1
        assert proof.where(request) == f"/account/prove?next={back}"


def test_wrong_passwords_of_a_proof_are_limited_like_those_of_a_sign_in() -> None:
    client = signed_in()
    tried = [client.post("/account/prove", {"password": "wrong"}).status_code for _ in range(6)]
    assert tried == [200] * 5 + [429]


def test_the_admin_takes_the_same_sign_in() -> None:
    assert Client().get("/admin/login/?next=/admin/")["Location"] == "/sign-in?next=%2Fadmin%2F"
    answer = signed_in().get("/admin/login/")
    assert answer.status_code == 403
    assert "Not allowed" in answer.content.decode()


def test_passkeys_say_where_browsers_allow_them() -> None:
    client = signed_in()
    assert "only over https" in client.get("/account/protection/", HTTP_HOST="127.0.0.1").content.decode()
    for host in ("localhost", "localhost:8000"):
        page = client.get("/account/protection/", HTTP_HOST=host).content.decode()
        assert "Add a passkey" in page


def test_pages_of_accounts_say_nothing_of_what_is_long_past() -> None:
    page = signed_in().get("/account/protection/").content.decode()
    assert "Successfully signed in" not in page
    assert 'aria-current="page">Protection' in page
