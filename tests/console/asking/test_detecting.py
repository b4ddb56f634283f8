"""An anomaly detection on the pages: said in words, told what it was, and explained."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client

import flyball
from flyball import inprocess
from flyball.control.monitoring import recorded
from flyball.control.routing.models import Prediction
from flyball.stores.database import Database
from tests.console.conftest import Browser
from tests.detecting import STRANGE, USUAL, detecting

pytestmark = pytest.mark.storage
PAGE = "/ask/payments"
GERMAN = {"Accept-Language": "de"}


@pytest.fixture
def owner(browser: Browser, database: Database) -> Iterator[Client]:
    """Somebody who may do all, with payments to ask about."""
    client = browser("owner")
    detecting(database, team="lending")
    yield client
    inprocess.close()


def text(client: Client, address: str, headers: dict[str, str] | None = None) -> str:
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def test_the_page_says_whether_a_row_is_unusual(owner: Client) -> None:
    assert "Unusual (score 0." in text(owner, f"{PAGE}?input.x0=9&input.x1=-9")
    assert "Usual (score 0." in text(owner, f"{PAGE}?input.x0=0&input.x1=0")
    assert "Ungewöhnlich (Wert 0," in text(owner, f"{PAGE}?input.x0=9&input.x1=-9", GERMAN)


def test_whoever_asked_tells_what_it_was(owner: Client) -> None:
    asked = owner.post(PAGE, {"input.x0": "9", "input.x1": "-9", "once": "1"})
    address = asked["Location"].partition("#")[0]
    page = text(owner, address)
    assert "Was this right?" in page
    assert 'name="value" value="true"' in page
    assert "No: no anomaly" in page
    assert "logarithm of the score" in text(owner, f"{address}&why=1")


def test_a_prediction_shows_its_score_and_takes_a_truth(owner: Client) -> None:
    for row, said in ((USUAL, "normal"), (STRANGE, "anomaly")):
        asked = flyball.predict("payments", input=row)
        page = text(owner, f"/predictions/{asked.id}")
        assert f"<dt>Answer</dt><dd>{said}</dd>" in page
        assert f"<dt>Score</dt><dd>{asked.output['score']:.4f}</dd>" in page
        assert '<option value="true">true</option>' in page
    owner.post(f"/predictions/{asked.id}/outcome", {"value": "false"})
    (told,) = recorded.outcomes(list(Prediction.objects.filter(pk=asked.id))).values()
    assert told.value is False
    assert f"<dt>Score</dt><dd>{asked.output['score']:.4f}" in text(owner, f"/predictions/{asked.id}")


def test_the_endpoints_page_names_its_task(owner: Client) -> None:
    assert "<dd>Anomaly detection</dd>" in text(owner, "/endpoints/payments")
