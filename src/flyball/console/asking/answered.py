"""What came of a file, as files: answers as they are recorded now, and rows that have none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flyball.console.asking.form import Form
from flyball.console.frame.predicted import answer
from flyball.control.asking import selectors
from flyball.control.asking.models import Upload
from flyball.control.routing.models import Prediction
from flyball.domain.delimited import inert_line


def answer_lines(form: Form, upload: Upload) -> Iterator[str]:
    """The lines of a file: row, what was asked, what was answered. What was erased since is empty.

    Values come from the predictions, which are kept, erased and expired by their own rules: no second copy.
    """
    fields = [each.field.name for each in form.entries]
    last = ("answer", "probability", "decision", "warnings", "version", "prediction")
    yield inert_line(["row", "reference", *fields, *last])
    for each in selectors.answers(upload):
        ids = [identity for _, identity in each.answered]
        known = {str(found.pk): found for found in Prediction.objects.filter(pk__in=ids)}
        some = ((row, known.get(identity), identity) for row, identity in each.answered)
        yield "".join(inert_line(_cells(fields, row, found, identity)) for row, found, identity in some)


def reject_lines(upload: Upload) -> Iterator[str]:
    """The lines of a file: row, field and reason of each value that kept a row from being answered."""
    yield inert_line(["row", "field", "reason"])
    for each in selectors.answers(upload):
        yield "".join(inert_line(reject) for reject in each.rejected)


def _cells(fields: list[str], row: int, found: Prediction | None, identity: str) -> list[Any]:
    if found is None:
        return [row, *[""] * (len(fields) + 6), identity]
    values = {**(found.input or {}), **(found.entity or {})}
    said = answer(found)
    warnings = "; ".join(f"{each.get('pointer', '')} {each.get('code', '')}" for each in found.warnings or ())
    asked = [values.get(name) for name in fields]
    return [
        row, found.reference, *asked, said["said"], said["probability"], found.decision, warnings,
        found.version, identity,
    ]  # fmt: skip
