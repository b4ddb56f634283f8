"""Bodies that tell what really happened: one outcome, or many as JSON or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from flyball.domain.delimited import delimiter_of
from flyball.domain.errors import MOST_PROBLEMS, InvalidInput, MalformedBody, Problem
from flyball.serving.calls import SentOutcome
from flyball.serving.forms import Form
from flyball.serving.http import wire

ONE = frozenset({"value", "occurred_at"})
WAYS = ("prediction", "reference", "entity")
EACH = ONE | set(WAYS)
ENTITY_PREFIX = "entity."
"""A CSV column ``entity.customer_id`` holds the entity's ``customer_id``."""


def one(body: bytes, prediction: UUID) -> SentOutcome:
    """The outcome of one prediction. Raises ``MalformedBody`` and ``InvalidInput``."""
    problems: list[Problem] = []
    form = Form(wire.parse(body), "", problems, ONE)
    occurred_at = form.moment_or_day("occurred_at")
    outcome = SentOutcome(value=_value(form), prediction=prediction, occurred_at=occurred_at)
    _refuse(problems)
    return outcome


def from_json(body: bytes, endpoint: str) -> list[SentOutcome]:
    """The outcomes of ``{"outcomes": [...]}``. Raises ``MalformedBody`` and ``InvalidInput``."""
    problems: list[Problem] = []
    form = Form(wire.parse(body), "", problems, frozenset({"outcomes"}))
    sent = form.items("outcomes")
    if "outcomes" not in form:
        form.note("outcomes", "missing", "A list of outcomes is needed.")
    return _read(enumerate(sent or ()), endpoint, problems)


def from_csv(body: bytes, endpoint: str, source: str = "api") -> list[SentOutcome]:
    """The outcomes of a CSV file in UTF-8 with a header, separated as any CSV file that Flyball reads.

    Its columns are ``value``, ``occurred_at``, and ``prediction``, ``reference`` or ``entity.<column>``. An
    empty cell is a missing value. A problem's pointer counts the lines after the header from 0, empty ones
    too: ``/outcomes/3/value`` is in line 5. Raises ``MalformedBody`` and ``InvalidInput``.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise MalformedBody("The body is not UTF-8.") from None
    delimiter = delimiter_of(text.partition("\n")[0])
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    problems: list[Problem] = []
    try:
        header = [name.strip() for name in next(lines, [])]
        _check_header(header)
        outcomes = _read(_records(header, lines), endpoint, problems)
    except csv.Error:
        raise MalformedBody(f"Line {lines.line_num} is not CSV.") from None
    return [replace(outcome, is_text=True, source=source) for outcome in outcomes]


def _check_header(header: list[str]) -> None:
    if len(set(header)) < len(header):
        raise MalformedBody("A column stands twice in the header.")
    if "value" not in header:
        raise InvalidInput(problems=[Problem("/outcomes", "missing", "The header has no column value.")])


def _records(header: list[str], lines: Iterable[list[str]]) -> Iterator[tuple[int, dict[str, Any]]]:
    for position, line in enumerate(lines):
        if len(line) > len(header):
            raise MalformedBody(f"Line {position + 2} has more cells than the header.")
        cells = {name: cell.strip() for name, cell in zip(header, line, strict=False) if cell.strip()}
        if not cells:
            continue  # an empty line
        entity = {name[len(ENTITY_PREFIX) :]: cells.pop(name) for name in header if _is_key(name, cells)}
        yield position, cells | ({"entity": entity} if entity else {})


def _is_key(name: str, cells: Mapping[str, str]) -> bool:
    return name.startswith(ENTITY_PREFIX) and name in cells


def _read(sent: Iterable[tuple[int, object]], endpoint: str, problems: list[Problem]) -> list[SentOutcome]:
    outcomes = []
    for position, value in sent:
        outcomes.append(_outcome(Form(value, f"/outcomes/{position}", problems, EACH), endpoint))
        if len(problems) > MOST_PROBLEMS:
            break  # nobody reads more, and a hostile body would fill the memory
    _refuse(problems)
    return outcomes


def _outcome(form: Form, endpoint: str) -> SentOutcome:
    ways = [name for name in WAYS if name in form]
    if len(ways) != 1:
        code = "conflicting" if ways else "missing"
        form.note("", code, "Name the prediction by one of its id, its reference, or its entity and time.")
    outcome = SentOutcome(
        value=_value(form),
        endpoint=endpoint,
        prediction=form.identity("prediction"),
        reference=form.reference(),
        entity=form.entity(),
        occurred_at=form.moment_or_day("occurred_at"),
        pointer=form.pointer,
    )
    if ways == ["entity"] and "occurred_at" not in form:
        form.note("occurred_at", "missing", "An entity needs the time of the outcome.")
    return outcome


def _value(form: Form) -> object:
    if "value" not in form:
        form.note("value", "missing", "A value is needed.")
    return form.values.get("value")


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise InvalidInput("The outcomes cannot be read.", problems=problems)
