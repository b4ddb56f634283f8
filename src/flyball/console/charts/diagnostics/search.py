"""Charts of how a version was learned: by how many rows, and with which parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import log

from flyball.console.charts.diagnostics.laid import TALL, Laid, across, distinct, number, upright
from flyball.console.charts.grammar import COUNT, HEIGHT, axis, level, shown
from flyball.console.charts.grammar import SCORE as FEW_DIGITS
from flyball.console.frame.figures import Column, Figure, Row, Spec

SCORE = "score"
LOGARITHMIC = 50
"""From the lowest to the highest so many times and more: drawn by its logarithm."""
MOST_PARAMETERS = 12


def figures(laid: Laid) -> Iterator[Figure]:
    """All of them, in the order of the page."""
    metric = str(laid.own.get("metric") or "score")
    yield _learning(laid, metric)
    rows = [row for row in laid.rows("trials") if row["who"] == laid.names[0]]
    if any(len(distinct(of, "text")) > 1 for of in _by_parameter(rows)):
        yield _parallel(rows, metric)
    for place, name in enumerate(distinct(rows, "parameter")[:MOST_PARAMETERS], start=1):
        own = [row for row in rows if row["parameter"] == name]
        if len(distinct(own, "text")) > 1:
            yield _validation(f"parameter-{place}", str(name), own, metric)


def _learning(laid: Laid, metric: str) -> Figure:
    rows = laid.rows("learning_curve")
    kinds = {
        "training_score": "rows learned from",
        "held_out_score": "held-out rows",
        "fold_score": "folds of the search",
    }
    key = " : ".join(f"datum.of === '{name}' ? '{text}'" for name, text in kinds.items()) + " : ''"
    kind: Spec = {"field": "kind", "type": "nominal", "sort": list(kinds.values())}
    who: Spec = {"strokeDash": {"field": "who", "type": "nominal", "scale": {"domain": laid.names}}}
    tooltip = laid.told(
        rows,
        shown("kind", "score of", type="nominal"),
        number("rows", "learned from", ","),
        number("score", metric),
    )
    return Figure(
        name="learning",
        title="Learning curve",
        says="The score by the number of rows learned from; the last of each line is of all of them. Where "
        "lines have met, more rows bring little; where they are far apart, more rows or a simpler model may "
        "help. Of many rows, scores on fewer of them are the search's own, of its folds.",
        rows=rows,
        columns=laid.columns(
            rows,
            Column("rows", "Rows learned from"),
            Column("training_score", "Of these rows", SCORE),
            Column("held_out_score", "Of held-out rows", SCORE),
            Column("fold_score", "Of folds in the search", SCORE),
        ),
        spec={
            "height": TALL,
            "transform": [
                {"fold": list(kinds), "as": ["of", "score"]},
                {"calculate": key, "as": "kind"},
                {"filter": "isValid(datum.score)"},
            ],
            "mark": {"type": "line", "point": True},
            "encoding": {
                "x": across("rows", "rows learned from", axis=COUNT),
                "y": upright("score", metric, axis=FEW_DIGITS),
                "color": kind,
                **(who if laid.are_several else {}),
                "tooltip": tooltip,
            },
        },
    )


def _by_parameter(rows: Sequence[Row]) -> list[list[Row]]:
    return [[row for row in rows if row["parameter"] == name] for name in distinct(rows, "parameter")]


def _validation(name: str, parameter: str, rows: Sequence[Row], metric: str) -> Figure:
    """The score of each trial by one parameter; those on all rows stand out."""
    numbers = [row["number"] for row in rows if row["number"] is not None]
    is_number = len(numbers) == len(rows)
    scale: Spec = {"zero": False, "padding": 8}
    if is_number and min(numbers) > 0 and max(numbers) / min(numbers) >= LOGARITHMIC:
        scale["type"] = "log"
    x: Spec = (
        {**across("number", parameter), "scale": scale}
        if is_number
        else {"field": "text", "type": "nominal", "axis": axis(parameter, labelAngle=0)}
    )
    own = next((row for row in rows if row["is_chosen"] and row["is_last"]), None)
    return Figure(
        name=name,
        title=f"Score by {parameter}",
        says=f"Of each trial of the search, whatever its other parameters.{_chosen(own, metric)}",
        rows=rows,
        columns=_columns(metric),
        spec={
            "height": HEIGHT,
            "transform": [_learned()],
            "mark": {"type": "point", "filled": True, "size": 60},
            "encoding": {
                "x": x,
                "y": upright("score", metric, axis=FEW_DIGITS),
                **_emphasis(),
                "tooltip": _told(metric),
            },
        },
    )


def _parallel(rows: Sequence[Row], metric: str) -> Figure:
    """A line a trial: where it lies between the lowest and the highest of each parameter and the score."""
    names = [
        name
        for name in distinct(rows, "parameter")
        if len(distinct([r for r in rows if r["parameter"] == name], "text")) > 1
    ]
    placed = [{**row, "height": _height(row, rows)} for row in rows if row["parameter"] in names]
    scores = {(row["trial"], row["rung"]): row for row in rows}
    ends = [row["score"] for row in scores.values()]
    low, span = min(ends), (max(ends) - min(ends)) or 1
    placed += [
        {**row, "parameter": metric, "text": f"{row['score']:.4f}", "height": (row["score"] - low) / span}
        for row in scores.values()
    ]
    x: Spec = {
        "field": "parameter",
        "type": "nominal",
        "sort": [*names, metric],
        "axis": axis(None, labelAngle=0, grid=True),
    }
    y: Spec = {"field": "height", "type": "quantitative", "scale": {"domain": [0, 1]}}
    y["axis"] = level("lowest to highest", labels=False, tickCount=2)
    colour: Spec = {
        "field": "score",
        "type": "quantitative",
        "scale": {"range": ["--line", "--accent"]},
        "legend": None,
    }
    return Figure(
        name="trials",
        title="Trials of the search",
        says="A line a trial, from the lowest to the highest value of each parameter, and to its "
        f"{metric}: the "
        "stronger, the better.",
        rows=placed,
        columns=_columns(metric),
        spec={
            "height": TALL,
            "mark": {"type": "line", "strokeWidth": 2, "point": {"size": 18}},
            "encoding": {
                "x": x,
                "y": y,
                "color": colour,
                "detail": [{"field": "trial"}, {"field": "rung"}],
                "tooltip": _told(metric),
            },
        },
    )


def _height(row: Row, rows: Sequence[Row]) -> float:
    """From 0 to 1, among the others: of numbers far apart by the logarithm, of others by their order."""
    own = [each for each in rows if each["parameter"] == row["parameter"]]
    numbers = [each["number"] for each in own]
    if None in numbers:
        texts = sorted(distinct(own, "text"))
        return texts.index(row["text"]) / max(1, len(texts) - 1)
    low, high = min(numbers), max(numbers)
    if high == low:
        return 0.5
    if low > 0 and high / low >= LOGARITHMIC:
        return float((log(row["number"]) - log(low)) / (log(high) - log(low)))
    return float((row["number"] - low) / (high - low))


def _chosen(row: Row | None, metric: str) -> str:
    return "" if row is None else f" The version's own is {row['text']}, {metric} {row['score']:.4f}."


def _learned() -> Spec:
    return {"calculate": "datum.is_last ? 'all rows' : 'some of the rows'", "as": "learned"}


def _emphasis() -> Spec:
    return {
        "color": {"field": "learned", "type": "nominal", "sort": ["all rows", "some of the rows"]},
        "shape": {"condition": {"test": "datum.is_chosen", "value": "diamond"}, "value": "circle"},
        "size": {"condition": {"test": "datum.is_chosen", "value": 130}, "value": 45},
    }


def _told(metric: str) -> list[Spec]:
    return [
        shown("trial", "trial", type="quantitative"),
        shown("parameter", "parameter", type="nominal"),
        shown("text", "value", type="nominal"),
        number("score", metric),
    ]


def _columns(metric: str) -> list[Column]:
    return [
        Column("trial", "Trial"),
        Column("rung", "Rung"),
        Column("parameter", "Parameter", "text"),
        Column("text", "Value", "text"),
        Column("score", metric, SCORE),
    ]
