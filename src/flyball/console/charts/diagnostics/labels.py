"""Charts of a classification."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flyball.console.charts.diagnostics.laid import (
    TALL,
    UNIT,
    Laid,
    across,
    curve,
    distinct,
    dots,
    heat,
    number,
    upright,
)
from flyball.console.charts.diagnostics.thresholds import threshold
from flyball.console.charts.grammar import SHARE, axis, shown
from flyball.console.frame import tags
from flyball.console.frame.figures import Column, Figure, Spec

SCORE = "score"


def figures(laid: Laid) -> Iterator[Figure]:
    """All of them, in the order of the page."""
    yield threshold(laid)
    yield curve(
        laid,
        "roc",
        name="roc",
        title="ROC",
        says="How many of a class are found, by how many others are taken for it, at every threshold. The "
        "broken line is chance.",
        x=across("false_positive_rate", "others taken for it", axis=SHARE, **UNIT),
        y=upright("true_positive_rate", "of the class found", axis=SHARE, **UNIT),
        columns=[
            Column("threshold", "Threshold", SCORE),
            Column("false_positive_rate", "False positive rate", SCORE),
            Column("true_positive_rate", "True positive rate", SCORE),
        ],
        has_diagonal=True,
    )
    yield curve(
        laid,
        "precision_recall",
        name="precision-recall",
        title="Precision and recall",
        says="How many of those that are taken for a class are of it, by how many of the class are found.",
        x=across("recall", "of the class found: recall", axis=SHARE, **UNIT),
        y=upright("precision", "rightly taken for it: precision", axis=SHARE, **UNIT),
        columns=[
            Column("threshold", "Threshold", SCORE),
            Column("recall", "Recall", SCORE),
            Column("precision", "Precision", SCORE),
        ],
    )
    yield _calibration(laid)
    yield _gain(laid)
    yield _lift(laid)
    yield _distribution(laid)
    yield _confusion(laid)
    yield _report(laid)
    yield _balance(laid)


def _calibration(laid: Laid) -> Figure:
    return curve(
        laid,
        "calibration",
        name="calibration",
        title="Calibration",
        says="How often it happened where so much was predicted, with its 95 % interval. On the broken line "
        "probabilities are what they say.",
        x=across("predicted", "mean probability predicted", axis=SHARE, **UNIT),
        y=upright("happened", "how often it happened", axis=SHARE, **UNIT),
        columns=[
            Column("predicted", "Predicted", SCORE),
            Column("happened", "Happened", SCORE),
            Column("lower", "From", SCORE),
            Column("upper", "To", SCORE),
            Column("rows", "Rows"),
        ],
        has_diagonal=True,
        points=True,
        interval=("lower", "upper"),
    )


GAIN = (
    Column("share", "Rows asked", "share"),
    Column("gain", "Found", "share"),
    Column("lift", "Lift", SCORE),
)
ASKED = "share of rows, the likeliest first"


def _gain(laid: Laid) -> Figure:
    return curve(
        laid,
        "gain",
        name="gain",
        title="Gain",
        says="Which part of a class is found among so many rows, the likeliest first. The broken "
        "line is chance.",
        x=across("share", ASKED, axis=SHARE, **UNIT),
        y=upright("gain", "of the class found", axis=SHARE, **UNIT),
        columns=GAIN,
        has_diagonal=True,
    )


def _lift(laid: Laid) -> Figure:
    return curve(
        laid,
        "gain",
        name="lift",
        title="Lift",
        says="How many times more of a class are found so than among as many rows drawn at random.",
        x=across("share", ASKED, axis=SHARE, **UNIT),
        y=upright("lift", "times chance"),
        columns=GAIN,
        keep=lambda row: row["lift"] is not None,
    )


def _distribution(laid: Laid) -> Figure:
    """Of one class its probability, by label; of several each one's own, in the rows that are of it."""
    every = laid.rows("distribution")
    are_many = len(distinct(every, "class")) > 1
    rows = [
        {**row, "bin": f"{row['low']:g} – {row['high']:g}"}
        for row in every
        if not are_many or row["class"] == row["label"]
    ]
    of = distinct(every, "class")
    x = across("low", "probability", **UNIT)
    apart = laid.apart(rows, "label")
    tooltip = laid.told(
        rows,
        shown("bin", "probability", type="nominal"),
        shown("label", "happened", type="nominal"),
        number("rows", "rows", ","),
    )
    what = (
        "each class was given, in rows of that class"
        if are_many
        else f"{of[0]} was given, by what happened"
        if of
        else "was given"
    )
    return Figure(
        name="distribution",
        title="Probabilities by what happened",
        says=f"How often each probability of {what}.",
        rows=rows,
        columns=laid.columns(
            rows,
            Column("bin", "Probability", "text"),
            Column("label", "Happened", "text"),
            Column("rows", "Rows"),
        ),
        spec={
            "height": TALL,
            "mark": {"type": "line", "interpolate": "step-after"},
            "encoding": {
                "x": x,
                "y": upright("rows", "rows", scale={"zero": True}),
                **apart,
                "tooltip": tooltip,
            },
        },
    )


def _confusion(laid: Laid) -> Figure:
    """Of the page's own version, in parts of what happened; others are in the table."""
    rows = laid.rows("confusion")
    sums: dict[tuple[str, str], int] = {}
    for row in rows:
        sums[row["who"], row["happened"]] = sums.get((row["who"], row["happened"]), 0) + row["rows"]
    parted = [{**row, "share": row["rows"] / (sums[row["who"], row["happened"]] or 1)} for row in rows]
    own = [row for row in rows if row["who"] == laid.names[0]]
    right = sum(row["rows"] for row in own if row["happened"] == row["answered"])
    every = sum(row["rows"] for row in own)
    tooltip = [
        shown("happened", "happened", type="nominal"),
        shown("answered", "answered", type="nominal"),
        number("rows", "rows", ","),
        number("share", "of what happened", ".1%"),
    ]
    labels = len(distinct(own, "happened"))
    return Figure(
        name="confusion",
        title="What is taken for what",
        says=f"{tags.number(right)} of {tags.number(every)} rows got the label that happened, where the "
        "version answers with the likeliest. Rows are what happened, columns what was answered.",
        rows=parted,
        columns=laid.columns(
            rows,
            Column("happened", "Happened", "text"),
            Column("answered", "Answered", "text"),
            Column("rows", "Rows"),
            Column("share", "Of what happened", "share"),
        ),
        spec=heat(
            laid,
            across="answered",
            down="happened",
            title="answered",
            strength="share",
            text={"field": "rows", "type": "quantitative", "format": ","},
            tooltip=tooltip,
            tall=labels * (60 if labels < 6 else 24),
        ),
    )


def _report(laid: Laid) -> Figure:
    kinds = ("precision", "recall", "f1")
    rows = [{**row, "named": f"{row['label']}"} for row in laid.rows("report")]
    y: Spec = {"field": "label", "type": "nominal", "sort": None, "axis": axis(None)}
    if laid.are_several:
        y_offset: Spec = {"yOffset": {"field": "who", "type": "nominal", "sort": None}}
    else:
        y_offset = {}
    shape: Spec = {"field": "kind", "type": "nominal", "sort": None}
    tooltip: list[dict[str, Any]] = [
        shown("who", "version", type="nominal"),
        shown("label", "label", type="nominal"),
        shown("kind", "what", type="nominal"),
        number("value", "value"),
        number("rows", "rows", ","),
    ]
    names = len(distinct(rows, "label"))
    return Figure(
        name="report",
        title="Precision, recall and F1 of each label",
        says="With the number of rows of each, and the means over labels and over rows.",
        rows=rows,
        columns=laid.columns(
            rows,
            Column("label", "Label", "text"),
            *(Column(each, each.capitalize(), SCORE) for each in kinds),
            Column("rows", "Rows"),
        ),
        spec={
            "height": 30 * names * len(laid.names),
            "transform": [{"fold": list(kinds), "as": ["kind", "value"]}],
            "mark": {"type": "point", "filled": True, "size": 70, "opacity": 0.9},
            "encoding": {
                "y": y,
                **y_offset,
                "x": across("value", "", **UNIT),
                "color": shape,
                "shape": shape,
                "tooltip": tooltip,
            },
        },
    )


def _balance(laid: Laid) -> Figure:
    """Rows of each label; how often each is answered, by version."""
    rows = laid.rows("balance")
    sums = {
        key: sum(row[key] or 0 for row in rows if row["who"] == laid.names[0]) or 1
        for key in ("training", "held_out", "answered")
    }
    parted = [
        {
            **row,
            "happened_share": row["held_out"] / sums["held_out"],
            "share": row["answered"] / sums["held_out"],
        }
        for row in rows
    ]
    figure = dots(
        laid,
        parted,
        name="balance",
        title="How frequent each label is",
        says="The share of each label in what happened (the bar) and in what was answered (the dot).",
        of=Column("label", "Label", "text"),
        x=("share", "share of the held-out rows"),
        more=[
            Column("training", "Rows to learn from"),
            Column("held_out", "Held out"),
            Column("answered", "Answered"),
        ],
        written=SHARE,
        is_from_zero=True,
    )
    bar: Spec = {
        "mark": {"type": "bar", "opacity": 0.3},
        "transform": [{"filter": f"datum.who === '{laid.names[0]}'"}],
        "encoding": {
            key: value for key, value in figure.spec["layer"][0]["encoding"].items() if key in {"x", "y"}
        },
    }
    bar["encoding"] = {**bar["encoding"], "x": {**bar["encoding"]["x"], "field": "happened_share"}}
    figure.spec["layer"].insert(0, bar)
    return figure
