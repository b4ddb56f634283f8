"""A small cast: somebody of the lending team in each role, a stranger who owns another team, and nobody."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from flyball import inprocess
from flyball.control.accounts.models import Membership
from flyball.control.accounts.services import ensure_team
from flyball.control.registry.models import Version
from flyball.control.routing import services
from flyball.domain.access import ROLES
from flyball.stores.database import Database
from tests.registry import small

if TYPE_CHECKING:
    from playwright.sync_api import Page

Browser = Callable[[str | None], Client]
CHROMIUM = os.environ.get("FLYBALL_TEST_CHROMIUM") or shutil.which("chromium")
Open = Callable[[str], "Page"]


@pytest.fixture
def browser(database: Database) -> Browser:
    """``browser(who)``: theirs, signed in; ``None`` is nobody."""

    def browser(who: str | None) -> Client:
        client = Client(enforce_csrf_checks=False)
        if who is not None:
            user, _ = get_user_model().objects.get_or_create(username=who)
            team = ensure_team(slug="sales" if who == "stranger" else "lending")
            role = who if who in ROLES else "owner"
            Membership.objects.get_or_create(user=user, team=team, defaults={"role": role})
            client.force_login(user)
        return client

    return browser


@pytest.fixture
def version(tmp_path: Path, database: Database) -> Version:
    """``purchase@1`` of the lending team, applied and not promoted."""
    declaration, made = small.version(tmp_path, team="lending")
    services.apply(declarations={declaration.name: declaration})
    return made


@pytest.fixture
def promoted(version: Version) -> Iterator[Version]:
    """The same as champion."""
    services.promote(endpoint="purchase", version=version.number)
    yield version
    inprocess.close()  # else what was asked of it is counted a second later, in another test


@pytest.fixture
def said() -> list[str]:
    """What the browser complained of, and whom else it asked."""
    return []


@pytest.fixture
def opened(
    live_server: Any, browser: Browser, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Open]:
    """``opened(path)``: a page of the console, as an owner sees it in Chromium."""
    from playwright.sync_api import sync_playwright

    session = browser("owner").cookies["sessionid"].value
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright keeps an event loop in this thread
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = chromium.new_context()
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda asked: said.extend(_others(asked.url, live_server.url)))

        def opened(path: str) -> Page:
            page.goto(live_server.url + path)
            page.wait_for_load_state("networkidle")
            return page

        yield opened
        chromium.close()


def _others(url: str, own: str) -> list[str]:
    return [] if url.startswith((f"{own}/", "data:")) else [url]
