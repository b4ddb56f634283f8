"""The model card over the management API: as its facts, and as Markdown."""

from __future__ import annotations

import pytest

from flyball.control.cards import facts
from flyball.control.cards.services import write_card
from flyball.control.diagnostics.jobs import diagnose_here
from flyball.control.registry.models import Version
from tests.api.conftest import Ask

PATH = "endpoints/purchase/versions/1/card"

pytestmark = pytest.mark.storage


def test_a_card_is_handed_out_with_its_facts_and_what_is_written_on_it(ask: Ask, version: Version) -> None:
    diagnose_here(version=version)
    write_card(version=version, intended_use="Whom to call.", limits="", owners="Ada", expected=0)
    answer = ask("viewer", "GET", PATH)
    assert answer.status_code == 200
    assert answer.json() == facts.document(version)
    assert answer.json()["written"]["intended_use"] == "Whom to call."
    assert answer["Cache-Control"] == "no-store"


def test_the_same_comes_as_markdown_that_no_browser_takes_for_a_page(ask: Ask, version: Version) -> None:
    write_card(version=version, intended_use="<script>alert(1)</script>", limits="", owners="", expected=0)
    answer = ask("viewer", "GET", f"{PATH}.md")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/markdown; charset=utf-8"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "no-store"
    text = answer.content.decode()
    assert text.startswith("# Model card: purchase@1\n")
    assert "<script" not in text


@pytest.mark.parametrize("path", [PATH, f"{PATH}.md"])
def test_a_card_that_is_not_there_is_unknown(ask: Ask, version: Version, path: str) -> None:
    assert ask("viewer", "GET", path.replace("/1/", "/9/")).json()["code"] == "unknown_version"
    assert ask("stranger", "GET", path).json()["code"] == "unknown_endpoint"
