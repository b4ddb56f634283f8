"""Charts of an anomaly detection."""

from __future__ import annotations

from collections.abc import Iterator

from flyball.console.charts.diagnostics.laid import TALL, Laid, across, number, upright
from flyball.console.charts.grammar import COUNT
from flyball.console.frame.figures import Column, Figure, Spec

SCORE = "score"


def figures(laid: Laid) -> Iterator[Figure]:
    """All of them, in the order of the page."""
    yield _scores(laid)
    yield _strangest(laid)


def _scores(laid: Laid) -> Figure:
    rows = [{**row, "is": "above" if row["is_anomaly"] else "below"} for row in laid.rows("anomaly_scores")]
    tooltip = laid.told(rows, number("from", "from"), number("to", "to"), number("rows", "rows", ",d"))
    colour: Spec = {"field": "is", "type": "nominal", "title": "the threshold", "sort": ["below", "above"]}
    facet: Spec = {"row": {"field": "who", "type": "nominal", "sort": None}} if laid.are_several else {}
    return Figure(
        name="anomaly_scores",
        title="Scores",
        says="Held-out rows by their score, from the usual ones on the left. Those above the version's "
        "threshold are called anomalies.",
        rows=rows,
        columns=laid.columns(
            rows,
            Column("from", "From", SCORE),
            Column("to", "To", SCORE),
            Column("rows", "Rows"),
            Column("is", "The threshold", "text"),
        ),
        spec={
            "height": TALL // max(1, len(laid.names)) if laid.are_several else TALL,
            "mark": {"type": "bar"},
            "encoding": {
                "x": {**across("from", "score"), "bin": {"binned": True}},
                "x2": {"field": "to"},
                "y": upright("rows", "rows", axis=COUNT, scale={"zero": True}),
                "color": colour,
                **facet,
                "tooltip": tooltip,
            },
        },
    )


def _strangest(laid: Laid) -> Figure:
    """A table alone: each value has its own unit."""
    rows = [
        {**row, "value": _text(row["value"]), "usual": _text(row["usual"])} for row in laid.rows("strangest")
    ]
    return Figure(
        name="strangest",
        title="The strangest rows",
        says="The held-out rows of highest scores, and the fields whose usual value (the median of numbers, "
        "else the most frequent one) takes most off the score of each, by asking again with it.",
        rows=rows,
        columns=laid.columns(
            rows,
            Column("row", "Row", "text"),
            Column("score", "Score", SCORE),
            Column("field", "Field", "text"),
            Column("value", "Value", "text"),
            Column("usual", "Usual value", "text"),
            Column("part", "Off the score", SCORE),
        ),
        spec={},
    )


def _text(value: object) -> str:
    """A value of any kind as it is read."""
    if value is None:
        return "missing"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
