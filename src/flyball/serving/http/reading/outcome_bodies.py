"""Bodies that tell what really happened: one outcome, or many as JSON or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any
from uuid import UUID

from flyball.domain.delimited import delimiter_of
from flyball.domain.errors import MOST_PROBLEMS, BodyTooLarge, InvalidInput, MalformedBody, Problem
from flyball.serving import feedback
from flyball.serving.calls import SentOutcome
from flyball.serving.forms import Form
from flyball.serving.http import wire
from flyball.stores.outcomes import MOST

ONE = frozenset({"value", "occurred_at"})
WAYS = ("prediction", "reference", "entity")
EACH = ONE | set(WAYS)
ENTITY_PREFIX = "entity."
"""A CSV column ``entity.customer_id`` holds the entity's ``customer_id``."""

LARGEST_JSON = 2 * 1024 * 1024
"""Bytes of a body of outcomes as JSON, which is read whole: 500 of them are far smaller."""
LONGEST_HEADER = 64 * 1024
"""Characters of a header that are looked at for what separates its columns."""


def one(body: bytes, prediction: UUID) -> SentOutcome:
    """The outcome of one prediction. Raises ``MalformedBody`` and ``InvalidInput``."""
    problems: list[Problem] = []
    form = Form(wire.parse(body), "", problems, ONE)
    occurred_at = form.moment_or_day("occurred_at")
    outcome = SentOutcome(value=_value(form), prediction=prediction, occurred_at=occurred_at)
    refuse(problems)
    return outcome


def from_json(body: bytes, endpoint: str) -> list[SentOutcome]:
    """The outcomes of ``{"outcomes": [...]}``; at most ``MOST``.

    Raises ``MalformedBody``, ``BodyTooLarge`` and ``InvalidInput``.
    """
    if len(body) > LARGEST_JSON:
        raise BodyTooLarge(f"Outcomes as JSON are at most {LARGEST_JSON} bytes; send more in parts.")
    problems: list[Problem] = []
    form = Form(wire.parse(body), "", problems, frozenset({"outcomes"}))
    sent = form.items("outcomes")
    if "outcomes" not in form:
        form.note("outcomes", "missing", "A list of outcomes is needed.")
    feedback.check_size(sent or ())
    outcomes = list(_read(enumerate(sent or ()), endpoint, problems))
    refuse(problems)
    return outcomes


def from_csv(body: bytes, endpoint: str) -> list[SentOutcome]:
    """The outcomes of a CSV file in UTF-8 with a header, as ``csv_outcomes`` reads it; at most ``MOST``.

    What comes after the first that is too many is not read. Raises ``MalformedBody`` and ``InvalidInput``.
    """
    problems: list[Problem] = []
    outcomes = list(islice(csv_outcomes(body, endpoint, problems), MOST + 1))
    feedback.check_size(outcomes)
    refuse(problems)
    return outcomes


def csv_outcomes(
    body: bytes, endpoint: str, problems: list[Problem], source: str = "api"
) -> Iterator[SentOutcome]:
    """The outcomes of a CSV file, one after the other, separated as any CSV file that Flyball reads.

    Its columns are ``value``, ``occurred_at``, and ``prediction``, ``reference`` or ``entity.<column>``. An
    empty cell is a missing value. A problem's pointer counts the lines after the header from 0, empty ones
    too: ``/outcomes/3/value`` is in line 5. Problems are added to the list: where there is one, nothing of
    the file counts. Raises ``MalformedBody``, and ``InvalidInput`` for the header.
    """
    text = io.TextIOWrapper(io.BytesIO(body), "utf-8-sig", newline="")
    lines: Any = None
    try:
        delimiter = delimiter_of(text.readline(LONGEST_HEADER))
        text.seek(0)
        lines = csv.reader(text, delimiter=delimiter, skipinitialspace=True, strict=True)
        header = [name.strip() for name in next(lines, [])]
        _check_header(header)
        for outcome in _read(_records(header, lines), endpoint, problems):
            yield replace(outcome, is_text=True, source=source)
    except UnicodeDecodeError:
        raise MalformedBody("The body is not UTF-8.") from None
    except csv.Error:
        raise MalformedBody(f"Line {lines.line_num} is not CSV.") from None


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


def _read(
    sent: Iterable[tuple[int, object]], endpoint: str, problems: list[Problem]
) -> Iterator[SentOutcome]:
    for position, value in sent:
        yield _outcome(Form(value, f"/outcomes/{position}", problems, EACH), endpoint)
        if len(problems) > MOST_PROBLEMS:
            return  # nobody reads more, and a hostile body would fill the memory


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


def refuse(problems: list[Problem]) -> None:
    """Raises ``InvalidInput`` where there are problems."""
    if problems:
        raise InvalidInput("The outcomes cannot be read.", problems=problems)
