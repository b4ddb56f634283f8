"""One endpoint's page: commands that work as they stand, and what answered when."""

from __future__ import annotations

import html
import os
import re
import shlex
from datetime import timedelta
from pathlib import Path

import pytest

from flyball.client import Client
from flyball.console.frame.timeline import timeline
from flyball.control.accounts import services as accounts
from flyball.control.arms import services as arms
from flyball.control.registry.models import Version
from flyball.control.routing import selectors, services
from flyball.control.routing.models import RouteRevision
from flyball.domain.records import now
from flyball.stores.database import Database
from tests.cli.conftest import Typed
from tests.console.conftest import Browser
from tests.console.test_promoting import second
from tests.routing import purchase


def snippets(page: str) -> list[str]:
    """The calls that a page shows, in order."""
    return [html.unescape(each) for each in re.findall(r"</summary><pre[^>]*>(.*?)</pre>", page, re.S)]


def test_the_commands_of_the_page_work_as_they_stand(
    browser: Browser, promoted: Version, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    client = browser("viewer")
    curl, python, shell = snippets(client.get("/endpoints/purchase").content.decode())
    key = accounts.issue_key(team=accounts.ensure_team(slug="lending"), role="caller", label="a test")[1]
    words = shlex.split(curl.replace("\\\n", ""))
    assert words[:2] == ["curl", "http://testserver/v1/endpoints/purchase/predictions"]
    headers = {"Authorization": f"Bearer {key}"}
    path = words[1].removeprefix("http://testserver")
    answer = client.post(path, words[words.index("--data") + 1], "application/json", headers=headers)
    assert answer.status_code == 200, answer.content
    assert answer.json()["warnings"] == []

    def sent(self: Client, endpoint: str, **given: object) -> dict[str, object]:
        assert str(self._http.base_url) == "http://testserver/"
        again = client.post(path, given, "application/json", headers=headers)
        return {"status": again.status_code, "endpoint": endpoint}

    monkeypatch.setitem(os.environ, "FLYBALL_KEY", key)
    monkeypatch.setattr(Client, "predict", sent)
    exec(python, {})  # noqa: S102 - what our own page says
    assert "{'status': 200, 'endpoint': 'purchase'}" in capsys.readouterr().out
    program, *arguments = shlex.split(shell.replace("\\\n", ""))
    assert program == "flyball"
    assert Typed().json(*arguments)["warnings"] == []


def test_an_entity_that_is_looked_up_is_said_to_be_made_up(
    browser: Browser, database: Database, tmp_path: Path
) -> None:
    made = purchase.applied(tmp_path, team="lending", features=[purchase.pays(tmp_path)])
    services.promote(endpoint="purchase", version=made.number)
    page = browser("viewer").get("/endpoints/purchase").content.decode()
    assert "put one of yours in its place" in page
    assert '"entity": {"age": ' in snippets(page)[0]
    assert "looked up" in page


def test_the_band_covers_the_time_and_the_newest_is_still_in_force(
    browser: Browser, promoted: Version
) -> None:
    services.promote(endpoint="purchase", version=second(promoted).number)
    start = now() - timedelta(hours=10)
    RouteRevision.objects.filter(number=1).update(created_at=start)
    RouteRevision.objects.filter(number=2).update(created_at=start + timedelta(hours=9))
    newest, oldest = timeline(list(selectors.revisions("purchase")))
    assert (newest.champion, oldest.champion) == (2, 1)
    assert newest.until is None
    assert oldest.until == newest.revision.created_at
    assert oldest.share == pytest.approx(0.9, abs=0.01)
    assert oldest.place == 0
    assert newest.place == pytest.approx(oldest.width)
    page = browser("viewer").get("/endpoints/purchase").content.decode()
    assert page.count("<title>@") == 2
    assert "90%" in page


def test_revisions_come_in_pages(browser: Browser, promoted: Version) -> None:
    route = RouteRevision.objects.get()
    RouteRevision.objects.bulk_create(
        RouteRevision(endpoint_id="purchase", number=number, kind=route.kind, document=route.document)
        for number in range(2, 121)
    )
    client = browser("viewer")
    assert 'href="/endpoints/purchase/revisions"' in client.get("/endpoints/purchase").content.decode()
    path, seen = "/endpoints/purchase/revisions", []
    while path:
        page = client.get(path).content.decode()
        seen += [int(each) for each in re.findall(r'<td class="n">(\d+)</td>', page)]
        older = re.findall(r'href="(/endpoints/purchase/revisions\?before=\d+)"', page)
        path = older[0] if older else ""
    assert seen == list(range(120, 0, -1))


@pytest.mark.parametrize("before", ["", "x", "\x00", "-1", "9" * 500, "7777", "٣"])
def test_a_page_of_revisions_that_there_is_not_is_said_so(
    browser: Browser, promoted: Version, before: str
) -> None:
    answer = browser("viewer").get("/endpoints/purchase/revisions", {"before": before})
    assert answer.status_code == 404


def test_a_fallback_is_shown_where_it_stands(browser: Browser, promoted: Version) -> None:
    behind = second(promoted)
    arms.set_fallback(endpoint="purchase", version=behind.number, deadline=0.2)
    client = browser("owner")
    page = client.get("/endpoints/purchase").content.decode()
    assert "<dt>Fallback</dt>" in page
    assert "after 200 ms" in page
    page = client.get(f"/endpoints/purchase/versions/{behind.number}").content.decode()
    assert "<dt>Stage</dt><dd>fallback</dd>" in page
    assert "Archive…" not in page
    arms.set_fallback(endpoint="purchase", version=behind.number)
    assert "on failure" in client.get("/endpoints/purchase/revisions").content.decode()
