"""Several rows at once, as they come out of a spreadsheet."""

from __future__ import annotations

import pytest
from django.test import Client

from flyball.console.asking import columns
from flyball.control.registry.models import Version
from flyball.control.routing.models import Prediction
from tests.console.conftest import Browser

pytestmark = pytest.mark.storage
PAGE = "/ask/purchase/rows"


@pytest.fixture
def caller(browser: Browser, promoted: Version) -> Client:
    """Somebody who may ask, and reads nothing else."""
    return browser("caller")


def paste(client: Client, rows: str, status: int = 200, **more: str) -> str:
    answer = client.post(PAGE, {"rows": rows, "once": "1", **more})
    assert answer.status_code == status, answer.content.decode()
    return answer.content.decode()


def test_fifty_rows_are_asked_and_recorded_once(caller: Client) -> None:
    rows = "Job\tAGE\tshoe size\n" + "".join(f"cook\t{20 + number}\t44\n" for number in range(50))
    for _ in range(2):
        page = paste(caller, rows)
    assert "50 rows were asked and recorded." in page
    assert "The first line was read as names." in page
    assert "Not used:" in page
    assert "shoe size" in page
    assert Prediction.objects.count() == 50


def test_without_names_the_columns_are_those_of_the_form(caller: Client) -> None:
    page = paste(caller, "50\tcook\n30\tpilot\n")
    assert "2 rows were asked and recorded." in page
    assert "No line of names" in page


def test_rows_that_do_not_fit_say_why_and_keep_back_no_other(caller: Client) -> None:
    rows = "age,job\n50,cook\n<b>,cook\n,pilot\n30,pilot,9\n900,cook\n"
    page = paste(caller, rows)
    assert "2 rows were asked and recorded." in page
    assert Prediction.objects.count() == 2
    assert "This should be a whole number." in page
    assert "A value is needed." in page
    assert "3 values, where 2 are expected." in page
    assert "take its answer with care" in page
    assert "<b>," not in page


def test_a_column_that_is_missing_is_told_before_anything_is_asked(caller: Client) -> None:
    page = paste(caller, "job\tshoe\ncook\t44\n", 422)
    assert "These columns are missing: Age" in " ".join(page.split())
    assert "1 values, where 2 are expected." in paste(caller, "cook\n")
    assert not Prediction.objects.exists()


def test_what_a_comma_means_is_asked_and_never_guessed(caller: Client) -> None:
    rows = "age\tjob\n4,5e1\tcook\n"
    assert "What does the comma mean?" not in paste(caller, rows)
    rows = "age\tjob\n50,0\tcook\n1.050,0\tcook\n"
    page = paste(caller, rows, 422)
    assert "What does the comma mean?" in page
    assert not Prediction.objects.exists()
    assert "2 rows were asked" in paste(caller, rows, decimal="comma")
    assert {(each.input or {})["age"] for each in Prediction.objects.all()} == {50, 1050}
    page = paste(caller, rows, decimal="point")
    assert "This should be a whole number." in page
    assert Prediction.objects.count() == 2


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("1,5", "comma", "1.5"),
        ("1.234,5", "comma", "1234.5"),
        ("1.234", "comma", "1234"),
        ("-1.234.567", "comma", "-1234567"),
        ("1.5", "comma", "1.5"),
        ("1,234", "point", "1234"),
        ("1,234.5", "point", "1234.5"),
        ("1,5", "point", "1,5"),
        ("1,2,3", "comma", "1,2,3"),
    ],
)
def test_a_number_is_read_in_the_way_that_was_said(text: str, decimal: str, value: str) -> None:
    assert columns.plain(text, decimal) == value


@pytest.mark.parametrize("rows", ["", " \n ", "\x00", "age\n" * 1100])
def test_nothing_and_too_much_are_told(caller: Client, rows: str) -> None:
    paste(caller, rows, 422)
    assert not Prediction.objects.exists()
