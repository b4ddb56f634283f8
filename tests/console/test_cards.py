"""The page of a model card: read by all who may look, written by owners."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from flyball.control.cards.models import Card
from flyball.control.diagnostics.jobs import diagnose_here
from flyball.control.registry.models import Version
from tests.console.conftest import Browser, Open

PAGE = "/endpoints/purchase/versions/1/card"


def test_an_owner_writes_what_a_version_is_for_and_everybody_reads_it(
    browser: Browser, version: Version
) -> None:
    owner, viewer = browser("owner"), browser("viewer")
    assert "Change what is written" not in viewer.get(PAGE).content.decode()
    sent = {
        "intended_use": "Whom to call.\n\nNobody else.",
        "limits": "<b>",
        "owners": "Ada",
        "revision": "0",
    }
    assert owner.post(PAGE, sent).status_code == 302
    text = viewer.get(PAGE).content.decode()
    assert "<p>Whom to call.</p>" in text
    assert "&lt;b&gt;" in text
    assert "by owner" in text
    assert Card.objects.get().changed_by is not None
    assert owner.post(PAGE, {**sent, "limits": "Another."}).status_code == 409
    assert owner.post(PAGE, {**sent, "revision": "x"}).status_code == 422


def test_it_can_be_had_as_markdown(browser: Browser, version: Version) -> None:
    answer = browser("viewer").get(f"{PAGE}.md")
    assert answer["Content-Type"] == "text/markdown; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="purchase-1-card.md"'
    assert answer.content.decode().startswith("# Model card: purchase@1")


@pytest.mark.django_db(transaction=True)
def test_it_is_clean_in_a_browser(opened: Open, version: Version, said: list[str]) -> None:
    diagnose_here(version=version)
    page = opened(PAGE)
    assert Axe().run(page).response["violations"] == []
    assert said == []
