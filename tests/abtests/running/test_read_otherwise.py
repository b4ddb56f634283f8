"""A test whose endpoint is declared so that answers of before would be read otherwise is not judged."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from flyball import Outcome, Threshold
from flyball.control.abtests import analysing
from flyball.control.declarations import discovery
from flyball.domain.errors import DeclarationError
from flyball.stores.database import Database
from tests.abtests.running.cast import START, chance, happened, predicted, started, two_versions

pytestmark = pytest.mark.storage
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("decide", Threshold(0.5, at_or_above="ring", below="wait")),
        ("outcome", Outcome("bought", positive="no")),
    ],
)
def test_another_word_for_what_was_foretold_is_the_trouble_of_the_test(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch, attribute: str, value: object
) -> None:
    two_versions(tmp_path, decide=Threshold(0.5, at_or_above="call", below="wait"))
    test = started(metric="accuracy")
    answered = predicted(database, [f"person {each}" for each in range(20)], START, timedelta(0))
    happened(answered, chance({1: 0.5, 2: 0.5}), timedelta(minutes=1))
    monkeypatch.setattr(discovery.find("purchase"), attribute, value)
    with pytest.raises(DeclarationError, match="not declared any more as it was when the test began"):
        analysing.look(test=test, moment=START + DAY)
    assert "that accuracy reads" in test.trouble
    monkeypatch.undo()
    assert analysing.look(test=test, moment=START + DAY) == "undecided"
    assert test.trouble == ""
