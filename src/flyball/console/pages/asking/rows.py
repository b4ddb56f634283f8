"""``/ask/{endpoint}/rows``: several rows at once, pasted from a spreadsheet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse

from flyball.console.asking.answers import Answer, answer_of
from flyball.console.asking.columns import COMMA, POINT
from flyball.console.asking.form import INPUT
from flyball.console.asking.pasted import MOST_ROWS, Pasted, pasted
from flyball.console.asking.problems import sentence
from flyball.console.asking.several import Answers, ask
from flyball.console.frame.page import is_text
from flyball.console.pages.asking.page import AskPage, Subject
from flyball.domain.records import Prediction

ROWS, DECIMAL, ONCE = "rows", "decimal", "once"


class RowsAsk(AskPage):
    """``GET`` shows where to paste, ``POST`` asks what was pasted."""

    template = "asking/rows.html"

    def get(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """The empty page."""
        return self._page(self.subject(endpoint))

    def post(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """Ask every row that fits, once; nothing where columns lack or commas may mean two things."""
        subject = self.subject(endpoint)
        text, decimal = request.POST.get(ROWS, ""), request.POST.get(DECIMAL, "")
        decimal = decimal if decimal in {POINT, COMMA} else ""
        if not is_text(text) or not text.strip():
            return self._page(subject, 422, fault="empty")
        read = pasted(subject.form, text, decimal)
        more: dict[str, Any] = {"text": text, "read": read, "decimal": decimal}
        if len(read.rows) + len(read.rejects) > MOST_ROWS:
            return self._page(subject, 422, fault="many", **more)
        if read.lacking or read.commas:
            return self._page(subject, 422, fault="columns" if read.lacking else "commas", **more)
        key = f"ask {request.user.pk} {request.POST.get(ONCE, '')} {decimal}"
        found = ask(subject.principal, endpoint, subject.form, read.rows, key)
        found.rejects[:] = sorted([*read.rejects, *found.rejects], key=lambda each: each.row)
        return self._page(subject, **more, found=found, lines=_lines(subject, read, found))

    def _page(self, subject: Subject, status: int = 200, **more: Any) -> HttpResponse:
        context = {
            "title": subject.title,
            "name": subject.endpoint.name,
            "form": subject.form,
            "most": MOST_ROWS,
            "once": uuid4().hex,
            **more,
        }
        return self.show(context, status=status)


def _lines(subject: Subject, read: Pasted, found: Answers) -> list[dict[str, Any]]:
    """A line for each row that was answered."""
    return [
        {
            "number": number,
            "first": _first(subject, read.rows[number]),
            "answer": _answer(subject, prediction),
            "remarks": _remarks(subject, prediction),
        }
        for number, prediction in sorted(found.predictions.items())
    ]


def _answer(subject: Subject, prediction: Prediction) -> Answer:
    manifest = subject.answering(prediction.version)
    return answer_of(subject.route, manifest, prediction.output, prediction.decision)


def _remarks(subject: Subject, prediction: Prediction) -> list[str]:
    entries = {f"{INPUT}/{each.field.name}": each for each in subject.form.fields}
    said = []
    for each in prediction.warnings:
        entry = entries.get("/".join(each.pointer.split("/")[-2:]))
        text = sentence(each, None if entry is None else entry.field)
        said.append(text if entry is None else f"{entry.label}: {text}")
    return said


def _first(subject: Subject, texts: Mapping[str, str]) -> str:
    """What a row begins with, for who looks for it."""
    named = [texts.get(each.name, "") for each in subject.form.entries]
    return ", ".join(text for text in named if text)[:60]
