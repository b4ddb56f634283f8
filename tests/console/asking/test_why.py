"""Why an answer is what it is, and what would turn it: of one that is only wondered about too."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from flyball import Field, Threshold, inprocess
from flyball.control.routing import services
from flyball.control.routing.models import Prediction
from flyball.domain.access import Principal
from flyball.stores.database import Database
from tests.console.conftest import CHROMIUM, Browser, Open
from tests.registry import small

pytestmark = pytest.mark.storage
PAGE, QUERY = "/ask/purchase", "input.age=50&input.job=cook"
HTMX = {"HX-Request": "true"}
LINK = re.compile(r'hx-get="(/ask/purchase\?[^"]*why=1)"')
TRY = re.compile(r'<a href="(/ask/purchase\?[^"]*)">')


@pytest.fixture
def caller(tmp_path: Path, database: Database, browser: Browser) -> Iterator[Client]:
    """Somebody who may ask an endpoint that decides, and whose age may be changed."""
    fields = {"age": Field(label={"en": "Age", "de": "Alter"}, unit="years", changeable=True)}
    decide = Threshold(0.5, at_or_above="call", below="wait")
    declaration, made = small.version(tmp_path, team="lending", fields=fields, decide=decide)
    services.apply(declarations={declaration.name: declaration})
    services.promote(endpoint="purchase", version=made.number)
    yield browser("caller")
    inprocess.close()


def text(client: Client, address: str, headers: Any = None) -> str:
    answer = client.get(html.unescape(address), headers=headers)
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def asked(client: Client) -> str:
    """Ask; the address of the answer."""
    answer = client.post(PAGE, {"input.age": "50", "input.job": "cook", "once": "1"})
    return str(answer["Location"]).partition("#")[0]


def why(client: Client, address: str, headers: Any = None) -> str:
    """What comes after the answer of an address, as its page asks for it."""
    page = text(client, address, headers)
    assert "What moved it" not in page
    found = LINK.search(page)
    assert found
    return text(client, found[1], {**HTMX, **(headers or {})})


def test_the_fields_that_moved_a_recorded_answer_come_after_it(caller: Client) -> None:
    part = why(caller, asked(caller))
    assert part.lstrip().startswith('<div class="sheet" id="reasons">')
    assert "Towards “" in part
    assert "exact, from the coefficients of a linear model" in part
    found = inprocess.explain(Prediction.objects.get().id, 6)
    assert part.count('<svg class="reason') == len(found.parts) > 0
    assert "50 years" in part


def test_what_is_only_wondered_about_has_reasons_of_its_own_and_is_recorded_nowhere(caller: Client) -> None:
    address = asked(caller)
    recorded = why(caller, address)
    wondered = why(caller, address.replace("age=50", "age=22"), HTMX)
    assert "22 years" in wondered
    assert "50 years" not in wondered
    assert re.findall(r'class="n">([^<]*)', wondered) != re.findall(r'class="n">([^<]*)', recorded)
    assert Prediction.objects.count() == 1


@pytest.mark.parametrize(("age", "now", "then"), [(50, "call", "wait"), (22, "wait", "call")])
def test_the_smallest_change_turns_the_decision_where_it_is_tried(
    caller: Client, age: int, now: str, then: str
) -> None:
    address = f"{asked(caller)}".replace("age=50", f"age={age}")
    part = why(caller, address)
    assert f"Now: “{now}”." in part
    assert f"<strong>{then}</strong>" in part
    assert f"Age: {age} years → " in part
    (tried,) = TRY.findall(part)
    page = text(caller, tried)
    assert f"<strong>{then}</strong>" in page
    assert "What if: recorded nowhere" in page
    assert "Recorded before:" in page
    assert Prediction.objects.count() == 1


def test_without_scripts_its_link_leads_to_the_whole_page_with_them(caller: Client) -> None:
    for address in (f"{asked(caller)}&why=1", f"{PAGE}?{QUERY}&why=1"):
        page = text(caller, address)
        assert page.startswith("<!doctype html>")
        assert 'id="answer"' in page
        assert "What moved it" in page
        assert "What would turn it" in page
        assert not LINK.search(page)


def test_it_is_told_in_the_language_of_the_page(caller: Client) -> None:
    part = why(caller, f"{PAGE}?{QUERY}", {"Accept-Language": "de"})
    assert "Was sie umkehren würde" in part
    assert "Alter: 50 years → " in part
    assert "Ce qui l’inverserait" in why(caller, f"{PAGE}?{QUERY}", {"Accept-Language": "fr"})


def test_where_there_is_no_answer_it_says_why(caller: Client) -> None:
    assert not LINK.search(text(caller, f"{PAGE}?input.age=50"))
    assert "does not fit" in text(caller, f"{PAGE}?input.age=old&why=1", HTMX)
    address = asked(caller)
    inprocess.erase(Principal(team="lending", role="owner"), Prediction.objects.get().id)
    assert not LINK.search(text(caller, address))
    proof = address.partition("answered=")[2]
    assert "have been erased" in text(caller, f"{PAGE}?answered={proof}&why=1", HTMX)


def test_somebody_elses_recorded_answer_is_explained_to_nobody(caller: Client, browser: Browser) -> None:
    proof = asked(caller).partition("answered=")[2]
    answer = browser("member").get(f"{PAGE}?answered={proof}&why=1", headers=HTMX)
    assert "What moved it" not in answer.content.decode()
    assert browser("viewer").get(f"{PAGE}?{QUERY}&why=1", headers=HTMX).status_code == 403


def test_an_odd_address_stays_one_parameter(caller: Client) -> None:
    part = text(caller, f"{PAGE}?{QUERY}&over=input.age%26answered%3Dx%22&why=1", HTMX)
    (tried,) = TRY.findall(part)
    assert "&amp;over=input.age%26answered%3Dx%22" in tried


@pytest.mark.skipif(CHROMIUM is None, reason="No Chromium is installed: FLYBALL_TEST_CHROMIUM names one.")
@pytest.mark.django_db(transaction=True)
def test_it_comes_by_itself_after_each_answer(caller: Client, opened: Open, said: list[str]) -> None:
    page = opened(f"{PAGE}?{QUERY}")
    page.locator("#turns").wait_for()
    assert page.locator("#reasons td").first.inner_text() == "50 years"
    page.locator("[name='input.age']").fill("22")
    page.locator("#reasons").get_by_text("22 years").wait_for()
    assert page.locator("#turns").count() == page.locator("#reasons").count() == 1
    page.get_by_role("link", name="Try it").click()
    page.locator("#answer .decided").wait_for()
    assert "call" in page.locator("#answer .decided").inner_text()
    assert said == []
