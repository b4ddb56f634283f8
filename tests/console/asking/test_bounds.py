"""Bounds of a value: in words, with their unit, and on the pictures of the answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client

from flyball import inprocess
from flyball.domain.asking.words import Asking, Words
from flyball.domain.routing import Arm, Decision
from flyball.stores.database import Database
from tests.bounded import bounded
from tests.console.conftest import Browser

pytestmark = pytest.mark.storage
PAGE = "/ask/stay"


@pytest.fixture
def caller(database: Database, browser: Browser) -> Iterator[Client]:
    """Somebody who may ask how many days a stay takes: bounds 2 below and 3 above, and 5 and 7 from 50 on."""
    days = Words(name="stay", label=(("", "Stay"),), unit=(("en", "days"), ("de", "Tage")))
    arm = Arm("champion", 1, decision=Decision(threshold=32.0, at_or_above="long", below="short"))
    bounded(database, arm, asking=Asking(outcome=days))
    yield browser("caller")
    inprocess.close()


def read(client: Client, address: str, accepted: str = "en") -> str:
    answer = client.get(address, headers={"Accept-Language": accepted})
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def test_bounds_are_said_with_their_unit_and_how_often_they_hold(caller: Client) -> None:
    page = read(caller, f"{PAGE}?input.age=10")
    low, _, high = page.partition("Between ")[2].partition(":")[0].partition(" and ")
    assert float(low) == pytest.approx(28, abs=0.1)
    assert float(high.removesuffix(" days")) == pytest.approx(33, abs=0.1)
    assert " days: of 100 such bounds, about 90 hold what really happens." in page
    assert "(" not in page.partition('class="says"')[2].partition("</p>")[0]
    assert "Stay is below 32 days." in page


def test_they_are_a_picture_with_the_value_and_the_threshold_where_these_lie(caller: Client) -> None:
    page = read(caller, f"{PAGE}?input.age=10")
    assert '<path class="mark" d="M40.00 0v6"/>' in page  # 2 of the 5 days from one bound to the other
    turn = float(page.partition('<path class="turn" d="M')[2].partition(" ")[0])
    assert turn == pytest.approx(80, abs=2)
    assert 'class="turn"' not in read(caller, f"{PAGE}?input.age=1")


def test_the_curve_has_those_of_each_answer_as_a_band_and_in_its_table(caller: Client) -> None:
    page = read(caller, f"{PAGE}?input.age=10&over=input.age")
    assert "Around each answer, its bounds." in page
    assert '<th scope="col" class="n">Lower bound</th>' in page
    assert '"type": "area"' in page


def test_they_are_said_in_other_languages(caller: Client) -> None:
    page = read(caller, f"{PAGE}?input.age=10", "de")
    assert " Tage: Von 100 solchen Bereichen enthalten etwa 90, was wirklich geschieht." in page
    assert "sur 100 intervalles de ce genre, environ 90" in read(caller, f"{PAGE}?input.age=10", "fr")


def test_they_stand_in_a_table_of_rows(caller: Client) -> None:
    answer = caller.post(f"{PAGE}/rows", {"rows": "age\n10\n20", "once": "1"}, follow=True)
    assert answer.content.decode().count(" days)</span>") == 2


def test_where_a_number_has_no_digits_left_for_them_none_are_wrong(caller: Client) -> None:
    page = read(caller, f"{PAGE}?input.age=1e300")
    assert 'class="bounds"' in page
    assert "nan" not in page
    assert '<path class="mark"' not in page
