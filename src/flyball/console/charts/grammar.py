"""What the charts have in common: axes, tooltips, and the rules at which a version was promoted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flyball.console.frame.figures import Spec

HEIGHT = 180
"""Of a chart over time (pixels)."""
COUNT: Spec = {"format": ",d", "tickMinStep": 1}
SHARE: Spec = {"format": ".0%"}
SCORE: Spec = {"format": ".3~f"}
"""How numbers are written on axes."""


def axis(title: str | None, **others: Any) -> Spec:
    """An axis with its unit as the title."""
    return {"title": title, **others}


def level(title: str, **others: Any) -> Spec:
    """A vertical axis whose title stands above it, to be read without turning one's head."""
    lying = {"titleAngle": 0, "titleAlign": "left", "titleAnchor": "end", "titleX": -40, "titleY": -12}
    return axis(title, minExtent=40, maxExtent=40, **lying, **others)


def shown(field: str, title: str, **others: Any) -> Spec:
    """A line of a tooltip."""
    return {"field": field, "title": title, **others}


def when(title: str = "from") -> Spec:
    """The line of a tooltip that says the moment of a row, which is its ``at``."""
    return shown("at", title, type="temporal", format="%b %-d, %H:%M")


def over_time(first: datetime, last: datetime) -> Spec:
    """The horizontal axis of rows with a moment ``at``, all the time from first to last."""
    domain = [first.isoformat(), last.isoformat()]
    return {
        "field": "at",
        "type": "temporal",
        "scale": {"domain": domain},
        "axis": axis(None, tickCount={"expr": "max(3, width / 110)"}),
    }


def rules(marks: Sequence[tuple[datetime, str]]) -> list[Spec]:
    """Layers with a vertical rule for each moment, and its text at the upper end."""
    if not marks:
        return []
    data = {"values": [{"at": moment.isoformat(), "label": label} for moment, label in marks]}
    x = {"field": "at", "type": "temporal"}
    tooltip = [shown("label", "promoted", type="nominal"), when("at")]
    return [
        {
            "data": data,
            "mark": {"type": "rule", "strokeDash": [3, 3]},
            "encoding": {"x": x, "tooltip": tooltip},
        },
        {
            "data": data,
            "mark": {"type": "text", "align": "left", "dx": 4, "baseline": "top"},
            "encoding": {"x": x, "y": {"value": 0}, "text": {"field": "label", "type": "nominal"}},
        },
    ]
