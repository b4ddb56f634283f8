"""Charts in a real browser, under the policy of every page: drawn without an error or another host."""

from __future__ import annotations

from typing import Any

import pytest

from flyball.console.frame import assets, vega
from flyball.control.jobs.models import Job
from flyball.control.registry.models import Version
from flyball.control.routing.models import Minute
from flyball.domain.records import now
from flyball.stores.minutes import minute_of
from tests.console.conftest import CHROMIUM, Open
from tests.jobs.workers import carried_out

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="No Chromium is installed: FLYBALL_TEST_CHROMIUM names one."),
    pytest.mark.django_db(transaction=True),
]
WITHIN = 60_000
"""How long the first drawing may take (ms): the bundle is made."""
MARKS = "figure[data-drawn] .plot svg .mark-rect path, figure[data-drawn] .plot svg .mark-symbol path"


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


def test_a_dark_page_is_printed_light_and_without_what_is_clicked(promoted: Version, opened: Open) -> None:
    page = opened("/endpoints/purchase/versions/1")
    page.wait_for_selector("#folds[data-drawn]", timeout=WITHIN)
    labels = page.locator("#folds svg .role-axis-label text").first
    light = labels.get_attribute("fill")
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(500)
    dark = labels.get_attribute("fill")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert labels.get_attribute("fill") == light != dark
    assert "ago" not in page.locator(".facts time").first.inner_text()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert labels.get_attribute("fill") == dark
    page.emulate_media(media="print", color_scheme="dark")
    assert page.locator("#folds svg").is_visible()
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    for clicked in (".column", ".acts", "#folds .files", "#folds summary"):
        assert not page.locator(clicked).first.is_visible()


def test_a_chart_is_drawn_as_svg_without_leaving_the_page(
    promoted: Version, opened: Open, said: list[str]
) -> None:
    page = opened("/endpoints/purchase/versions/1")
    page.get_by_role("button", name="Draw as SVG").click()
    page.wait_for_selector("text=Being drawn…")
    carried_out(Job.objects.get(kind="draw"))
    link = page.get_by_role("link", name="SVG of Scores of the folds")
    link.wait_for()
    assert link.get_attribute("download") == "purchase-versions-1-folds.svg"
    assert page.url.endswith("/versions/1")
    assert said == []
