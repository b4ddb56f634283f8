"""Rows that were pasted from a spreadsheet: with or without a line of names, each as texts by field."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flyball.console.asking import columns, several
from flyball.console.asking.columns import Example
from flyball.console.asking.form import Entry, Form
from flyball.console.asking.several import Reject
from flyball.domain.delimited import delimiter_of

MOST_ROWS = 1000
"""Rows that are asked together; more come as a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pasted:
    """What was pasted, as it was read. ``places`` names for each column its entry, or nothing.

    ``rows`` are numbered as they were pasted, without the line of names.
    """

    has_names: bool
    names: Sequence[str]
    places: Sequence[str]
    rows: Mapping[int, Mapping[str, str]]
    rejects: Sequence[Reject]
    lacking: Sequence[Entry]
    commas: Sequence[Example]

    @property
    def ignored(self) -> list[str]:
        """Columns that are no field's."""
        return [name for name, place in zip(self.names, self.places, strict=False) if not place]


def pasted(form: Form, text: str, decimal: str) -> Pasted:
    """Read what was pasted. ``decimal`` says how fractions are set off; empty where nobody has said."""
    lines = [line for line in _cells(text) if any(cell.strip() for cell in line)]
    has_names = bool(lines) and columns.is_header(form, lines[0])
    names = lines[0] if has_names else [each.label for each in form.entries]
    places = columns.matched(form, names) if has_names else [each.name for each in form.entries]
    body = lines[1:] if has_names else lines
    rows: dict[int, Mapping[str, str]] = {}
    rejects = []
    for number, cells in enumerate(body, start=1):
        if len(cells) == len(names):
            rows[number] = columns.texts(form, places, cells, decimal or columns.POINT)
        else:
            rejects.append(several.of_length(number, len(cells), len(names)))
    return Pasted(
        has_names=has_names,
        names=names,
        places=places,
        rows=rows,
        rejects=rejects,
        lacking=columns.lacking(form, places),
        commas=() if decimal else columns.commas(form, places, body),
    )


def _cells(text: str) -> list[list[str]]:
    """Tabs come from a spreadsheet; else what the first line has most of."""
    first = text.partition("\n")[0]
    delimiter = "\t" if "\t" in first else delimiter_of(first)
    return list(
        csv.reader(text.splitlines(keepends=True), delimiter=delimiter, skipinitialspace=delimiter != "\t")
    )
