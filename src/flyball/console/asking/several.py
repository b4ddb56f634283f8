"""Several rows asked together: those that fit are answered and recorded, of the others each says why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext

from flyball import inprocess
from flyball.console.asking.form import Form
from flyball.console.asking.problems import sentence
from flyball.domain.access import Principal
from flyball.domain.errors import InvalidInput, ModelFailed, Problem, UnknownEntity
from flyball.domain.records import Prediction
from flyball.serving.calls import Call, Row
from flyball.serving.forms import LONGEST_REFERENCE

OF_ONE_ROW = (InvalidInput, UnknownEntity, ModelFailed)
"""Errors that one row brings about while the others are in order."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Why a row was not answered: its number, the field (empty: the row itself), and the reason."""

    row: int
    field: str
    reason: str


@dataclass(slots=True)
class Answers:
    """What became of some rows, by their numbers."""

    predictions: dict[int, Prediction] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)


def ask(
    principal: Principal,
    endpoint: str,
    form: Form,
    rows: Mapping[int, Mapping[str, str]],
    key: str,
    references: Mapping[int, str] | None = None,
) -> Answers:
    """Ask all rows, by their numbers, in one commit; each as the texts that a form would have.

    Rows that do not fit are left out and told. Asked again with the same ``key``, the same predictions are
    given. Raises what is of no row: ``Overloaded``, ``NotReady``, ``Retired``.
    """
    found, read = Answers(), form.reading()
    wanted = {number: _row(*read(texts)) for number, texts in rows.items()}
    for number, text in (references or {}).items():
        if number in wanted:
            wanted[number]["reference"] = text
    _refuse_long(wanted, found)
    while wanted:
        numbers = list(wanted)
        asked = tuple(Row(pointer=f"/rows/{place}", **wanted[each]) for place, each in enumerate(numbers))
        call = Call(endpoint=endpoint, rows=asked, idempotency_key=f"{key} {len(numbers)} {numbers[0]}")
        try:
            answers = inprocess.ask(principal, call)
        except OF_ONE_ROW as error:
            _leave_out(form, numbers, wanted, error, found)
            continue
        found.predictions |= dict(zip(numbers, answers, strict=True))
        break
    found.rejects.sort(key=lambda each: each.row)
    return found


def of_length(row: int, found: int, expected: int) -> Reject:
    """A row that has more or fewer values than there are columns."""
    wrong = gettext("%(found)s values, where %(expected)s are expected.")
    return Reject(row, "", wrong % {"found": found, "expected": expected})


def rejects_of(form: Form, problems: Iterable[Problem]) -> list[Reject]:
    """Problems of numbered rows (``/rows/0`` is the first) as they are told."""
    placed = [(place, each) for each in problems if (place := _place(each)) is not None]
    return [_reject(form, place + 1, each) for place, each in placed]


def _row(entity: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    return {"entity": entity, "input": values}


def _refuse_long(wanted: dict[int, dict[str, Any]], found: Answers) -> None:
    for number in [each for each in wanted if len(wanted[each].get("reference") or "") > LONGEST_REFERENCE]:
        del wanted[number]
        found.rejects.append(Reject(number, "reference", f"At most {LONGEST_REFERENCE} characters."))


def _leave_out(
    form: Form, numbers: Sequence[int], wanted: dict[int, dict[str, Any]], error: Any, found: Answers
) -> None:
    """Take out the rows that an error names; where it names none, the first one alone is to blame, or all."""
    named = [(place, each) for each in error.problems if (place := _place(each)) is not None]
    if not named:
        said = sentence(Problem("", error.code, error.detail), None)
        for number in numbers:
            found.rejects.append(Reject(number, "", said))
        wanted.clear()
    for place, problem in named:
        number = numbers[place]
        wanted.pop(number, None)
        found.rejects.append(_reject(form, number, problem))


def _place(problem: Problem) -> int | None:
    parts = problem.pointer.split("/")
    return int(parts[2]) if parts[:2] == ["", "rows"] and len(parts) > 2 and parts[2].isdigit() else None


def _reject(form: Form, number: int, problem: Problem) -> Reject:
    pointer = "/" + "/".join(problem.pointer.split("/")[3:])
    entry = next((each for each in form.entries if each.pointer == pointer), None)
    name = pointer.rpartition("/")[2] if entry is None else entry.label
    return Reject(number, name, sentence(problem, None if entry is None else entry.field))
