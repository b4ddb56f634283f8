"""Acts that matter: a project says where its reader proves who they are; otherwise nobody is asked."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from flyball.console.frame.page import Page
from tests.console.conftest import Browser

pytestmark = pytest.mark.django_db


class Grave(Page):
    """A page whose form does something that matters."""

    roles = {"GET": "", "POST": ""}
    sensitive = {"POST"}

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form."""
        return HttpResponse("form")

    def post(self, request: HttpRequest) -> HttpResponse:
        """The act."""
        return HttpResponse("done")


def asks(request: HttpRequest) -> str | None:
    """What a project may say."""
    return None if "proven" in request.COOKIES else "/prove"


def ask(browser: Browser, method: str = "POST", **headers: Any) -> Any:
    """What the page answers to an owner."""
    browser("owner")
    request = RequestFactory().generic(method, "/grave", **headers)
    request.user = get_user_model().objects.get(username="owner")
    request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]  # as Django's own client does
    return Grave.as_view()(request)


def test_nobody_is_asked_where_a_project_says_nothing(browser: Browser, settings: Any) -> None:
    settings.FLYBALL_PROOF = None
    assert ask(browser).content == b"done"


def test_who_has_not_proven_who_they_are_is_led_there(browser: Browser, settings: Any) -> None:
    settings.FLYBALL_PROOF = "tests.console.test_proof.asks"
    assert ask(browser, "GET").content == b"form"
    assert browser("owner").head("/people/invite")["Location"] == "/prove"
    answer = ask(browser)
    assert (answer.status_code, answer["Location"]) == (302, "/prove")
    assert ask(browser, HTTP_HX_REQUEST="true")["HX-Redirect"] == "/prove"
    assert ask(browser, HTTP_COOKIE="proven=1").content == b"done"
