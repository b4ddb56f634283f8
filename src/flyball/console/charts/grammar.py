"""What the charts have in common: axes, tooltips, and the rules at which a version was promoted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
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
    lying = {"titleAngle": 0, "titleAlign": "left", "titleAnchor": "end", "titleX": -40, "titleY": -22}
    return axis(title, minExtent=40, maxExtent=40, **lying, **others)


def shown(field: str, title: str, **others: Any) -> Spec:
    """A line of a tooltip."""
    return {"field": field, "title": title, **others}


def when(title: str = "from") -> Spec:
    """The line of a tooltip that says the moment of a row, which is its ``at``."""
    return shown("at", title, type="temporal", format="%b %-d, %H:%M")


TIMES: Spec = {
    "milliseconds": "%H:%M:%S.%L",
    "seconds": "%H:%M:%S",
    "minutes": "%H:%M",
    "hours": "%H:%M",
    "day": "%a %-d",
    "week": "%b %-d",
    "month": "%b %-d",
}
"""How a moment is written on an axis, by the unit that its tick begins."""
OVER_TIME: Spec = {
    "field": "at",
    "type": "temporal",
    "axis": axis(None, tickCount={"expr": "max(3, width / 110)"}, format=TIMES),
}
"""The horizontal axis of rows that have a moment ``at``."""
STEPS: Spec = {"x": {**OVER_TIME, "bin": {"binned": True}}, "x2": {"field": "to"}}
"""Bars that are as wide as their step, which ends at ``to``."""


def rules(marks: Sequence[tuple[datetime, str]], apart: timedelta, of: str = "champion") -> list[Spec]:
    """Layers with a vertical rule for each moment, in their order, and its text above it.

    Of moments that are less than ``apart`` from the next one, the text would be under that one's. ``of`` is
    what a text says, for the tooltip.
    """
    if not marks:
        return []
    following = [*(moment for moment, _ in marks[1:]), datetime.max.replace(tzinfo=UTC)]
    values = [
        {"at": moment.isoformat(), "label": label, "text": label if next_one - moment >= apart else ""}
        for (moment, label), next_one in zip(marks, following, strict=True)
    ]
    tooltip = [shown("label", of, type="nominal"), when()]
    rule: Spec = {
        "mark": {"type": "rule", "strokeDash": [3, 3]},
        "encoding": {"x": OVER_TIME, "tooltip": tooltip},
    }
    text: Spec = {
        "mark": {"type": "text", "dy": -4, "baseline": "bottom", "clip": False},
        "encoding": {"x": OVER_TIME, "y": {"value": 0}, "text": {"field": "text", "type": "nominal"}},
    }
    return [{"data": {"values": values}, **each} for each in (rule, text)]
