"""A version's page: where it comes from, how it is answered, and how it is put aside and removed."""

from __future__ import annotations

from typing import Any

import pytest

from flyball.control.registry import selectors as registry
from flyball.control.registry.models import Version
from tests.console.conftest import Browser

pytestmark = pytest.mark.storage
ADDRESS = "/endpoints/purchase/versions/1"


def page(browser: Browser, who: str = "owner") -> str:
    answer = browser(who).get(ADDRESS)
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_says_where_it_comes_from_and_how_it_was_proven(browser: Browser, version: Version) -> None:
    text = page(browser, "viewer")
    assert f'/snapshots/{version.facts["snapshot"]["digest"]}"' in text
    assert version.facts["environment"]["libraries"]["scikit-learn"] in text
    assert "Compiled to plain data" in text
    assert "Rows compared</dt><dd>60<" in text
    assert "flyball export purchase@1 " in text
    for act in ("Archive…", "Remove…", "Promote…"):
        assert act not in text
        assert act in page(browser)
    assert "files.zip" not in text
    assert "/api/endpoints/purchase/versions/1/files.zip" in page(browser, "member")


@pytest.mark.parametrize(
    ("compiling", "said"),
    [
        (
            {"reason": "One of its steps is <b>not</b> compiled."},
            "One of its steps is &lt;b&gt;not&lt;/b&gt; compiled.",
        ),
        ({}, "Nothing is known of compiling it."),
        (None, "Nothing is known of compiling it."),
    ],
)
def test_why_it_is_not_compiled_is_said_in_full(
    browser: Browser, version: Version, compiling: Any, said: str
) -> None:
    version.facts["compiling"] = compiling
    version.save()
    assert said in page(browser)


def test_a_snapshot_that_is_not_on_this_server_is_said_so(browser: Browser, version: Version) -> None:
    version.facts["snapshot"]["digest"] = "0" * 64
    version.candidate = None
    version.save()
    text = page(browser)
    assert "not on this server" in text
    assert "it was imported" in text


def test_it_is_archived_after_a_question_and_restored(browser: Browser, version: Version) -> None:
    client = browser("owner")
    assert "Archive purchase@1?" in client.get(f"{ADDRESS}/archive").content.decode()
    assert registry.newest("purchase") == version
    for _ in range(2):
        assert client.post(f"{ADDRESS}/archive")["Location"] == ADDRESS
    assert not registry.versions("purchase").filter(archived_at=None).exists()
    text = page(browser)
    assert "archived" in text
    assert "Archive…" not in text
    client.post(f"{ADDRESS}/restore")
    assert registry.newest("purchase") == version


def test_it_is_removed_after_a_question(browser: Browser, version: Version) -> None:
    client = browser("owner")
    assert "for good" in client.get(f"{ADDRESS}/remove").content.decode()
    assert client.post(f"{ADDRESS}/remove")["Location"] == "/endpoints/purchase/versions"
    answer = client.get(ADDRESS)
    assert answer.status_code == 404
    assert "was removed" in answer.content.decode()
    assert client.post(f"{ADDRESS}/archive").status_code == 404


@pytest.mark.parametrize("act", ["archive", "remove"])
def test_what_the_route_names_is_neither_archived_nor_removed(
    browser: Browser, promoted: Version, act: str
) -> None:
    client = browser("owner")
    assert "promote another one first" in client.get(f"{ADDRESS}/{act}").content.decode()
    assert client.post(f"{ADDRESS}/{act}").status_code == 409
    text = page(browser)
    assert "Archive…" not in text
    assert "Remove…" not in text
    promoted.refresh_from_db()
    assert promoted.archived_at is None


def test_who_removes_one_proves_who_they_are(browser: Browser, version: Version, settings: Any) -> None:
    settings.FLYBALL_PROOF = "tests.console.test_proof.asks"
    client = browser("owner")
    for ask in (client.get, client.post):
        assert ask(f"{ADDRESS}/remove")["Location"] == "/prove"
    assert client.get(ADDRESS).status_code == 200
    client.cookies["proven"] = "1"
    client.post(f"{ADDRESS}/remove")
    assert client.get(ADDRESS).status_code == 404


def test_a_score_that_no_float_holds_is_written_and_not_drawn(browser: Browser, version: Version) -> None:
    version.facts |= {"fold_scores": [10**400, 0.5], "held_out_score": -(10**400)}
    version.save()
    assert f">{10**400} · 0.5000<" in page(browser)
    assert browser("owner").get("/endpoints/purchase").status_code == 200
