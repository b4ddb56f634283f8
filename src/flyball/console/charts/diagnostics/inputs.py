"""Charts of what a version's answers hang on: slices, importance, dependence, time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from flyball.console.charts.diagnostics.laid import (
    CLASS,
    Laid,
    across,
    distinct,
    dots,
    number,
    upright,
)
from flyball.console.charts.grammar import HEIGHT, OVER_TIME, SHARE, axis, level, shown, when
from flyball.console.charts.grammar import SCORE as FEW_DIGITS
from flyball.console.frame.figures import Column, Figure, Row, Spec

SCORE = "score"
BOUNDS = ("lower", "upper")


def figures(laid: Laid) -> Iterator[Figure]:
    """All of them, in the order of the page."""
    metric = str(laid.own.get("metric") or "score")
    yield _slices(laid, metric)
    yield _over_time(laid, metric)
    yield _importance(laid, metric)
    yield from _dependence(laid)


def _slices(laid: Laid, metric: str) -> Figure:
    rows = [{**row, "of": f"{row['field']}: {row['slice']}"} for row in laid.rows("slices")]
    first = rows[0] if rows else None
    worst = f"{metric} {first['score']:.4f} of {first['rows']:,} rows with {first['of']}" if first else "none"
    return dots(
        laid,
        rows,
        name="slices",
        title="Scores by slice, the worst first",
        says="Of each category and each quarter of a field, with 95 % intervals. The worst: "
        f"{worst}. Of many "
        "slices some are bad by chance.",
        of=Column("of", "Slice", "text"),
        x=("score", metric),
        interval=BOUNDS,
        more=[Column("rows", "Rows")],
    )


def _over_time(laid: Laid, metric: str) -> Figure:
    rows = [
        {**row, "at": datetime.fromisoformat(row["from"]), "end": datetime.fromisoformat(row["to"])}
        for row in laid.rows("over_time")
    ]
    y = upright("score", metric, axis=FEW_DIGITS)
    apart = laid.apart(rows)
    tooltip = laid.told(rows, number("score", metric), number("rows", "rows", ","), when())
    return Figure(
        name="time",
        title="Held-out score over time",
        says="Of equal stretches of the held-out time that have enough rows, with 95 % intervals.",
        rows=rows,
        columns=laid.columns(
            rows,
            Column("at", "From", "moment"),
            Column("end", "To", "moment"),
            Column("rows", "Rows"),
            Column("score", metric, SCORE),
            Column("lower", "From", SCORE),
            Column("upper", "To", SCORE),
        ),
        spec={
            "height": HEIGHT,
            "layer": [
                {
                    "mark": {"type": "rule", "opacity": 0.5, "invalid": None},
                    "encoding": {
                        "x": OVER_TIME,
                        "y": {**y, "field": "lower"},
                        "y2": {"field": "upper"},
                        **apart,
                    },
                },
                {
                    "mark": {"type": "line", "point": True},
                    "encoding": {"x": OVER_TIME, "y": y, **apart, "tooltip": tooltip},
                },
            ],
        },
    )


def _importance(laid: Laid, metric: str) -> Figure:
    rows = laid.rows("importance")
    most = f" {rows[0]['field']} matters most." if rows and rows[0]["importance"] else ""
    return dots(
        laid,
        rows,
        name="importance",
        title="Importance of fields",
        says=f"How much {metric} falls where a field's values are shuffled, five times, with the 95 "
        "% interval of "
        f"the mean.{most} Fields that move together hide each other.",
        of=Column("field", "Field", "text"),
        x=("importance", f"loss of {metric}"),
        interval=BOUNDS,
        more=[Column("rows", "Rows asked")],
        is_from_zero=True,
    )


def _dependence(laid: Laid) -> Iterator[Figure]:
    every = laid.rows("dependence")
    own = [row for row in every if row["who"] == laid.names[0]]
    for place, field in enumerate(distinct(own, "field"), start=1):
        rows = [row for row in every if row["field"] == field]
        yield _along(laid, f"along-{place}", str(field), rows)


def _along(laid: Laid, name: str, field: str, rows: list[dict[str, Any]]) -> Figure:
    """The mean answer along one field, over bars that say how many rows have such a value."""
    is_number = all(row["at"] is not None for row in rows)
    x: Spec = (
        across("at", field)
        if is_number
        else {"field": "value", "type": "nominal", "sort": None, "axis": axis(field, labelAngle=-35)}
    )
    y: Spec = {"field": "answer", "type": "quantitative", "scale": {"zero": False}}
    y["axis"] = level("mean answer", tickCount=4)
    apart = laid.apart(rows)
    tooltip = laid.told(
        rows,
        shown("value", field, type="nominal"),
        number("answer", "mean answer", ".4~g"),
        number("share", "of the rows", ".1%"),
    )
    bars: Spec = {
        "transform": [{"filter": f"datum.is_first && datum.who === '{laid.names[0]}'"}],
        "mark": {"type": "bar", "opacity": 0.18, "color": "--quiet", **({"width": 10} if is_number else {})},
        "encoding": {
            "x": x,
            "y": {
                "field": "share",
                "type": "quantitative",
                "axis": axis("of the rows", orient="right", grid=False, tickCount=3, **SHARE),
            },
        },
    }
    line: Spec = {
        "mark": {"type": "line", "point": True},
        "encoding": {"x": x, "y": y, **apart, "tooltip": tooltip},
    }
    return Figure(
        name=name,
        title=f"Along {field}",
        says=_moves(rows, field),
        rows=rows,
        columns=laid.columns(
            rows,
            Column("value", field, "text"),
            *([] if len(distinct(rows, "class")) != 1 else [CLASS]),
            Column("answer", "Mean answer", SCORE),
            Column("share", "Of the rows", "share"),
        ),
        spec={"height": HEIGHT, "layer": [bars, line], "resolve": {"scale": {"y": "independent"}}},
    )


def _moves(rows: list[dict[str, Any]], field: str) -> str:
    own = [row for row in rows if row["is_first"] and row["who"] == rows[0]["who"]]
    low, high = min(own, key=_answer), max(own, key=_answer)
    of = f"probability of {low['class']}" if low["class"] else "answer"
    return (
        f"The mean {of} where {field} has the same value in all rows asked: {low['answer']:.4g} at "
        f"{low['value']} to {high['answer']:.4g} at {high['value']}. Bars are the rows that have "
        "such a value."
    )


def _answer(row: Row) -> float:
    return float(row["answer"])
