"""The document on the HTTP API cannot lie: its examples are sent, its tables are compared."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flyball.domain.errors import MOST_PROBLEMS
from flyball.domain.records import LONGEST_ENTITY
from flyball.serving.forms import LONGEST_REFERENCE
from flyball.serving.http.door import STATUS
from flyball.serving.http.handlers import LARGEST_PAGE, PAGE
from flyball.serving.http.reading.bodies import MOST_ROWS
from flyball.serving.http.wire import DEPTH
from tests.serving.doors import GOOD, PREDICTIONS, Knock, told

DOCS = Path(__file__).parents[2] / "docs"
HTTP = (DOCS / "http.md").read_text()


def exchanges() -> list[tuple[str, str]]:
    """Each example: the request and the answer."""
    blocks = re.findall(r"```http\n(.*?)```", HTTP, re.DOTALL)
    return list(zip(blocks[::2], blocks[1::2], strict=True))


def send(knock: Knock, request: str) -> Any:
    """The answer to an example."""
    head, _, body = request.partition("\n\n")
    start, *lines = head.strip().split("\n")
    method, _, target = start.partition(" ")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    return knock(method, target, body.encode(), role=None, **headers)


def shape(value: Any) -> Any:
    """A value with the ids taken out: those differ."""
    if isinstance(value, dict):
        return {name: "…" if name in {"id", "next"} else shape(each) for name, each in value.items()}
    return [shape(each) for each in value] if isinstance(value, list) else value


def test_every_example_is_answered_as_the_document_says(knock: Knock) -> None:
    knock("POST", PREDICTIONS, {"input": GOOD, "reference": "loan-88123", "entity": {"customer_id": 4711}})
    for request, answer in exchanges():
        response = send(knock, request)
        start, _, body = answer.partition("\n\n")
        said = json.loads(body)
        phrase = said.get("title") or HTTPStatus(response.status).phrase
        assert start.strip() == f"HTTP/1.1 {response.status} {phrase}", request
        assert shape(told(response)) == shape(said), request


def test_there_are_examples() -> None:
    assert len(exchanges()) == 13


def test_the_table_of_errors_gives_each_code_its_status() -> None:
    table = re.findall(r"^\| `(\w+)` \| (\d{3}) \|", (DOCS / "errors.md").read_text(), re.MULTILINE)
    assert {code: int(status) for code, status in table} == STATUS


def test_every_code_of_a_status_that_the_document_names_exists() -> None:
    named = re.findall(r"(\d{3}) `(\w+)`", HTTP)
    assert named
    assert [(status, code) for status, code in named if STATUS.get(code) != int(status)] == []


def test_the_limits_are_those_of_the_code() -> None:
    said = {MOST_ROWS, LONGEST_ENTITY, LONGEST_REFERENCE, LARGEST_PAGE, PAGE, MOST_PROBLEMS, DEPTH}
    numbers = {int(number.replace(",", "")) for number in re.findall(r"\b\d[\d,]*\b", HTTP)}
    assert said - numbers == set()
