"""The ready-made project's own pages: in the looks of the console, and in words that a person uses."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.test import Client

from flyball.console.frame.tags import browser, sentence
from flyball.project.models import User

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0"
)


@pytest.mark.django_db
def test_an_address_of_nothing_leads_back() -> None:
    answer = Client().get("/nothing")
    assert answer.status_code == 404
    assert "<h1>Nothing here</h1>" in answer.content.decode()
    assert '<a href="/">To the endpoints</a>' in answer.content.decode()


def test_a_mistake_has_a_page_that_needs_nothing_else() -> None:
    assert "<h1>Our mistake</h1>" in render_to_string("500.html")


@pytest.mark.django_db
def test_a_session_is_told_by_the_name_of_its_browser() -> None:
    User.objects.create_user("ada", password="a good one")
    client = Client(headers={"user-agent": PHONE})
    client.post("/sign-in", {"login": "ada", "password": "a good one"})
    page = client.get("/account/sessions").content.decode()
    assert f'<th scope="row" title="{PHONE}">Safari on iPhone</th>' in page


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (EDGE, "Edge on Windows"),
        (PHONE, "Safari on iPhone"),
        ("python-requests/2.32", "python-requests/2.32"),
    ],
)
def test_a_browser_that_nobody_knows_keeps_its_words(said: str, name: str) -> None:
    assert browser(said) == name


@pytest.mark.django_db
def test_headings_and_labels_are_written_as_sentences() -> None:
    client = Client()
    client.force_login(User.objects.create_user("ada", password="a good one"))
    page = client.get("/account/password").content.decode()
    assert "<h1>Change password</h1>" in page
    assert "<span>Current password</span>" in page
    assert sentence(" Add Security\n Key") == "Add security key"
