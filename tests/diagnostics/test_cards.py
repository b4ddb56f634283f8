"""Model cards: facts that nobody writes, and what people write, revision by revision."""

from __future__ import annotations

from pathlib import Path

import pytest

from flyball.control.cards import facts, selectors
from flyball.control.cards.markdown import markdown
from flyball.control.cards.models import Card
from flyball.control.cards.services import write_card
from flyball.control.diagnostics.jobs import diagnose_here
from flyball.control.registry import services as registry
from flyball.control.registry.models import Version
from flyball.control.routing import services as routing
from flyball.domain.errors import Conflict, InvalidInput
from flyball.stores.database import Database
from tests.registry import small

pytestmark = pytest.mark.storage


@pytest.fixture
def version(database: Database, tmp_path: Path) -> Version:
    """A version that was built here."""
    return small.version(tmp_path)[1]


def write(version: Version, expected: int = 0, **parts: str) -> Card:
    texts = {"intended_use": "Whom to call.", "limits": "Not for loans.", "owners": "Ada", **parts}
    return write_card(version=version, expected=expected, **texts)


def test_a_card_holds_the_facts_of_its_version(version: Version) -> None:
    diagnose_here(version=version)
    card = facts.document(version)
    assert card["scores"]["held_out"] == version.facts["held_out_score"]
    assert card["learned_from"]["digest"] == version.facts["snapshot"]["digest"]
    assert [each["name"] for each in card["fields"]] == ["age", "job"]
    assert card["classes"] == ["no", "yes"]
    assert card["importance"][0]["field"] == "age"
    text = markdown(card)
    assert text.startswith("# Model card: purchase@1\n")
    assert f"{version.facts['held_out_score']:.4f}" in text
    assert "Nobody has written anything here yet." in text
    assert "| age | integer | request |" in text


def test_each_change_is_a_revision_of_its_own(version: Version) -> None:
    assert write(version).revision == 1
    assert write(version, 1).revision == 1  # the same already
    assert write(version, 1, limits="None.").revision == 2
    assert [each.limits for each in selectors.revisions(version)] == ["None.", "Not for loans."]
    with pytest.raises(Conflict, match="Somebody has changed the card"):
        write(version, 1)
    with pytest.raises(InvalidInput):
        write(version, 2, owners="a" * 10_001)
    assert "Not for loans" not in markdown(facts.document(version))


def test_the_next_version_begins_with_the_card_of_the_one_before(version: Version) -> None:
    write(version)
    assert version.candidate is not None
    later = registry.register(build=version.candidate.build, candidate="baseline")
    written = facts.document(later)["written"]
    assert (written["limits"], written["of"], written["revision"]) == ("Not for loans.", 1, 0)
    write(later, owners="Grace")
    written = facts.document(later)["written"]
    assert (written["owners"], written["of"], written["revision"]) == ("Grace", None, 1)
    assert facts.document(version)["written"]["owners"] == "Ada"


def test_no_text_of_somebody_elses_is_markup(version: Version) -> None:
    write(version, limits="<script>alert(1)</script> [x](javascript:y) | `a`\n# Not a heading")
    text = markdown(facts.document(version))
    assert "<script" not in text
    assert "](" not in text
    assert "\n# Not" not in text
    assert "\\|" in text


def test_an_imported_version_has_a_card_without_scores(version: Version, tmp_path: Path) -> None:
    folder = registry.export_version(version=version, folder=tmp_path / "folder")
    imported = registry.import_version(folder=folder)
    imported.facts = {}
    text = markdown(facts.document(imported))
    assert "it has no score of its own" in text
    assert "Not known here." in text


def test_a_removed_version_takes_its_card_along(version: Version) -> None:
    write(version)
    routing.remove_version(endpoint=version.endpoint_id, version=1)
    assert not Card.objects.exists()
