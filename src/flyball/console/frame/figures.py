"""How a chart is put in a page: drawn where it can be, said in a sentence, and its numbers as a table."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from flyball.console.frame import tags, vega
from flyball.console.frame.look import LOOK

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
"""A name: nothing is loaded from there."""

Spec = dict[str, Any]
"""A chart in the grammar Vega-Lite, or a part of one."""
Row = Mapping[str, Any]

WRITTEN: dict[str, Callable[[Any], Any]] = {
    "text": lambda value: tags.NOTHING if value in tags.MISSING else value,
    "moment": tags.moment,
    "number": tags.number,
    "score": tags.score,
    "share": lambda value: tags.NOTHING if value in tags.MISSING else f"{100 * value:.1f} %",
}
"""How the values of a column are written, by its kind."""
IN_LINE = ("text", "moment")
"""Kinds that are read like words; the others stand under each other by their digits."""


class Column(NamedTuple):
    """A column of the table: the rows' key, its heading, and how its values are written (``WRITTEN``)."""

    key: str
    title: str
    kind: str = "number"

    @property
    def is_number(self) -> bool:
        """Whether its digits stand under each other."""
        return self.kind not in IN_LINE


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One chart, for ``parts/figure.html``: ``{% include "parts/figure.html" with figure=... %}``.

    ``name`` is its id, one of its kind on the page; ``title`` its heading; ``says`` says in a sentence or two
    what it shows, with the numbers that matter. ``rows`` are its values, the same for drawing and table:
    numbers, texts, moments in UTC; ``None`` where there is none. ``columns`` are those of the table, and the
    first names the row. ``spec`` is drawn from the rows by their keys: without data, colours and width, which
    come with the page. Without the extra ``charts`` the page has the table alone.
    """

    name: str
    title: str
    says: str
    rows: Sequence[Row]
    columns: Sequence[Column]
    spec: Spec

    @property
    def is_drawn(self) -> bool:
        """Whether there is something to draw, and something to draw it with."""
        return bool(self.rows) and bool(self.spec) and vega.is_there()

    @property
    def spec_name(self) -> str:
        """The id of the element that has the document."""
        return f"{self.name}-spec"

    @property
    def document(self) -> Spec:
        """The whole chart, as the page's script takes it."""
        rows = [{key: _finite(value) for key, value in row.items()} for row in self.rows]
        size = {"width": "container", "autosize": {"type": "fit-x", "contains": "padding"}}
        around = {"$schema": SCHEMA, "description": self.says, "config": LOOK, **size}
        return {**around, "data": {"values": rows}, **self.spec}

    @property
    def body(self) -> SafeString:
        """The rows of the table as they are written: a template takes five times as long for hundreds."""
        ends = [('<td class="n">' if each.is_number else "<td>", "</td>") for each in self.columns]
        ends[:1] = [('<th scope="row">', "</th>")]
        return mark_safe(  # noqa: S308 - of each cell what is no markup of ours is escaped
            "".join(f"<tr>{''.join(self._cells(row, ends))}</tr>" for row in self.rows)
        )

    def _cells(self, row: Row, ends: Sequence[tuple[str, str]]) -> Iterator[str]:
        for each, (first, last) in zip(self.columns, ends, strict=True):
            yield f"{first}{conditional_escape(WRITTEN[each.kind](row.get(each.key)))}{last}"


def _finite(value: Any) -> Any:
    """JSON has no word for what is no number."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
