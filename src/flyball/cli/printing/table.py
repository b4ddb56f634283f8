"""Tables for people: as wide as they may be, with each column folded in whole words where it can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flyball.cli.escaping import shown

if TYPE_CHECKING:
    from rich.table import Table

GAP = 2
"""Spaces between two columns."""
LONGEST_WORD = 30
"""Characters of a word that is kept whole if there is room; longer ones may be folded anywhere."""


def cell(value: Any, column: str = "") -> str:
    """A value as people read it: four decimals of a score, one of seconds, – for what is not known."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.1f}" if column == "seconds" else f"{value:.4f}"
    if isinstance(value, list | tuple):
        return " ".join(cell(item, column) for item in value)
    return shown(str(value))


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], width: int) -> Table:
    """A table of ``columns`` that is at most ``width`` characters wide; nothing of a cell is cut."""
    from rich.table import Table

    texts = {column: [cell(row.get(column), column) for row in rows] for column in columns}
    heads = {column: column.replace("_", " ") for column in columns}
    widths = _widths([[heads[column], *texts[column]] for column in columns], width)
    made = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="bold")
    for column, own in zip(columns, widths, strict=True):
        made.add_column(heads[column], overflow="fold", width=own)
    for line in zip(*texts.values(), strict=True):
        made.add_row(*line)
    return made


def _widths(columns: Sequence[Sequence[str]], width: int) -> list[int]:
    """Each column's width: its longest text where all have room, else its longest word and part of the rest.

    The table library alone would narrow the widest column first, and break numbers and names in two.
    """
    room = width - GAP * (len(columns) - 1)
    wanted = [max(map(len, texts)) for texts in columns]
    if sum(wanted) <= room:
        return wanted
    least = [min(LONGEST_WORD, max(map(len, " ".join(texts).split()))) for texts in columns]
    while sum(least) > room:
        least[least.index(max(least))] -= 1
    rest = room - sum(least)
    for position in sorted(range(len(columns)), key=lambda each: wanted[each] - least[each]):
        more = min(rest, max(wanted[position] - least[position], 0))
        least[position] += more
        rest -= more
    return least
