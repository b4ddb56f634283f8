"""The chart of thresholds: what each costs, and the counts at the one that is chosen."""

from __future__ import annotations

from collections.abc import Sequence

from flyball.console.charts.diagnostics.laid import TALL, UNIT, Laid, across, distinct, number
from flyball.console.charts.grammar import level
from flyball.console.frame.figures import Column, Figure, Row, Spec

HALF = 0.5
COUNTS = {
    "tp": "true positives",
    "fp": "false positives",
    "fn": "false negatives",
    "tn": "true negatives",
}
COSTS = "datum.fp * each_false_alarm + datum.fn * each_miss - datum.tp * each_hit"
SAID = (
    "datum.name + format(datum.tp, ',') + ' of ' + format(datum.tp + datum.fn, ',') + ' found, ' + "
    "format(datum.fp, ',') + ' false alarms, costs ' + format(datum.costs, ',.6~g')"
)
PLACE: Spec = {
    "type": "text",
    "align": "right",
    "baseline": "top",
    "color": "--ink",
    "fontSize": 12,
    "dy": {"expr": "datum.place * 16 - 12"},
}
"""Under each other, in the corner on the right."""


def threshold(laid: Laid) -> Figure:
    """Costs as a line; what they are made of, and the threshold, are put in by who looks."""
    rows = laid.rows("thresholds")
    chosen = laid.own.get("threshold")
    at = HALF if chosen is None else chosen
    said = "No threshold is declared." if chosen is None else f"The endpoint decides at {chosen:g}."
    x = across("threshold", "threshold: positive from this probability on", **UNIT)
    rule: Spec = {
        "data": {"values": [{}]},
        "transform": [{"calculate": "threshold", "as": "at"}],
        "mark": {"type": "rule", "color": "--ink"},
        "encoding": {"x": {**x, "field": "at"}},
    }
    return Figure(
        name="threshold",
        title="Threshold and costs",
        says="What false alarms and misses cost at every threshold, in money or counts, less what "
        "each hit brings; "
        f"the rule is the threshold that is chosen. {said}",
        rows=rows,
        columns=laid.columns(
            rows,
            Column("threshold", "Threshold", "score"),
            *(Column(key, title.capitalize()) for key, title in COUNTS.items()),
        ),
        spec={
            "height": TALL,
            "params": _asked(at, laid.own.get("costs") or (1, 1)),
            "transform": [{"calculate": COSTS, "as": "costs"}],
            "layer": [_line(laid, rows, x), rule, _counts(laid, rows)],
        },
    )


def _asked(at: float, costs: Sequence[float | None]) -> list[Spec]:
    """What who looks puts in: a slider and three numbers. Beside an infinite cost (``None``) none counts."""
    false_alarm, miss = costs if None not in costs else (float(each is None) for each in costs)
    return [
        _input("threshold", "Threshold", at, input="range", min=0, max=1, step=0.01),
        _input("each_false_alarm", "A false alarm costs", false_alarm, input="number"),
        _input("each_miss", "A miss costs", miss, input="number"),
        _input("each_hit", "A hit brings", 0, input="number"),
    ]


def _input(name: str, title: str, value: float | None, **bind: object) -> Spec:
    return {"name": name, "value": value, "bind": {**bind, "name": title}}


def _line(laid: Laid, rows: Sequence[Row], x: Spec) -> Spec:
    tooltip = laid.told(
        rows,
        number("threshold", "threshold"),
        number("costs", "costs", ",.6~g"),
        *(number(key, title, ",") for key, title in COUNTS.items()),
    )
    y = {"field": "costs", "type": "quantitative", "axis": level("costs", tickCount=4)}
    return {"mark": {"type": "line"}, "encoding": {"x": x, "y": y, **laid.apart(rows), "tooltip": tooltip}}


def _counts(laid: Laid, rows: Sequence[Row]) -> Spec:
    """The counts at the highest threshold that is kept and not above the chosen one."""
    return {
        "transform": [
            {"filter": "datum.threshold <= threshold + 1e-9"},
            {
                "joinaggregate": [{"op": "max", "field": "threshold", "as": "last"}],
                "groupby": ["who", "class"],
            },
            {"filter": "datum.threshold === datum.last"},
            {"window": [{"op": "row_number", "as": "place"}]},
            {"calculate": _name(laid, rows), "as": "name"},
            {"calculate": SAID, "as": "said"},
        ],
        "mark": PLACE,
        "encoding": {
            "x": {"value": {"expr": "width - 4"}},
            "y": {"value": 0},
            "text": {"field": "said", "type": "nominal"},
        },
    }


def _name(laid: Laid, rows: Sequence[Row]) -> str:
    """Of what the counts are, where there are several, as an expression."""
    parts = ["datum.who + ' '"] if laid.are_several else []
    if len(distinct(rows, "class")) > 1:
        parts.append("datum.class + ' '")
    return " + ".join([*parts, "''"])
