"""An A/B test over time: the interval of one metric of one arm, which narrows while units come in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flyball.console.charts.grammar import HEIGHT, OVER_TIME, SCORE, axis, level, rules, shown, when
from flyball.console.frame import tags
from flyball.console.frame.figures import Column, Figure, Row, Spec
from flyball.domain.abtests.sentences import unbounded
from flyball.domain.values import parse_timestamp

FEW = 40
"""Looks that are drawn as points too: a line alone says nothing of one or two."""
BEYOND = 4.0
"""The first intervals are so wide that nothing would be seen of the last: so many of its bounds are drawn."""
LINE: Spec = {"type": "line", "strokeWidth": 1, "opacity": 0.6, "clip": True}


def band(
    metric: Mapping[str, Any],
    arm: str,
    points: Sequence[Mapping[str, Any]],
    weights: Sequence[tuple[datetime, str]],
) -> Figure:
    """The estimate between its bounds, zero and the margin; ``weights`` say when shares changed, to what.

    ``metric`` is one of ``standing``'s, ``points`` are those of ``band``.
    """
    rows: list[Row] = [{**each, "at": parse_timestamp(str(each["at"]))} for each in points]
    edge = _edge(rows, metric["margin"])
    y: Spec = {"type": "quantitative", "axis": level(f"difference in {metric['name']}", grid=True, **SCORE)}
    if edge is not None:
        y["scale"] = {"domain": edge, "nice": False}
    lines = [*_band(y, rows), *_levels(y, metric["margin"]), *rules(weights, _apart(rows), of="weights")]
    return Figure(
        name="band",
        title=f"{metric['name']} of {arm} beside the champion",
        says=_said(metric, arm, rows, edge),
        rows=[] if edge is None else rows,
        columns=[
            Column("at", "Looked at", "moment"),
            Column("units", "Units"),
            Column("estimate", "Estimate", "score"),
            Column("lower", "Lower bound", "score"),
            Column("upper", "Upper bound", "score"),
        ],
        spec={"height": HEIGHT + 60, "layer": lines},
    )


def days(metric: Mapping[str, Any], arm: str, found: Sequence[Mapping[str, Any]]) -> Figure:
    """The difference by days since a unit's first prediction; ``found`` are ``standing``'s of one arm."""
    known = [each for each in found if each["lower"] is not None or each["upper"] is not None]
    rows: list[Row] = [{name: each[name] for name in ("day", "estimate", "lower", "upper")} for each in known]
    y: Spec = {"type": "quantitative", "axis": level(f"difference in {metric['name']}", grid=True, **SCORE)}
    x: Spec = {
        "field": "day",
        "type": "ordinal",
        "axis": axis("days since the first prediction", labelAngle=0),
    }
    both = {"x": x, "y": {**y, "field": "lower"}, "y2": {"field": "upper"}}
    tooltip = [shown("day", "day", type="ordinal"), *_tooltip()[:3]]
    return Figure(
        name="days",
        title=f"{metric['name']} of {arm} by days since the first prediction",
        says=(
            "What is new wears off: the difference on each day of a unit's own time. Each interval is for "
            "its day alone, and claims nothing."
        ),
        rows=rows,
        columns=[
            Column("day", "Day"),
            Column("estimate", "Estimate", "score"),
            Column("lower", "Lower bound", "score"),
            Column("upper", "Upper bound", "score"),
        ],
        spec={
            "height": HEIGHT,
            "layer": [
                {"mark": {"type": "rule", "color": "--accent", "strokeWidth": 1.5}, "encoding": both},
                {
                    "mark": {"type": "point", "filled": True, "size": 40},
                    "encoding": {"x": x, "y": {**y, "field": "estimate"}, "tooltip": tooltip},
                },
                *_levels(y, None),
            ],
        },
    )


def _band(y: Spec, rows: Sequence[Row]) -> list[Spec]:
    """Layers of what is known: who cannot see is told of each that there is, and nothing of an empty one."""
    known = {name: any(row[name] is not None for row in rows) for name in ("lower", "upper")}
    found: list[Spec] = []
    if all(known.values()):
        both = {"x": OVER_TIME, "y": {**y, "field": "lower"}, "y2": {"field": "upper"}}
        is_known = [{"filter": "isValid(datum.lower) && isValid(datum.upper)"}]
        area: Spec = {"type": "area", "opacity": 0.18, "clip": True}
        whisker: Spec = {"type": "rule", "color": "--accent", "strokeWidth": 2, "clip": True}
        found.append({"transform": is_known, "mark": whisker if len(rows) == 1 else area, "encoding": both})
    for name in (each for each, is_there in known.items() if is_there):
        found.append({"mark": LINE, "encoding": {"x": OVER_TIME, "y": {**y, "field": name}}})
    points = {"point": True} if len(rows) <= FEW else {}
    estimate = {"x": OVER_TIME, "y": {**y, "field": "estimate"}, "tooltip": _tooltip()}
    said = [{"filter": "isValid(datum.lower) || isValid(datum.upper)"}]
    line: Spec = {"type": "line", "clip": True, **points}
    return [*found, {"transform": said, "mark": line, "encoding": estimate}]


def _levels(y: Spec, margin: float | None) -> list[Spec]:
    """Zero as a line, and the margin as two that are dashed."""
    found: list[Spec] = [
        {
            "data": {"values": [{"level": 0}]},
            "mark": {"type": "rule", "color": "--ink"},
            "encoding": {"y": {**y, "field": "level"}},
        }
    ]
    if margin is not None:
        found.append(
            {
                "data": {"values": [{"level": -margin}, {"level": margin}]},
                "mark": {"type": "rule", "strokeDash": [5, 4], "color": "--series-2", "clip": True},
                "encoding": {"y": {**y, "field": "level"}},
            }
        )
    return found


def _tooltip() -> list[Spec]:
    numbers = (("estimate", "estimate"), ("lower", "at least"), ("upper", "at most"))
    return [
        *(shown(field, title, type="quantitative", format="+.4~g") for field, title in numbers),
        shown("units", "units", type="quantitative", format=","),
        when("looked at"),
    ]


def _edge(rows: Sequence[Row], margin: float | None) -> list[float] | None:
    """What is drawn, from where to where; ``None`` while no bound is known."""
    bounds = [row[name] for row in rows for name in ("lower", "upper") if row[name] is not None]
    if not bounds:
        return None
    last = next(row for row in reversed(rows) if row["lower"] is not None or row["upper"] is not None)
    near = [abs(last[name]) for name in ("estimate", "lower", "upper") if last[name] is not None]
    most = BEYOND * max([*near, margin or 0.0]) or 1.0
    beside = 1.1 * (margin or 0.0)
    return [max(min(*bounds, 0.0, -beside), -most), min(max(*bounds, 0.0, beside), most)]


def _apart(rows: Sequence[Row]) -> timedelta:
    return (rows[-1]["at"] - rows[0]["at"]) / 12 if rows else timedelta()


def _said(metric: Mapping[str, Any], arm: str, rows: Sequence[Row], edge: list[float] | None) -> str:
    if not rows:
        return "Nobody has looked at the test yet: the first look is taken by a worker."
    last = rows[-1]
    if edge is None:
        return f"{tags.number(len(rows))} looks. {metric['name']}: {unbounded(last['ahead'])}."
    bounds = {
        (True, True): f"between {tags.signed(last['lower'])} and {tags.signed(last['upper'])}",
        (True, False): f"at least {tags.signed(last['lower'])}",
        (False, True): f"at most {tags.signed(last['upper'])}",
        (False, False): "not known",
    }[last["lower"] is not None, last["upper"] is not None]
    said = (
        f"The difference of {arm} from the champion, now {bounds}. All of the band holds the truth at once, "
        "however often one looks."
    )
    known = [row[name] for row in rows for name in ("lower", "upper") if row[name] is not None]
    if min(known) < edge[0] or max(known) > edge[1]:
        said += " What lies beyond the edges is cut off."
    return said if metric["margin"] is None else f"{said} Dashed: the margin of {metric['margin']:g}."
