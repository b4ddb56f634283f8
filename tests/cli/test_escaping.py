"""What is printed cannot steer a terminal: names and labels come from data and from model files."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from flyball.cli.failures.failure import Failure, document
from flyball.cli.printing.output import Output
from flyball.cli.printing.table import table
from flyball.domain.errors import DataError

HOSTILE = "a\x1b[2Jb\x9b31mc\u202ed\u2066e\x7f\rf"
SPELLED = r"a\x1b[2Jb\x9b31mc\u202ed\u2066e\x7f\x0df"


def printed(*, as_json: bool, **said: object) -> str:
    stream = io.StringIO()
    Output(as_json=as_json, stream=stream).result(said, str(said.get("label")))
    return stream.getvalue()


def test_a_text_is_spelled_out() -> None:
    assert printed(as_json=False, label=HOSTILE) == SPELLED + "\n"


def test_a_document_says_the_same_in_escapes_of_its_own() -> None:
    said = printed(as_json=True, label=HOSTILE)
    assert said.rstrip("\n").isascii()
    assert json.loads(said) == {"label": HOSTILE}


def test_other_languages_and_lines_stay_as_they_are() -> None:
    assert printed(as_json=False, label="größer\n\t大きい 🙂") == "größer\n\t大きい 🙂\n"


def test_cells_of_a_table_are_spelled_out_and_as_wide_as_they_are_shown() -> None:
    console = Console(file=io.StringIO(), width=80)
    console.print(table([{"label": HOSTILE}], ["label"], 80))
    assert isinstance(console.file, io.StringIO)
    assert SPELLED in console.file.getvalue()


@pytest.mark.parametrize("said", [Failure(DataError(f"No {HOSTILE}.")).format_message()])
def test_failures_are_spelled_out(said: str) -> None:
    assert said == f"No {SPELLED}."


def test_failures_as_documents_hold_no_such_character() -> None:
    failed = document(Failure(DataError(f"No {HOSTILE}.")))
    assert failed.isascii()
    assert json.loads(failed)["detail"] == f"No {HOSTILE}."
