"""One endpoint over time: answers by version, latency, errors and refusals, and which outcomes are known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from flyball.console.charts.grammar import COUNT, HEIGHT, OVER_TIME, SHARE, STEPS, level, rules, shown, when
from flyball.console.frame import tags, timeline
from flyball.console.frame.figures import Column, Figure, Row, Spec
from flyball.control.monitoring.history import MOST, Known, Span, Step
from flyball.serving.recording.meter import BOUNDS

VERSIONS = timeline.COLOURS
"""How many have a colour of their own; what is left is one more."""
REST = "--series-6"
EARLIER = "earlier"
TITLES = {"day": "the last 24 hours", "week": "the last seven days", "month": "the last 30 days"}
EVERY = {60: "hour", 180: "three hours", 1440: "day"}
BAD = ["--series-6", "--bad"]
"""Of what was refused, and of what failed."""
Promotion = tuple[datetime, int]
FROM = Column("at", "From", "moment")


def figures(
    over: Span, steps: Sequence[Step], known: Sequence[Known], promotions: Sequence[Promotion]
) -> list[Figure]:
    """The charts of an endpoint's page. Moments are UTC, and in the reader's zone once they are drawn."""
    marks = [(moment, f"@{version}") for moment, version in reversed(promotions)]
    return [
        _answers(over, steps, marks),
        _latency(over, steps, marks),
        _errors(over, steps, marks),
        _coverage(over, known),
    ]


def _answers(over: Span, steps: Sequence[Step], marks: Sequence[tuple[datetime, str]]) -> Figure:
    versions = sorted({version for step in steps for version in step.answers}, reverse=True)
    named, rest = versions[:VERSIONS], versions[VERSIONS:]
    keys = [f"@{version}" for version in named] + [EARLIER] * bool(rest)
    rows: list[Row] = [
        _when(step.start, over.step)
        | {f"@{version}": step.answers[version] for version in named}
        | ({EARLIER: sum(step.answers[version] for version in rest)} if rest else {})
        for step in steps
    ]
    total = sum(step.answers.total() for step in steps)
    tooltip = [shown("answers", "answers", format=",", type="quantitative"), _nominal("version"), when()]
    return Figure(
        name="answers",
        title=f"Answers, {TITLES[over.name]}",
        says=f"{tags.number(total)} answers, by the version that gave them.{_promoted(marks)}",
        rows=rows if total else [],
        columns=[FROM, *(Column(key, key) for key in keys)],
        spec=_stacked(over, keys, ("version", "answers"), tooltip, marks, _colours(named)),
    )


def _errors(over: Span, steps: Sequence[Step], marks: Sequence[tuple[datetime, str]]) -> Figure:
    rows: list[Row] = [
        _when(step.start, over.step) | {"failed": step.failed, "refused": step.refused} for step in steps
    ]
    failed, refused = sum(step.failed for step in steps), sum(step.refused for step in steps)
    tooltip = [shown("calls", "calls", format=",", type="quantitative"), _nominal("what"), when()]
    said = (
        f"{tags.number(failed)} calls failed, {tags.number(refused)} were refused, by a fault of their own."
    )
    if behind := sum(step.fell_back for step in steps):
        said += (
            f" For {tags.number(behind)} rows the fallback answered: their own arm failed or was too late."
        )
    return Figure(
        name="errors",
        title=f"Errors and refusals, {TITLES[over.name]}",
        says=said if failed + refused + behind else "No call failed, and none was refused.",
        rows=rows if failed + refused else [],
        columns=[FROM, Column("failed", "Failed"), Column("refused", "Refused")],
        spec=_stacked(over, ["refused", "failed"], ("what", "calls"), tooltip, marks, BAD),
    )


def _latency(over: Span, steps: Sequence[Step], marks: Sequence[tuple[datetime, str]]) -> Figure:
    rows: list[Row] = [
        {"at": step.start}
        | {f"{name}": _milliseconds(step.within(part)) for name, part in (("p50", 0.5), ("p95", 0.95))}
        | {"half": tags.seconds(step.within(0.5)), "most": tags.seconds(step.within(0.95))}
        for step in steps
    ]
    values = [row[name] for row in rows for name in ("p50", "p95") if row[name] is not None]
    low, high = _decades(values)
    y = {
        "field": "latency",
        "type": "quantitative",
        "scale": {"type": "log", "domain": [low, high], "nice": False},
        "axis": level("milliseconds", format=",~g", values=[10.0**power for power in range(-1, 4)]),
    }
    lines = {
        "transform": [{"fold": ["p50", "p95"], "as": ["part", "latency"]}],
        "mark": {"type": "line", "point": {"size": 18, "filled": True}},
        "encoding": {
            "x": OVER_TIME,
            "y": y,
            "color": {"field": "part", "type": "nominal", "scale": {"domain": ["p50", "p95"]}},
            "strokeDash": {"field": "part", "type": "nominal", "scale": {"domain": ["p50", "p95"]}},
            "tooltip": [
                shown("half", "half within", type="nominal"),
                shown("most", "95 % within", type="nominal"),
                when(),
            ],
        },
    }
    return Figure(
        name="latency",
        title=f"Latency, {TITLES[over.name]}",
        says=(
            "Within which time half of the answers came (p50), and 95 % of them (p95): bounds of buckets."
            f"{' What took over a second is drawn at one second.' if math.inf in _worst(steps) else ''}"
        )
        if values
        else "Nothing was answered.",
        rows=rows if values else [],
        columns=[FROM, Column("half", "Half within", "text"), Column("most", "95 % within", "text")],
        spec={"height": HEIGHT, "layer": [lines, *rules(marks, _apart(over))]},
    )


def _coverage(over: Span, known: Sequence[Known]) -> Figure:
    rows: list[Row] = [
        _when(each.start, over.unit)
        | {"predictions": each.predictions, "outcomes": each.with_outcome, "share": _share(each)}
        for each in known
    ]
    told = [each for each in known if each.with_outcome is not None]
    outcomes, predictions = (
        sum(each.with_outcome or 0 for each in told),
        sum(each.predictions for each in told),
    )
    said = f"{tags.number(outcomes)} of {tags.number(predictions)} predictions have an outcome by now."
    if len(told) < len(known):
        said += f" Only the newest {tags.number(MOST)} outcomes are counted: what lies before is not told."
    y: Spec = {"field": "share", "type": "quantitative", "scale": {"domain": [0, 1]}}
    y["axis"] = level(f"predictions with an outcome, per {EVERY[over.unit]}", **SHARE, tickCount=4)
    tooltip = [
        shown("share", "with an outcome", format=".1%", type="quantitative"),
        shown("predictions", "predictions", format=",", type="quantitative"),
        when(),
    ]
    encoding = {**STEPS, "y": y, "tooltip": tooltip}
    return Figure(
        name="coverage",
        title=f"Outcomes, {TITLES[over.name]}",
        says=said if predictions else "There are no predictions to have outcomes.",
        rows=rows if predictions else [],
        columns=[
            FROM,
            Column("predictions", "Predictions"),
            Column("outcomes", "With an outcome"),
            Column("share", "Share", "share"),
        ],
        # What is not known is drawn as nothing: left out, the axis would begin with what is.
        spec={"height": HEIGHT, "mark": {"type": "bar", "invalid": None}, "encoding": encoding},
    )


def _stacked(
    over: Span,
    keys: Sequence[str],
    names: tuple[str, str],
    tooltip: Sequence[Spec],
    marks: Sequence[tuple[datetime, str]],
    colours: Sequence[str],
) -> Spec:
    """Counts of each step on top of each other; ``names`` are what the parts are, and what is counted."""
    part, counted = names
    y: Spec = {"field": counted, "type": "quantitative", "stack": "zero"}
    y["axis"] = level(f"{counted} per {EVERY[over.step]}", **COUNT, tickCount=4)
    colour: Spec = {"field": part, "type": "nominal", "scale": {"domain": list(keys), "range": list(colours)}}
    several, alone = ({"color": colour}, {}) if len(keys) > 1 else ({}, {"fill": colours[0]})
    bars = {
        "transform": [{"fold": list(keys), "as": [part, counted]}],
        "mark": {"type": "bar", **alone},
        "encoding": {**STEPS, "y": y, **several, "tooltip": list(tooltip)},
    }
    return {"height": HEIGHT, "layer": [bars, *rules(marks, _apart(over))]}


def _colours(versions: Sequence[int]) -> list[str]:
    """As the band of revisions has them; of two with the same one, the older takes one that is free."""
    free = list(range(timeline.COLOURS))
    taken = []
    for version in versions:
        own = timeline.colour(version)
        taken.append(free.pop(free.index(own) if own in free else 0))
    return [*(f"--series-{each + 1}" for each in taken), REST]


def _when(start: datetime, minutes: int) -> dict[str, datetime]:
    return {"at": start, "to": start + timedelta(minutes=minutes)}


def _apart(over: Span) -> timedelta:
    return timedelta(minutes=over.unit * over.units / 12)


def _nominal(field: str) -> Spec:
    return shown(field, field, type="nominal")


def _promoted(marks: Sequence[tuple[datetime, str]]) -> str:
    if not marks:
        return ""
    names = ", ".join(name for _, name in marks)
    return f" Dashed lines mark when a version became champion: {names}."


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else min(seconds * 1000, BOUNDS[-1] / 1000)


def _worst(steps: Sequence[Step]) -> list[float | None]:
    return [step.within(0.95) for step in steps]


def _decades(values: Sequence[float]) -> tuple[float, float]:
    """Powers of ten around values above 0."""
    if not values:
        return 1, 10
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return 10.0**low, 10.0 ** max(high, low + 1)


def _share(known: Known) -> float | None:
    if known.with_outcome is None or not known.predictions:
        return None
    return min(1.0, known.with_outcome / known.predictions)  # clocks of two tables
