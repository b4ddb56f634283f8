"""One shadow over time: how often it gave another answer, or how far its values lay from those given."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from flyball.console.charts.grammar import HEIGHT, SHARE, STEPS, level, shown, when
from flyball.console.frame import tags
from flyball.console.frame.figures import Column, Figure, Row, Spec
from flyball.control.shadows.models import ShadowHour
from flyball.control.shadows.selectors import moment_of

HOUR = timedelta(hours=1)


def over_time(hours: Sequence[ShadowHour], *, is_value: bool) -> Figure:
    """The chart of a shadow's page, by the hour in which was predicted."""
    rows: list[Row] = [
        {
            "at": moment_of(each),
            "to": moment_of(each) + HOUR,
            "answered": each.answered,
            "failed": each.failed,
            "same": (each.answered - each.differing) / each.answered if each.answered else None,
            "distance": each.distance / each.answered if each.answered else None,
        }
        for each in hours
    ]
    name, title, kind = (
        ("distance", "How far values lay apart in the mean", "score")
        if is_value
        else ("same", "The same answer and decision", "share")
    )
    y: Spec = {"field": name, "type": "quantitative"}
    if is_value:
        y["axis"] = level("mean distance, per hour", tickCount=4)
    else:
        y |= {"scale": {"domain": [0, 1]}, "axis": level("the same, per hour", **SHARE, tickCount=4)}
    tooltip = [
        shown(name, title.lower(), format=".3~g" if is_value else ".1%", type="quantitative"),
        shown("answered", "answered", format=",", type="quantitative"),
        when(),
    ]
    answered, failed = sum(each.answered for each in hours), sum(each.failed for each in hours)
    return Figure(
        name="agreement",
        title=f"{title}, by the hour",
        says=f"{tags.number(answered)} answered, {tags.number(failed)} failed."
        if rows
        else "It has not been asked yet.",
        rows=rows,
        columns=[
            Column("at", "From", "moment"),
            Column("answered", "Answered"),
            Column("failed", "Failed"),
            Column(name, title, kind),
        ],
        spec={
            "height": HEIGHT,
            "mark": {"type": "bar", "invalid": None},
            "encoding": {**STEPS, "y": y, "tooltip": tooltip},
        },
    )
