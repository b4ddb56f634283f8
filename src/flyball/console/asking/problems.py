"""What is wrong with something that people wrote, or was odd about it: in their words and language."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.formats import number_format
from django.utils.translation import gettext, gettext_lazy

from flyball.domain.errors import Problem
from flyball.domain.schema import Field, Kind

SENTENCES = {
    "missing": gettext_lazy("A value is needed."),
    "unseen_category": gettext_lazy("The model has not seen this one; take its answer with care."),
    "unknown_entity": gettext_lazy("Nothing is known under this key."),
    "field_left_out": gettext_lazy("The version that answers does not use this; it was left out."),
    "no_decision": gettext_lazy("Nothing is decided: the threshold does not fit this version."),
    "unknown_field": gettext_lazy("There is no such field."),
}
KINDS = {
    Kind.NUMBER: gettext_lazy("This should be a number, such as 12.5."),
    Kind.INTEGER: gettext_lazy("This should be a whole number."),
    Kind.BOOLEAN: gettext_lazy("This should be yes or no."),
    Kind.TIMESTAMP: gettext_lazy("This should be a date or a moment, such as 2026-01-31."),
    Kind.CATEGORY: gettext_lazy("This should be one of the choices."),
    Kind.TEXT: gettext_lazy("This should be a text."),
}


def sentence(problem: Problem, field: Field | None) -> str:
    """A problem as people read it; in the domain's own words where these pages have none."""
    if problem.code == "wrong_type" and field is not None:
        return str(KINDS[field.kind])
    if problem.code == "out_of_range" and field is not None:
        return outside(field)
    if problem.code == "unseen_category" and field is not None and field.unseen == "refuse":
        return str(KINDS[Kind.CATEGORY])
    return str(SENTENCES.get(problem.code) or problem.message)


def outside(field: Field) -> str:
    """That a number is beyond what the model has seen."""
    refused = gettext("Only numbers %(range)s are taken.")
    seen = gettext("The model has only seen numbers %(range)s; take its answer with care.")
    return (refused if field.unseen == "refuse" else seen) % {"range": span(field)}


def span(field: Field) -> str:
    """Between which ends a field lies, as far as they are known."""
    low, high = number(field.low), number(field.high)
    if field.low is None:
        return gettext("up to %(high)s") % {"high": high}
    if field.high is None:
        return gettext("from %(low)s") % {"low": low}
    return gettext("from %(low)s to %(high)s") % {"low": low, "high": high}


def number(value: float | None, digits: int = 6) -> str:
    """A number as the reader's language writes it, to so many digits that mean something."""
    if value is None:
        return ""
    if float(value).is_integer() and abs(value) < 1e15:
        return str(number_format(int(value), use_l10n=True, force_grouping=abs(value) >= 10_000))
    text = f"{value:.{digits}g}"
    return text if "e" in text else str(number_format(text, use_l10n=True))


def at(problems: Iterable[Problem], pointer: str) -> list[Problem]:
    """Those of one place."""
    return [each for each in problems if each.pointer == pointer]
