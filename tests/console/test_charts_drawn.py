"""Charts in a real browser, under the policy of every page: drawn without an error or another host."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from flyball.console.frame import assets, vega
from flyball.control.registry.models import Version
from flyball.control.routing.models import Minute
from flyball.domain.records import now
from flyball.stores.minutes import minute_of
from tests.console.conftest import Browser

CHROMIUM = os.environ.get("FLYBALL_TEST_CHROMIUM") or shutil.which("chromium")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="No Chromium is installed: FLYBALL_TEST_CHROMIUM names one."),
    pytest.mark.django_db(transaction=True),
]
WITHIN = 60_000
"""How long the first drawing may take (ms): the bundle is made."""
MARKS = "figure[data-drawn] .plot svg .mark-rect path, figure[data-drawn] .plot svg .mark-symbol path"
Open = Callable[[str], Page]


@pytest.fixture
def said() -> list[str]:
    """What the browser complained of, and whom else it asked."""
    return []


@pytest.fixture
def opened(
    live_server: Any, browser: Browser, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Open]:
    """``opened(path)``: a page of the console, as an owner sees it in Chromium."""
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


def test_charts_are_drawn_in_the_colours_of_the_page(
    promoted: Version, opened: Open, said: list[str]
) -> None:
    for name, label in (("answers", ""), ("latency", "1000"), ("failed", "internal")):
        row: dict[str, Any] = {"minute": minute_of(now()), "endpoint": "purchase", "version": 1, "arm": ""}
        Minute.objects.create(**row, name=name, label=label, count=12)
    page = opened("/endpoints/purchase")
    page.wait_for_selector("#answers[data-drawn]", timeout=WITHIN)
    page.wait_for_selector("#coverage[data-drawn]", timeout=WITHIN)
    assert page.locator(MARKS).count() > 3
    fills = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(500)
        bar = page.locator("#answers svg .mark-rect path").last
        fills[scheme] = bar.get_attribute("fill")
    assert fills["light"] != fills["dark"]
    table = page.locator("#answers details")
    assert not table.locator("table").is_visible()
    table.locator("summary").focus()
    page.keyboard.press("Enter")
    assert table.locator("table").is_visible()
    assert said == []


@pytest.mark.parametrize("path", ["/endpoints/purchase/builds/{build}", "/endpoints/purchase/versions/1"])
def test_scores_are_drawn(promoted: Version, opened: Open, said: list[str], path: str) -> None:
    assert promoted.candidate is not None
    page = opened(path.format(build=promoted.candidate.build_id))
    page.wait_for_selector("#folds[data-drawn]", timeout=WITHIN)
    assert page.locator(MARKS).count() > 1
    assert said == []


def test_what_cannot_be_drawn_is_an_open_table(
    promoted: Version, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vega, "bundle", lambda: None)
    assets.asset.cache_clear()
    page = opened("/endpoints/purchase/versions/1")
    page.wait_for_selector("#folds details[open] table")
    assert page.locator("#folds .plot").count() == 0
