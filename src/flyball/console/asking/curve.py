"""How an answer moves with one field: what is asked for the curve; nothing of it is recorded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from flyball import inprocess
from flyball.console.asking.answers import Answer
from flyball.console.asking.form import Entry, Form
from flyball.console.charts import asking
from flyball.console.frame.figures import Figure
from flyball.domain.access import Principal
from flyball.domain.routing import Manifest, Route
from flyball.domain.schema import Kind
from flyball.serving.calls import Call, Row

POINTS = 41
"""Of a curve over a number."""
MOST_BARS = 40
"""Categories of a curve, besides the one that was asked with."""


def curve_of(
    principal: Principal, route: Route, manifest: Manifest, form: Form, entry: Entry, answer: Answer
) -> Figure | None:
    """The answers over all that a field may be, everything else as it was asked with; ``None`` for groups.

    Raises as ``inprocess.what_if`` does.
    """
    if answer.amount is None:
        return None
    texts = texts_of(entry)
    asked = [_row(form, entry, text, place) for place, text in enumerate(texts)]
    call = Call(endpoint=route.endpoint, rows=tuple(asked), version=manifest.number)
    points = [
        asking.Point(
            text=text,
            name=_name(entry, text),
            amount=answer.amount_in(each.output) or 0.0,
            is_now=text == entry.text,
            bounds=tuple(each.output.get("interval", ())),
        )
        for text, each in zip(texts, inprocess.what_if(principal, call), strict=True)
    ]
    return asking.curve(entry, answer, points)


def texts_of(entry: Entry) -> list[str]:
    """The texts that a field is tried with, in order; what stands in it is one of them."""
    if entry.field.kind is Kind.BOOLEAN:
        return ["true", "false"]
    if entry.choices:
        texts = [text for text, _ in entry.choices[:MOST_BARS]]
        return texts if entry.text in texts or not entry.text else [entry.text, *texts]
    return _numbers(entry)


def _numbers(entry: Entry) -> list[str]:
    low, high = float(entry.field.low or 0), float(entry.field.high or 0)
    steps = [low + (high - low) * place / (POINTS - 1) for place in range(POINTS)]
    steps = [
        step for step in steps if math.isfinite(step)
    ]  # the ends may be further apart than a float holds
    if entry.field.kind is Kind.INTEGER:
        texts = {str(round(step)): float(round(step)) for step in steps}
    else:
        texts = {f"{step:.6g}": step for step in steps}
    if entry.text:
        texts[entry.text] = float(entry.text)
    return sorted(texts, key=lambda text: texts[text])


def _row(form: Form, entry: Entry, text: str, place: int) -> Row:
    changed = [replace(each, text=text) if each is entry else each for each in form.entries]
    entity, values = replace(form, entries=tuple(changed)).values()
    return Row(entity=entity, input=values, pointer=f"/rows/{place}")


def _name(entry: Entry, text: str) -> str:
    return dict(entry.choices).get(text, text)


def varied(form: Form, name: str) -> Entry | None:
    """The entry of a name, where a curve over it can be drawn."""
    return next((each for each in form.fields if each.name == name and each.is_varied), None)


def choices(form: Form) -> Sequence[Entry]:
    """The entries that a curve can be drawn over."""
    return [each for each in form.fields if each.is_varied]
