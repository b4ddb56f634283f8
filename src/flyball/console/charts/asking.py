"""The curve of one question: how its answer moves with one field, and where it stands now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext

from flyball.console.charts.grammar import SHARE, axis, level, shown
from flyball.console.frame.figures import Column, Figure, Row, Spec

NAME = "curve"
STEP = 24
"""Of a bar of categories (pixels)."""


class Point(NamedTuple):
    """An answer: what the field was, as text and in words, the amount, and whether it was asked so.

    ``bounds`` are the lower and the upper one of a value that has some; else empty.
    """

    text: str
    name: str
    amount: float
    is_now: bool
    bounds: tuple[float, ...] = ()


def curve(entry: Any, answer: Any, points: Sequence[Point]) -> Figure:
    """The figure: a line over numbers, bars over categories; a rule where the decision turns.

    ``entry`` is the field's (``console.asking.form``), ``answer`` the one that was given.
    """
    is_line = entry.control == "number"
    rows: list[Row] = [_row(each, is_line) for each in points]
    kind = "share" if answer.is_share else "score"
    columns = [Column("name", entry.label, "text"), Column("amount", _measure(answer), kind)]
    is_bounded = any(each.bounds for each in points)
    if is_bounded:
        columns += [Column("low", gettext("Lower bound"), kind), Column("high", gettext("Upper bound"), kind)]
    return Figure(
        name=NAME,
        title=gettext("The answer over %(field)s") % {"field": entry.label},
        says=_says(entry, answer, points),
        rows=rows,
        columns=columns,
        spec=_line(entry, answer, is_bounded) if is_line else _bars(entry, answer, len(rows), is_bounded),
    )


def _row(point: Point, is_line: bool) -> Row:
    place = {"x": float(point.text)} if is_line else {}
    bounds = dict(zip(("low", "high"), point.bounds, strict=False))
    return {
        "name": point.name,
        "amount": point.amount,
        "now": "now" if point.is_now else "",
        **place,
        **bounds,
    }


def _says(entry: Any, answer: Any, points: Sequence[Point]) -> str:
    amounts = [each.amount for each in points]
    said = gettext("Everything else stays as it is: from %(low)s to %(high)s.")
    told = said % {"low": answer.written(min(amounts)), "high": answer.written(max(amounts))}
    bounded = gettext("Around each answer, its bounds.")
    return f"{told} {bounded}" if any(each.bounds for each in points) else told


def _measure(answer: Any) -> str:
    return f"{answer.of} ({answer.unit})" if answer.unit else answer.of


def _amount(answer: Any) -> Spec:
    scale = {"domain": [0, 1]} if answer.is_share else {"zero": False}
    return {"field": "amount", "type": "quantitative", "scale": scale}


def _line(entry: Any, answer: Any, is_bounded: bool) -> Spec:
    unit = f"{entry.label} ({entry.unit})" if entry.unit else entry.label
    x = {"field": "x", "type": "quantitative", "axis": axis(unit), "scale": {"zero": False, "nice": False}}
    y = {**_amount(answer), "axis": level(_measure(answer), **(SHARE if answer.is_share else {}))}
    told = _bounds_told(is_bounded, answer)
    tooltip = [shown("x", entry.label), shown("amount", _measure(answer), format=_format(answer)), *told]
    now = {"filter": "datum.now === 'now'"}
    encoding = {"x": x, "y": y, "tooltip": tooltip}
    layers: list[Spec] = [
        {"mark": "line", "encoding": encoding},
        {"transform": [now], "mark": {"type": "point", "size": 110, "opacity": 1}, "encoding": encoding},
    ]
    if is_bounded:
        both = {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}}
        layers.insert(0, {"mark": {"type": "area", "opacity": 0.18, "aria": False}, "encoding": both})
    return {"height": 200, "layer": [*layers, *_turn(answer, "y")]}


def _bars(entry: Any, answer: Any, count: int, is_bounded: bool) -> Spec:
    y = {"field": "name", "type": "nominal", "sort": None, "axis": axis(None)}
    x = {**_amount(answer), "axis": axis(_measure(answer), **(SHARE if answer.is_share else {}), grid=True)}
    x["scale"] = {"domain": [0, 1]} if answer.is_share else {"zero": True}
    tooltip = [
        shown("name", entry.label, type="nominal"),
        shown("amount", _measure(answer), format=_format(answer)),
        *_bounds_told(is_bounded, answer),
    ]
    opacity = {"condition": {"test": "datum.now === 'now'", "value": 1}, "value": 0.45}
    encoding = {"y": y, "x": x, "opacity": opacity, "tooltip": tooltip}
    layers: list[Spec] = [{"mark": "bar", "encoding": encoding}]
    if is_bounded:
        both = {"y": y, "x": {**x, "field": "low"}, "x2": {"field": "high"}}
        layers.append({"mark": {"type": "rule", "color": "--ink", "aria": False}, "encoding": both})
    return {"height": STEP * count, "layer": [*layers, *_turn(answer, "x")]}


def _bounds_told(is_bounded: bool, answer: Any) -> list[Spec]:
    if not is_bounded:
        return []
    names = {"low": gettext("Lower bound"), "high": gettext("Upper bound")}
    return [shown(name, title, format=_format(answer)) for name, title in names.items()]


def _turn(answer: Any, along: str) -> list[Spec]:
    """A rule at the threshold, where something is decided."""
    if answer.threshold is None:
        return []
    place = {"datum": answer.threshold, "type": "quantitative"}
    return [
        {
            "mark": {"type": "rule", "strokeDash": [4, 3], "color": "--ink", "aria": False},
            "encoding": {along: place},
        }
    ]


def _format(answer: Any) -> str:
    return ".1%" if answer.is_share else ".4~g"
