"""Why an answer is what it is: the fields that moved it most, each with its part as a bar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy

from flyball.console.asking.form import Entry, Form
from flyball.console.asking.languages import here
from flyball.console.asking.problems import number
from flyball.domain.asking.words import said
from flyball.domain.reasons.told import Reasons
from flyball.domain.routing import Route
from flyball.domain.values import label_text

MOST = 6
"""Fields that are shown."""
NOTHING = 1e-9
"""What is left of a sum, as a part of it, where nothing is: numbers were rounded."""
METHODS = {
    "linear": gettext_lazy("exact, from the coefficients of a linear model"),
    "tree_path_dependent": gettext_lazy("exact Shapley values along the paths of trees"),
    "tree_interventional": gettext_lazy("exact Shapley values of trees, against rows that were learned from"),
    "ablation": gettext_lazy("approximate: each field is replaced by usual values"),
}
UNITS = {
    "log-value": gettext_lazy("logarithm of the value"),
    "log-odds": gettext_lazy("log-odds"),
    "score": gettext_lazy("score"),
    "anomaly score": gettext_lazy("anomaly score"),
    "log2-score": gettext_lazy("logarithm of the score"),
    "squared distance": gettext_lazy("squared distance"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """A field and what it adds. ``share`` is its length beside the longest, from -1 to 1."""

    label: str
    value: str
    text: str
    share: float

    @property
    def bar(self) -> str:
        """The bar as a path: to the right of the middle where it adds, to the left where it takes away."""
        return f"M50 0h{48 * self.share:.2f}v6h{-48 * self.share:.2f}z"

    @property
    def adds(self) -> bool:
        """Whether it makes the answer larger."""
        return self.share >= 0


def reasons_of(route: Route, form: Form, found: Reasons) -> dict[str, Any]:
    """What the page says of them.

    Values are those that the reader has written: what was looked up is told to nobody who only asks.
    """
    written = {"value": _amount, "probability": _points}.get(found.unit, _plain)
    longest = max((abs(each.part) for each in found.parts), default=0.0) or 1.0
    entries = {each.field.name: each for each in form.fields}
    parts = []
    for each in found.parts:
        entry = entries.get(each.field)
        value = "" if entry is None else entry.says(each.value)
        label = label_of(route, entry, each.field)
        parts.append(Part(label, value, written(each.part, route), each.part / longest))
    return {"reasons": parts, "reasons_say": _says(found, route, written)}


def label_of(route: Route, entry: Entry | None, name: str) -> str:
    """What people call a field; one that was looked up has no entry in the form."""
    return entry.label if entry is not None else said(route.asking.words(name).label, here()) or name


def _says(found: Reasons, route: Route, written: Any) -> dict[str, str]:
    of = "" if found.of is None else route.asking.label(label_text(found.of), here())
    largest = max(abs(found.base), abs(found.answer))
    return {
        "of": of,
        "base": written(found.base, route).lstrip("+"),
        "rest": written(found.rest if abs(found.rest) > NOTHING * largest else 0.0, route),
        "answer": written(found.answer, route).lstrip("+"),
        "unit": str(UNITS.get(found.unit, "")),
        "method": str(METHODS[found.method]),
    }


def _signed(text: str, amount: float) -> str:
    return f"+{text}" if amount >= 0 else text.replace("-", "−")


def _plain(amount: float, _: Route) -> str:
    return _signed(number(amount, 3), amount)


def _points(amount: float, _: Route) -> str:
    return f"{_signed(number(100 * amount, 3), amount)} %"


def _amount(amount: float, route: Route) -> str:
    unit = said(route.asking.outcome.unit, here())
    return f"{_signed(number(amount, 4), amount)} {unit}".strip()
