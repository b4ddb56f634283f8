"""One case: asked, wondered about, shared, and told what really happened."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from flyball import Ask, Field, Outcome, inprocess
from flyball.control.declarations import discovery
from flyball.control.registry.models import Version
from flyball.control.routing import services
from flyball.control.routing.models import Minute, Prediction
from flyball.control.routing.models import Outcome as Told
from flyball.domain.access import Principal
from tests.console.conftest import Browser

pytestmark = pytest.mark.storage
CASE = {"input.age": "50", "input.job": "cook"}
QUERY = "input.age=50&input.job=cook"
PAGE = "/ask/purchase"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def caller(browser: Browser, promoted: Version) -> Client:
    """Somebody who may ask, and reads nothing else."""
    return browser("caller")


def text(client: Client, address: str, status: int = 200, headers: Any = None) -> str:
    answer = client.get(address, headers=headers)
    assert answer.status_code == status, answer.content.decode()
    return answer.content.decode()


def asked(client: Client, **case: str) -> str:
    """Ask; the address of the answer."""
    answer = client.post(PAGE, {**CASE, "once": "1", **case})
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"].partition("#")[0]


def test_a_caller_asks_and_reads_the_answer_in_words(caller: Client) -> None:
    assert 'name="input.age"' in text(caller, PAGE)
    page = text(caller, asked(caller))
    stored = Prediction.objects.get()
    assert stored.input == {"age": 50, "job": "cook"}
    assert str(stored.id) in page
    assert "Asked and recorded" in page
    assert "Was this right?" in page


def test_opening_an_address_answers_and_records_nothing(caller: Client) -> None:
    before = text(caller, f"{PAGE}?{QUERY}")
    assert "recorded nowhere" in before
    assert "Was this right?" not in before
    assert not Prediction.objects.exists()
    inprocess.close()  # writes what has been counted
    assert not Minute.objects.exists()


def test_the_same_form_sent_twice_is_one_prediction(caller: Client) -> None:
    for _ in range(2):
        asked(caller)
    assert Prediction.objects.count() == 1
    asked(caller, **{"input.age": "51"})
    assert Prediction.objects.count() == 2


def test_a_changed_field_moves_the_answer_beside_the_recorded_one(caller: Client) -> None:
    proof = asked(caller).partition("answered=")[2]
    part = text(caller, f"{PAGE}?input.age=21&input.job=cook&answered={proof}", headers=HTMX)
    assert part.lstrip().startswith('<section id="answer"')
    assert "Recorded before:" in part
    assert "→" in part
    assert Prediction.objects.count() == 1


def test_an_address_with_other_inputs_shows_no_recorded_answer_as_theirs(caller: Client) -> None:
    proof = asked(caller).partition("answered=")[2]
    page = text(caller, f"{PAGE}?input.age=21&input.job=cook&answered={proof}")
    assert "Asked and recorded" not in page
    assert f"?{QUERY}&answered={proof}".replace("&", "&amp;") in page
    assert "Asked and recorded" in text(caller, f"{PAGE}?input.age=50.0&input.job=cook&answered={proof}")


def test_the_curve_over_a_field_has_where_the_answer_stands(caller: Client) -> None:
    page = text(caller, f"{PAGE}?{QUERY}&over=input.age")
    assert "The answer over Age" in page
    assert '"now": "now"' in page
    bars = text(caller, f"{PAGE}?{QUERY}&over=input.job")
    assert "The answer over Job" in bars
    assert "The answer over" not in text(caller, f"{PAGE}?{QUERY}&over=input.nothing")
    assert not Prediction.objects.exists()


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_recorded(caller: Client) -> None:
    answer = caller.post(PAGE, {"input.age": "<b>old", "once": "1"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "This should be a whole number." in page
    assert "A value is needed." in page
    assert "<b>old" not in page
    assert not Prediction.objects.exists()


def test_what_the_model_has_not_seen_is_said_beside_the_answer(caller: Client) -> None:
    page = text(caller, asked(caller, **{"input.age": "900"}))
    assert "take its answer with care" in page


def test_what_happened_is_told_and_corrected_by_who_asked(caller: Client) -> None:
    address = asked(caller)
    proof = address.partition("answered=")[2]
    for value in ("yes", "no"):
        sent = {"answered": proof, "value": value, "back": QUERY}
        assert caller.post(f"{PAGE}/outcome", sent)["Location"].startswith(f"{PAGE}?{QUERY}&answered=")
    assert [each.value for each in Told.objects.order_by("id")] == ["yes", "no"]
    assert "Thank you." in text(caller, address)


def test_who_opens_somebody_elses_answer_sees_none_of_it_and_tells_nothing(
    caller: Client, browser: Browser
) -> None:
    address = asked(caller)
    other = browser("member")
    page = text(other, address)
    assert "Asked and recorded" not in page
    sent = {"answered": address.partition("answered=")[2], "value": "yes"}
    assert other.post(f"{PAGE}/outcome", sent).status_code == 404
    assert other.post(f"{PAGE}/outcome", {**sent, "answered": "x:y"}).status_code == 404
    assert not Told.objects.exists()


def test_what_was_erased_is_shown_no_more(caller: Client) -> None:
    address = asked(caller)
    stored = Prediction.objects.get()
    inprocess.erase(Principal(team="lending", role="owner"), stored.id)
    page = text(caller, address)
    assert "has been erased" in page
    assert "Was this right?" not in page


def test_an_outcome_that_fits_no_label_is_refused(caller: Client) -> None:
    proof = asked(caller).partition("answered=")[2]
    for value in ("", "perhaps", "\x00"):
        answer = caller.post(f"{PAGE}/outcome", {"answered": proof, "value": value, "back": QUERY})
        assert answer.status_code == 422


@pytest.mark.parametrize("odd", ["input.age=%00", "input.age=" + "9" * 5000, "answered=%00", "over=%ff"])
def test_an_odd_address_is_answered_like_any_other(caller: Client, odd: str) -> None:
    assert caller.get(f"{PAGE}?{QUERY}&{odd}").status_code in {200, 422}


@pytest.mark.parametrize("odd", ["\x00", "9" * 50_000, "1e999", "nan", "'", "1_000"])
def test_an_odd_value_is_refused_beside_its_field(caller: Client, odd: str) -> None:
    answer = caller.post(PAGE, {"input.age": odd, "input.job": "cook"})
    assert answer.status_code == 422
    assert not Prediction.objects.exists()


def test_a_text_that_no_address_holds_is_asked_whole_and_shown_from_its_prediction(caller: Client) -> None:
    long = "cook " * 2000
    address = asked(caller, **{"input.job": long})
    assert len(address) < 1000
    assert (Prediction.objects.get().input or {})["job"] == long.strip()
    assert "Asked and recorded" in text(caller, address)


def test_a_typical_case_is_no_row_of_anybody(caller: Client) -> None:
    page = text(caller, f"{PAGE}?typical")
    assert 'name="input.age" value="40"' in page
    assert '<option value="clerk" selected>' in page


def test_nobody_is_led_to_sign_in_and_a_viewer_may_not(browser: Browser, promoted: Version) -> None:
    assert browser(None).get(PAGE).status_code == 302
    assert browser("viewer").get(PAGE).status_code == 403
    assert browser("stranger").get(PAGE).status_code == 404


def test_a_caller_is_led_to_what_there_is_to_ask(caller: Client, browser: Browser) -> None:
    assert caller.get("/")["Location"] == "/ask"
    assert f'href="{PAGE}"' in text(caller, "/ask")
    assert PAGE not in text(browser("stranger"), "/ask")
    assert PAGE not in text(browser("viewer"), "/ask")


def test_before_a_champion_there_is_nothing_to_ask(browser: Browser, version: Version) -> None:
    page = text(browser("caller"), PAGE, 503)
    assert "a version has to be promoted first" in page


def test_words_come_from_the_declaration_and_change_without_a_new_version(
    caller: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = discovery.find("purchase")
    age = Field(label={"en": "Age", "de": "Alter"}, unit="a", help="In whole years.", default=30)
    labels = {"yes": {"en": "will buy", "de": "wird kaufen"}}
    monkeypatch.setattr(declared, "fields", {"age": age})
    monkeypatch.setattr(declared, "ask", Ask(question={"en": "Will they buy?", "de": "Wird gekauft?"}))
    monkeypatch.setattr(declared, "outcome", Outcome("bought", positive="yes", labels=labels))
    (change,) = services.apply(declarations={"purchase": declared})
    assert "words for people who ask" in change.what
    german = {"Accept-Language": "de-CH,de;q=0.9"}
    page = text(caller, PAGE, headers=german)
    assert '<html lang="de">' in page
    assert "Wird gekauft?" in page
    assert "Alter" in page
    assert "In whole years." in page
    assert 'value="30"' in page
    answer = text(caller, asked(caller), headers=german)
    assert "wird kaufen" in answer
    assert "<h1>Will they buy?</h1>" in text(caller, f"{PAGE}?language=en", headers=german)
    assert not services.apply(declarations={"purchase": declared})
