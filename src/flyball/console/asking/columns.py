"""Columns of a table that somebody has: which field each is, and how its numbers are written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flyball.console.asking.form import Entry, Form
from flyball.domain.delimited import MISSING
from flyball.domain.schema import Kind

POINT, COMMA = "point", "comma"
"""How the fraction of a number may be set off: 1.5 or 1,5."""
COMMAS = re.compile(r"[+-]?\d{1,3}(\.\d{3})+,\d+|[+-]?\d*,\d+")
"""A number with a comma, which may be a fraction's or that of thousands: nobody knows but who wrote it."""
DIGITS = re.compile(r"[+-]?[\d.,]*\d[\d.,]*")
THOUSANDS = {
    POINT: re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?"),
    COMMA: re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?"),
}
"""Numbers whose thousands are set off, by how fractions are."""
NUMBERS = {Kind.NUMBER, Kind.INTEGER}


@dataclass(frozen=True, slots=True)
class Example:
    """A number with a comma that was found: in which field, and what it would be in either reading."""

    label: str
    text: str

    @property
    def as_comma(self) -> str:
        """Where the comma sets off a fraction."""
        return plain(self.text, COMMA)

    @property
    def as_point(self) -> str:
        """Where the comma sets off thousands; the text itself where it cannot."""
        return plain(self.text, POINT)


def plain(text: str, decimal: str) -> str:
    """A number as programs write it; a text that is none in that way of writing stays as it is."""
    if THOUSANDS[decimal].fullmatch(text):
        text = text.replace("," if decimal == POINT else ".", "")
    return text.replace(",", ".") if decimal == COMMA and text.count(",") == 1 else text


def simple(name: str) -> str:
    """A name without what people write differently: case, spaces, signs."""
    return re.sub(r"[^\w]|_", "", name.casefold())


def matched(form: Form, names: Sequence[str]) -> list[str]:
    """For each column the name of its entry, by its name or what people call it; empty for none."""
    known: dict[str, str] = {}
    for entry in form.entries:
        for name in (entry.name, entry.field.name, entry.label):
            known.setdefault(simple(name), entry.name)
    taken: set[str] = set()
    found = []
    for name in names:
        entry_name = known.get(simple(name), "")
        found.append("" if entry_name in taken else entry_name)
        taken.add(entry_name)
    return found


def is_header(form: Form, cells: Sequence[str]) -> bool:
    """Whether a first line holds names: some of its cells are fields', and none is a number."""
    return any(matched(form, cells)) and not any(DIGITS.fullmatch(each.strip()) for each in cells)


def commas(form: Form, places: Sequence[str], rows: Iterable[Sequence[str]]) -> list[Example]:
    """The first number with a comma of each column of numbers, which somebody has to say how to read."""
    numeric = {each.name: each for each in form.entries if each.field.kind in NUMBERS}
    found: dict[str, Example] = {}
    for cells in rows:
        for name, cell in zip(places, cells, strict=False):
            if name in numeric and name not in found and COMMAS.fullmatch(cell.strip()):
                found[name] = Example(numeric[name].label, cell.strip())
    return list(found.values())


def texts(form: Form, places: Sequence[str], cells: Sequence[str], decimal: str) -> Mapping[str, str]:
    """One row as the form has it: texts by the names of entries; a text that means "no value" is empty."""
    numeric = {each.name for each in form.entries if each.field.kind in NUMBERS}
    written = {}
    for name, cell in zip(places, cells, strict=False):
        text = cell.strip()
        if name:
            text = "" if text in MISSING else text
            written[name] = plain(text, decimal) if name in numeric else text
    return written


def lacking(form: Form, places: Sequence[str]) -> list[Entry]:
    """The entries that are needed and have no column."""
    return [each for each in form.entries if each.is_needed and each.name not in places]
