"""Tables of several versions laid over each other, and how a chart tells them apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flyball.console.charts.grammar import SCORE, axis, level, shown
from flyball.console.frame.figures import Column, Figure, Row, Spec

TALL = 260
"""Of a chart of two numbers (pixels)."""
WHO = Column("who", "Version", "text")
CLASS = Column("class", "Class", "text")


@dataclass(frozen=True, slots=True)
class Laid:
    """What was found of each version, by its name (``@3``), in the order of the page: its own one first."""

    found: Mapping[str, Mapping[str, Any]]

    @property
    def names(self) -> list[str]:
        """The versions' names."""
        return list(self.found)

    @property
    def are_several(self) -> bool:
        """Whether there are others beside the page's own version."""
        return len(self.found) > 1

    @property
    def own(self) -> Mapping[str, Any]:
        """What was found of the page's own version."""
        return next(iter(self.found.values()))

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table of every version, by column, and ``who`` says of which."""
        found = []
        for who, each in self.found.items():
            known = each.get("tables", {}).get(table) or {"columns": [], "rows": []}
            found += [{"who": who, **dict(zip(known["columns"], row, strict=True))} for row in known["rows"]]
        return found

    def columns(self, rows: Sequence[Row], *columns: Column) -> list[Column]:
        """Columns of a table, with those first that tell its rows apart; the first names the row."""
        apart = [WHO] if self.are_several else []
        if len(distinct(rows, "class")) > 1:
            apart.append(CLASS)
        return [*apart, *columns] if apart else list(columns)

    def apart(self, rows: Sequence[Row], by: str = "class") -> Spec:
        """Colours, and dashes where colours are taken, for what the rows are of; nothing where it is one."""
        kinds = distinct(rows, by)
        who: Spec = {"field": "who", "type": "nominal", "scale": {"domain": self.names}}
        kind: Spec = {"field": by, "type": "nominal", "sort": None}
        if len(kinds) > 1:
            return {"color": kind, "strokeDash": who} if self.are_several else {"color": kind}
        return {"color": who} if self.are_several else {}

    def told(self, rows: Sequence[Row], *lines: Spec) -> list[Spec]:
        """A tooltip, with the lines first that say of what a row is."""
        first = [shown("who", "version", type="nominal")] if self.are_several else []
        if len(distinct(rows, "class")) > 1:
            first.append(shown("class", "class", type="nominal"))
        return [*first, *lines]


def distinct(rows: Iterable[Row], key: str) -> list[Any]:
    """The different values of a column, in order of appearance; none where no row has it."""
    return list(dict.fromkeys(row[key] for row in rows if row.get(key) not in {None, ""}))


def across(field: str, title: str, **others: Any) -> Spec:
    """A horizontal channel of numbers, whose range is that of the rows."""
    return {
        "field": field,
        "type": "quantitative",
        "axis": axis(title, grid=True, **others.pop("axis", {})),
        "scale": {"zero": False, "nice": False},
        **others,
    }


def upright(field: str, title: str, **others: Any) -> Spec:
    """A vertical channel of numbers."""
    return {
        "field": field,
        "type": "quantitative",
        "axis": level(title, tickCount=5, **others.pop("axis", {})),
        "scale": {"zero": False},
        **others,
    }


UNIT: Spec = {"scale": {"domain": [0, 1]}}
"""From 0 to 1, whatever the rows are."""


def number(field: str, title: str, written: str = ".4f") -> Spec:
    """A line of a tooltip."""
    return shown(field, title, type="quantitative", format=written)


def diagonal(is_drawn: bool = True) -> list[Spec]:
    """A layer with the line from 0, 0 to 1, 1: what chance gives, or what would be exact."""
    if not is_drawn:
        return []
    ends = {"values": [{"x": 0, "y": 0}, {"x": 1, "y": 1}]}
    channels = {
        "x": {"field": "x", "type": "quantitative"},
        "y": {"field": "y", "type": "quantitative"},
    }
    mark = {"type": "line", "stroke": "--quiet", "strokeDash": [3, 3], "strokeWidth": 1}
    return [{"data": ends, "mark": mark, "encoding": channels}]


def _levels(meant: Sequence[float]) -> list[Spec]:
    """A layer with a rule across the whole chart for each level."""
    if not meant:
        return []
    mark = {"type": "rule", "stroke": "--quiet", "strokeDash": [3, 3], "strokeWidth": 1}
    level = {"field": "level", "type": "quantitative"}
    return [{"data": {"values": [{"level": each} for each in meant]}, "mark": mark, "encoding": {"y": level}}]


def curve(
    laid: Laid,
    table: str,
    *,
    name: str,
    title: str,
    says: str,
    x: Spec,
    y: Spec,
    columns: Sequence[Column],
    by: str = "class",
    has_diagonal: bool = False,
    points: bool = False,
    interval: tuple[str, str] | None = None,
    meant: Sequence[float] = (),
    keep: Callable[[Row], bool] = lambda row: True,
) -> Figure:
    """A line for each version and class; ``interval`` names the columns of bounds, ``meant`` are levels."""
    rows = [row for row in laid.rows(table) if keep(row)]
    apart = laid.apart(rows, by)
    lines = [number(each.key, each.title.lower(), ",.4~g") for each in columns if each.is_number]
    words = [shown(each.key, each.title.lower(), type="nominal") for each in columns if not each.is_number]
    tooltip = laid.told(rows, *words, *lines)
    mark: Spec = {"type": "line", "point": points}
    order: Spec = {"order": {"field": "at", "type": "quantitative"}}
    layers = [
        *diagonal(has_diagonal),
        *_levels(meant),
        {"mark": mark, "encoding": {"x": x, "y": y, **apart, **order, "tooltip": tooltip}},
    ]
    if interval is not None:
        bounds = {"y": {**y, "field": interval[0]}, "y2": {"field": interval[1]}}
        colour = {key: value for key, value in apart.items() if key == "color"}
        layers.append({"mark": {"type": "rule", "opacity": 0.6}, "encoding": {"x": x, **bounds, **colour}})
    numbered = [{"at": place, **row} for place, row in enumerate(rows)]
    return Figure(
        name=name,
        title=title,
        says=says,
        rows=numbered,
        columns=laid.columns(rows, *columns),
        spec={"height": TALL, "layer": layers},
    )


def dots(
    laid: Laid,
    rows: Sequence[Row],
    *,
    name: str,
    title: str,
    says: str,
    of: Column,
    x: tuple[str, str],
    interval: tuple[str, str] | None = None,
    more: Sequence[Column] = (),
    written: Spec = SCORE,
    is_from_zero: bool = False,
) -> Figure:
    """A row for each name of ``of``, with a dot for each version and its interval as a line."""
    names = distinct(rows, of.key)
    step = 24 + 6 * (len(laid.names) - 1)
    y: Spec = {
        "field": of.key,
        "type": "nominal",
        "sort": None,
        "axis": axis(None, labelLimit=220, labelFlush=False),
    }
    across_: Spec = across(x[0], x[1], axis={**written, "tickCount": {"expr": "max(2, width / 70)"}})
    across_["scale"] = {"zero": True} if is_from_zero else {"zero": False, "padding": 8}
    apart = {**laid.apart(rows, "")}
    y_offset: Spec = (
        {"yOffset": {"field": "who", "type": "nominal", "sort": None}} if laid.are_several else {}
    )
    kinds = [number(each.key, each.title.lower(), ",.4~g") for each in more if each.is_number]
    tooltip = laid.told(rows, shown(of.key, of.title.lower(), type="nominal"), number(*x), *kinds)
    encoding = {"y": y, "x": across_, **y_offset, **apart, "tooltip": tooltip}
    layers: list[Spec] = []
    if interval is not None:
        layers.append(_interval(encoding, across_, interval))
    layers.append({"mark": {"type": "point", "filled": True, "size": 60, "opacity": 1}, "encoding": encoding})
    bounded = [Column(interval[0], "From", "score"), Column(interval[1], "To", "score")] if interval else []
    return Figure(
        name=name,
        title=title,
        says=says,
        rows=rows,
        columns=laid.columns(rows, of, Column(x[0], x[1].capitalize(), "score"), *bounded, *more),
        spec={
            "height": step * len(names),
            "layer": layers,
        },
    )


def _interval(encoding: Spec, across_: Spec, ends: tuple[str, str]) -> Spec:
    """A layer with a line from one column to another."""
    bounds = {"x": {**across_, "field": ends[0]}, "x2": {"field": ends[1]}}
    mark = {"type": "rule", "strokeWidth": 2, "opacity": 0.55, "invalid": None}
    return {"mark": mark, "encoding": {**encoding, **bounds}}


def heat(
    laid: Laid,
    *,
    across: str,
    down: str,
    title: str,
    strength: str,
    text: Spec,
    tooltip: list[Spec],
    tall: int,
) -> Spec:
    """Cells of the page's own version, the stronger the higher, with a text in each."""
    x: Spec = {"field": across, "type": "nominal", "sort": None}
    x["axis"] = axis(title, orient="top", labelAngle=0)
    y: Spec = {
        "field": down,
        "type": "nominal",
        "sort": None,
        "axis": axis(None, labelLimit=180, labelFlush=False),
    }
    scale: Spec = {"domain": [0, 1], "range": [0, 0.7]}
    opacity: Spec = {"field": strength, "type": "quantitative", "scale": scale, "legend": None}
    return {
        "height": tall,
        "transform": [{"filter": f"datum.who === '{laid.names[0]}'"}],
        "layer": [
            {"mark": {"type": "rect"}, "encoding": {"x": x, "y": y, "opacity": opacity, "tooltip": tooltip}},
            {
                "mark": {"type": "text", "color": "--ink", "fontSize": 12},
                "encoding": {"x": x, "y": y, "text": text},
            },
        ],
    }
