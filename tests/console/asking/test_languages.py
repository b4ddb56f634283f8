"""The pages in the reader's language: all their words, in what is installed too."""

from __future__ import annotations

import re
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from django.test import Client
from django.utils import translation

from flyball import inprocess
from flyball.console.asking.languages import LANGUAGES
from flyball.control.registry.models import Version
from tests.console.asking import words
from tests.console.conftest import Browser

QUERY = "input.age=50&input.job=cook&over=input.age"
NAMED = re.compile(r"%\(\w+\)s")


def texts(found: Catalog) -> dict[str | tuple[str, ...], tuple[str, ...]]:
    """What is written for each text of a catalog."""
    return {_texts(each.id): _many(each.string) for each in found if each.id}


def _texts(text: Any) -> str | tuple[str, ...]:
    return text if isinstance(text, str) else tuple(text)


def _many(text: Any) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def test_the_words_are_those_that_the_switch_offers() -> None:
    assert {"en", *words.LANGUAGES} == set(LANGUAGES)


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_word_of_the_pages_is_translated_with_its_values(language: str) -> None:
    known = texts(words.catalog(language))
    assert set(known) == set(words.words())
    for text, translated in known.items():
        whole = text if isinstance(text, str) else text[1]
        for each in translated:
            assert each, text
            assert set(NAMED.findall(each)) == set(NAMED.findall(whole)), text


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_what_django_reads_is_what_was_written(language: str) -> None:
    assert words.place(language, "mo").read_bytes() == words.compiled(words.catalog(language))


@pytest.fixture
def caller(browser: Browser, promoted: Version) -> Client:
    """Somebody who may ask, and reads nothing else."""
    return browser("caller")


def read(client: Client, address: str, accepted: str = "") -> str:
    answer = client.get(address, headers={"Accept-Language": accepted})
    return answer.content.decode()


@pytest.mark.storage
def test_the_browser_says_which_and_the_switch_is_remembered(caller: Client) -> None:
    assert "Ein typischer Fall" in read(caller, "/ask/purchase", "de-AT,en;q=0.5")
    assert "Un cas typique" in read(caller, "/ask/purchase", "nl,fr;q=0.9,en;q=0.5")
    assert "A typical case" in read(caller, "/ask/purchase", "nl,xx,*;q=0.1")
    assert "A typical case" in read(caller, "/ask/purchase", "de" * 3000)
    assert "Un cas typique" in read(caller, "/ask/purchase?language=fr", "de")
    assert "Un cas typique" in read(caller, "/ask/purchase", "de")
    assert "Was möchten Sie wissen?" in read(caller, "/ask?language=de")
    assert "Un cas typique" not in read(caller, "/ask/purchase?language=xx", "en")


@pytest.mark.storage
def test_answers_numbers_and_faults_are_written_in_it(caller: Client) -> None:
    page = read(caller, f"/ask/purchase?{QUERY}", "de")
    assert re.search(r"\d,\d+ %|\d+ %", page)
    assert not re.search(r"\d\.\d+ %", page.partition("<svg")[0])
    assert "Die Antwort über Age" in page
    assert "Als Tabelle" in page
    wrong = caller.post("/ask/purchase", {"input.age": "x"}, headers={"Accept-Language": "fr"})
    assert "Ce devrait être un nombre entier." in wrong.content.decode()
    assert "Il n’y a rien à demander sous ce nom." in read(caller, "/ask/nowhere", "fr")


@pytest.mark.storage
def test_the_console_stays_as_it_is_written(browser: Browser, promoted: Version) -> None:
    inprocess.data_plane()
    page = read(browser("owner"), "/endpoints/purchase", "de")
    assert '<html lang="en">' in page
    assert "Als Tabelle" not in page


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_no_other_package_says_our_words_otherwise(language: str) -> None:
    with translation.override(language):
        said = {text: translation.gettext(text) for text in words.words() if isinstance(text, str)}
    known = {text: each[0] for text, each in texts(words.catalog(language)).items()}
    assert {text: each for text, each in said.items() if each != known[text]} == {}
