"""How all charts look: their colours as tokens of ``console.css``, which each medium reads for itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

QUIET, SMALL = "--quiet", 11
LOOK: dict[str, Any] = {
    "background": None,
    "padding": 0,
    "view": {"stroke": None},
    "range": {"category": [f"--series-{number}" for number in range(1, 7)]},
    "mark": {"color": "--accent"},
    "bar": {"fill": "--accent"},
    "line": {"stroke": "--accent", "strokeWidth": 1.75, "strokeCap": "round", "strokeJoin": "round"},
    "point": {"color": "--accent", "filled": True},
    "tick": {"color": "--accent", "thickness": 1.5},
    "rule": {"color": QUIET, "strokeWidth": 1},
    "text": {"color": QUIET, "fontSize": SMALL},
    "axis": {
        "labelColor": QUIET,
        "labelFontSize": SMALL,
        "labelPadding": 6,
        "titleColor": QUIET,
        "titleFontSize": SMALL,
        "titleFontWeight": "normal",
        "gridColor": "--line",
        "gridWidth": 1,
        "domain": False,
        "ticks": False,
        "tickCount": 5,
        "labelOverlap": True,
        "labelFlush": True,
    },
    "axisX": {
        "grid": False,
        "domain": True,
        "domainColor": "--line",
        "tickColor": "--line",
        "titlePadding": 8,
        "labelLimit": 120,
    },
    "axisY": {"labelLimit": 130},
    "axisQuantitative": {"labelFlush": False},
    "legend": {
        "orient": "top",
        "direction": "horizontal",
        "title": None,
        "labelColor": "--ink",
        "labelFontSize": 12,
        "symbolSize": 90,
        "symbolStrokeWidth": 2,
        "offset": 38,
        "padding": 0,
        "columnPadding": 14,
    },
}
"""A configuration of Vega-Lite."""

PAPER = 680
"""The width of a drawing (pixels): an A4 page between its margins."""
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
"""The first one comes with what draws; the others are as wide, letter by letter."""
COLOURED = re.compile(r"^(color|fill|stroke|\d|\w+Color)$")
"""The keys that name a colour; ``charts.js`` has the same rule. What else looks like a token is data."""
TOKEN = re.compile(r"--([\w-]+): (?:light-dark\((#\w+), #\w+\)|var\(--([\w-]+)\));")


def for_paper(document: Mapping[str, Any], title: str, about: str) -> dict[str, Any]:
    """A chart as it is drawn once for all: light, as wide as paper, and with what it is of above it."""
    heading = {"text": title, "subtitle": about, "anchor": "start", "color": "--ink", "fontSize": 14}
    heading |= {"subtitleColor": QUIET, "subtitleFontSize": SMALL, "offset": 14}
    own = {"font": FONT, "background": "white", "padding": 12}
    around = {"width": PAPER, "title": heading, "config": {**document["config"], **own}}
    drawn: dict[str, Any] = _coloured({**document, **around})
    return drawn


@cache
def light() -> Mapping[str, str]:
    """The tokens of the page's colours, and their light ones."""
    text = files("flyball.console").joinpath("static/console.css").read_text()
    known: dict[str, str] = {}
    for name, colour, other in TOKEN.findall(text):
        known[f"--{name}"] = colour or known.get(f"--{other}", "")
    return known


def _coloured(value: Any, key: str = "") -> Any:
    if isinstance(value, Mapping):
        return {name: _coloured(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [_coloured(each, str(place)) for place, each in enumerate(value)]
    return light().get(value, value) if isinstance(value, str) and COLOURED.match(key) else value
