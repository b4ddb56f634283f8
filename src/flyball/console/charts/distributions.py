"""Distributions: a histogram of numbers, or bars of categories; alone, or against another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from flyball.console.charts.grammar import COUNT, SHARE, axis, level, shown
from flyball.console.frame.figures import Column, Figure, Row, Spec

STEP = 22
"""Of a bar of categories (pixels)."""
LONGEST = 60
"""Characters of a category that are shown."""


def histogram(
    name: str,
    *,
    title: str,
    says: str,
    edges: Sequence[float],
    series: Mapping[str, Sequence[float]],
    unit: str = "",
    is_share: bool = False,
) -> Figure:
    """How many values lie in each bin, as bars; a second series as an outline over them.

    ``edges`` are those of the bins, ascending: one more than bins. ``series`` has for each name a count a
    bin; or a part of the whole (0 to 1) where ``is_share``. The first one is drawn as bars, the second as
    an outline: what something is against what it is compared with, as ``{"last day": …, "training": …}``.
    Give shares where their sizes differ. ``unit`` is written on the horizontal axis. Figures of one page
    need different names. Raises ``ValueError`` where a series does not fit the bins.
    """
    if any(len(counts) != len(edges) - 1 for counts in series.values()):
        raise ValueError("A histogram has one edge more than bins.")
    rows: list[Row] = [
        {"low": low, "high": high, "bin": f"{low:g} – {high:g}"} | _values(series, place)
        for place, (low, high) in enumerate(pairwise(edges))
    ]
    y = {"type": "quantitative", "axis": _amount(is_share), "stack": None}
    x = {"field": "low", "type": "quantitative", "bin": {"binned": True}, "axis": axis(unit or None)}
    x["scale"] = {"zero": False, "nice": False}
    ends = {"x": x, "x2": {"field": "high"}}
    tooltip = [shown("bin", unit or "from – to", type="nominal"), *_lines(series, is_share)]
    encoding: Spec = {**ends, "y": {**y, "field": "s0"}, "tooltip": tooltip}
    spec: Spec = {"height": 150, "layer": [{"mark": _bar(series), "encoding": encoding}]}
    if len(series) > 1:
        spec["layer"].append(_outline(edges, series, y, is_share))
    return Figure(
        name=name,
        title=title,
        says=_said(says, series, "line"),
        rows=rows,
        columns=[Column("bin", unit or "From – to", "text"), *_columns(series, is_share)],
        spec=spec,
    )


def bars(
    name: str,
    *,
    title: str,
    says: str,
    series: Mapping[str, Mapping[str, float]],
    is_share: bool = False,
    of: str = "Category",
) -> Figure:
    """How often each category is there, as a bar in a row of its own; a second series as a mark on it.

    ``series`` has for each name a count a category; or a part of the whole (0 to 1) where ``is_share``. The
    first one gives the order. What only another one has comes last; what is missing counts as 0. ``of`` is
    what the categories are. As many rows as categories: give the most frequent ones and put the rest in one.
    """
    categories = list(dict.fromkeys(each for counts in series.values() for each in counts))
    rows: list[Row] = [
        {"category": category[:LONGEST]}
        | {f"s{number}": counts.get(category, 0) for number, counts in enumerate(series.values())}
        for category in categories
    ]
    y = {"field": "category", "type": "nominal", "sort": None, "axis": axis(None)}
    x: Spec = {"type": "quantitative", "axis": _amount(is_share, lies=True)}
    tooltip = [shown("category", of, type="nominal"), *_lines(series, is_share)]
    encoding: Spec = {"y": y, "x": {**x, "field": "s0"}, "tooltip": tooltip}
    spec: Spec = {"height": STEP * len(rows), "layer": [{"mark": _bar(series), "encoding": encoding}]}
    if len(series) > 1:
        mark = {"type": "tick", "color": "--ink", "opacity": 1, "thickness": 2.5, "size": STEP - 4}
        spec["layer"].append({"mark": mark, "encoding": {**encoding, "x": {**x, "field": "s1"}}})
    return Figure(
        name=name,
        title=title,
        says=_said(says, series, "marks"),
        rows=rows,
        columns=[Column("category", of, "text"), *_columns(series, is_share)],
        spec=spec,
    )


def _values(series: Mapping[str, Sequence[float]], place: int) -> dict[str, float]:
    # Keys of our own: names may have dots and brackets, which the grammar reads as paths.
    return {f"s{number}": counts[place] for number, counts in enumerate(series.values())}


def _columns(series: Mapping[str, object], is_share: bool) -> list[Column]:
    kind = "share" if is_share else "number"
    return [Column(f"s{number}", title, kind) for number, title in enumerate(series)]


def _lines(series: Mapping[str, object], is_share: bool) -> list[Spec]:
    written = ".1%" if is_share else ","
    return [
        shown(f"s{number}", title, type="quantitative", format=written) for number, title in enumerate(series)
    ]


def _amount(is_share: bool, *, lies: bool = False) -> Spec:
    title, how = ("share", SHARE) if is_share else ("rows", COUNT)
    return axis(title, **how, grid=True, domain=False) if lies else level(title, **how, tickCount=4)


def _said(says: str, series: Mapping[str, object], second: str) -> str:
    """What is drawn as what, where there are two."""
    if len(series) < 2:
        return says
    names = list(series)
    return f"{says} Bars are {names[0]}, the {second} {names[1]}."


def _bar(series: Mapping[str, object]) -> Spec:
    return {"type": "bar", "opacity": 1 if len(series) == 1 else 0.45}


def _outline(edges: Sequence[float], series: Mapping[str, Sequence[float]], y: Spec, is_share: bool) -> Spec:
    """The second series as steps, closed at its right end."""
    counts = list(series.values())[1]
    points = [{"low": low, "s1": count} for low, count in zip(edges, [*counts, counts[-1]], strict=True)]
    return {
        "data": {"values": points},
        "mark": {"type": "line", "interpolate": "step-after", "color": "--ink"},
        "encoding": {
            "x": {"field": "low", "type": "quantitative"},
            "y": {**y, "field": "s1"},
        },
    }
