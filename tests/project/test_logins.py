"""Signing in: so many wrong passwords, then a wait; nobody can lock out others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import aauthenticate
from django.test import Client, RequestFactory

from flyball.project import logins
from flyball.project.models import User

LOGIN = "/sign-in?next=/admin/"
PASSWORD = "a good one"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ada() -> Iterator[User]:
    """Somebody who may sign in; what earlier tests tried is forgotten."""
    yield User.objects.create_superuser("ada", password=PASSWORD)
    for tries in (logins.BY_NAME, logins.BY_ADDRESS):
        for name in ("ada", "eve", *map(str, range(40))):
            for address in ("192.0.2.1", "192.0.2.2", "2001:db8::"):
                tries.forget(address)
                tries.forget(f"{address} {name}")
        tries.forget("known ada")


def sign_in(client: Client, password: str, name: str = "ada", address: str = "192.0.2.1") -> int:
    """The status: 302 signs in, 200 shows the form again."""
    sent = {"login": name, "password": password}
    return client.post(LOGIN, sent, REMOTE_ADDR=address).status_code


def test_the_right_password_signs_in() -> None:
    assert sign_in(Client(), PASSWORD) == 302


def test_after_five_wrong_passwords_not_even_the_right_one_is_looked_at_for_a_while() -> None:
    assert [sign_in(Client(), "wrong") for _ in range(5)] == [200] * 5
    answer: Any = Client().post(LOGIN, {"login": "ada", "password": PASSWORD}, REMOTE_ADDR="192.0.2.1")
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 300
    assert "sessionid" not in answer.cookies


def test_somebody_elsewhere_is_not_locked_out() -> None:
    for _ in range(6):
        sign_in(Client(), "wrong")
    assert sign_in(Client(), PASSWORD, address="192.0.2.2") == 302


def test_a_browser_that_is_known_is_not_locked_out_by_its_neighbours() -> None:
    known = Client()
    assert sign_in(known, PASSWORD) == 302
    known.cookies.pop("sessionid")
    for _ in range(6):
        sign_in(Client(), "wrong")
    for number in range(21):
        sign_in(Client(), "wrong", name=str(number))
    assert sign_in(Client(), PASSWORD) == 429
    assert sign_in(known, PASSWORD) == 302


def test_a_browser_that_is_known_has_no_more_tries_than_others() -> None:
    known = Client()
    sign_in(known, PASSWORD)
    known.cookies.pop("sessionid")
    assert [sign_in(known, "wrong") for _ in range(6)] == [200] * 5 + [429]


def test_a_cookie_of_ones_own_making_is_nothing() -> None:
    forged = Client()
    forged.cookies[logins.KNOWN] = "ImFkYSI:1vK:x"
    assert [sign_in(forged, "wrong") for _ in range(6)] == [200] * 5 + [429]


def test_one_address_has_twenty_tries_whatever_the_names() -> None:
    tried = [sign_in(Client(), "wrong", name=str(number)) for number in range(21)]
    assert tried == [200] * 20 + [429]


def test_addresses_that_one_owner_can_choose_are_one() -> None:
    tried = [sign_in(Client(), "wrong", address=f"2001:db8::{number}") for number in range(6)]
    assert tried == [200] * 5 + [429]


def test_signing_in_makes_up_for_wrong_passwords() -> None:
    for _ in range(3):
        for _ in range(4):
            assert sign_in(Client(), "wrong") == 200
        assert sign_in(Client(), PASSWORD) == 302


def test_an_asynchronous_login_is_limited_too() -> None:
    request = RequestFactory().post(LOGIN, REMOTE_ADDR="192.0.2.1")
    for _ in range(5):
        assert async_to_sync(aauthenticate)(request, username="ada", password="wrong") is None
    assert async_to_sync(aauthenticate)(request, username="ada", password=PASSWORD) is None
