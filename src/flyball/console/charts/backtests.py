"""A backtest: the scores of what was answered and of what would be, week by week."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flyball.console.charts.grammar import HEIGHT, OVER_TIME, SCORE, level, shown, when
from flyball.console.frame import tags
from flyball.console.frame.figures import Column, Figure, Row, Spec


def weeks(metric: str, version: int, found: Sequence[Mapping[str, Any]]) -> Figure:
    """Two lines over time, of the weeks that have labelled predictions."""
    rows: list[Row] = [
        {
            "at": datetime.fromisoformat(each["from"]),
            "to": datetime.fromisoformat(each["to"]),
            "rows": each["rows"],
            "answered": each["answered"],
            "would": each["version"],
        }
        for each in found
    ]
    y: Spec = {"field": "score", "type": "quantitative", "scale": {"zero": False}}
    y["axis"] = level(metric, **SCORE, tickCount=4)
    named = {"answered": "answered", "would": f"@{version}"}
    key = f"datum.of === 'answered' ? '{named['answered']}' : '{named['would']}'"
    of: Spec = {"field": "who", "type": "nominal", "scale": {"domain": list(named.values())}}
    tooltip = [
        shown("who", "who", type="nominal"),
        shown("score", metric, type="quantitative", format=".4f"),
        shown("rows", "predictions", type="quantitative", format=","),
        when(),
    ]
    return Figure(
        name="weeks",
        title="Scores by week",
        says=_says(metric, version, rows),
        rows=rows,
        columns=[
            Column("at", "From", "moment"),
            Column("to", "To", "moment"),
            Column("rows", "Predictions"),
            Column("answered", "Answered", "score"),
            Column("would", f"@{version}", "score"),
        ],
        spec={
            "height": HEIGHT,
            "transform": [
                {"fold": list(named), "as": ["of", "score"]},
                {"calculate": key, "as": "who"},
                {"filter": "isValid(datum.score)"},
            ],
            "mark": {"type": "line", "point": True},
            "encoding": {"x": OVER_TIME, "y": y, "color": of, "strokeDash": of, "tooltip": tooltip},
        },
    )


def _says(metric: str, version: int, rows: Sequence[Row]) -> str:
    both = [each for each in rows if each["answered"] is not None and each["would"] is not None]
    if not both:
        return "No week has enough labelled predictions for a score."
    better = sum(each["would"] > each["answered"] for each in both)
    return (
        f"The {metric} of each week's labelled predictions: as they were answered, and as @{version} would."
        f" It scores higher in {tags.number(better)} of {tags.number(len(both))} weeks."
    )
