"""Charts of a regression."""

from __future__ import annotations

from collections.abc import Iterator

from flyball.console.charts.diagnostics.laid import TALL, Laid, across, curve, number, upright
from flyball.console.frame.figures import Column, Figure, Spec

SCORE = "score"
ANSWERED, HAPPENED, RESIDUAL = (
    Column("answered", "Answered", SCORE),
    Column("happened", "Happened", SCORE),
    Column("residual", "Residual", SCORE),
)


def figures(laid: Laid) -> Iterator[Figure]:
    """All of them, in the order of the page. A residual is what happened less what was answered."""
    yield _scatter(
        laid,
        "error",
        "Prediction error",
        "happened",
        "What happened by what was answered: on the line it is the same.",
    )
    yield _scatter(
        laid,
        "residuals",
        "Residuals",
        "residual",
        "What happened less what was answered, by what was answered: above the line more happened.",
    )
    yield _distribution(laid)
    yield _quantiles(laid)
    yield _parts(laid)
    if laid.rows("coverage"):
        yield _coverage(laid)
    yield _report(laid)


def _scatter(laid: Laid, name: str, title: str, of: str, says: str) -> Figure:
    rows = laid.rows("residuals")
    ends = [row[key] for row in rows for key in ("answered", "happened") if row[key] is not None] or [0]
    low, high = min(ends), max(ends)
    line = [
        {"x": low, "y": low if of == "happened" else 0},
        {"x": high, "y": high if of == "happened" else 0},
    ]
    mark = {"type": "line", "stroke": "--quiet", "strokeDash": [3, 3], "strokeWidth": 1}
    x, y = across("answered", "answered"), upright(of, of)
    tooltip = laid.told(
        rows, *(number(each.key, each.title.lower(), ",.6~g") for each in (ANSWERED, HAPPENED, RESIDUAL))
    )
    points = {"type": "point", "filled": True, "size": 26, "opacity": 0.55}
    return Figure(
        name=name,
        title=title,
        says=says,
        rows=rows,
        columns=laid.columns(rows, ANSWERED, HAPPENED, RESIDUAL),
        spec={
            "height": TALL,
            "layer": [
                {
                    "data": {"values": line},
                    "mark": mark,
                    "encoding": {"x": {**x, "field": "x"}, "y": {**y, "field": "y"}},
                },
                {"mark": points, "encoding": {"x": x, "y": y, **laid.apart(rows), "tooltip": tooltip}},
            ],
        },
    )


def _distribution(laid: Laid) -> Figure:
    rows = [{**row, "bin": f"{row['low']:.4g} – {row['high']:.4g}"} for row in laid.rows("distribution")]
    encoding: Spec = {
        "x": across("low", "residual"),
        "y": upright("rows", "rows", scale={"zero": True}),
        **laid.apart(rows),
        "tooltip": laid.told(
            rows, {"field": "bin", "title": "residual", "type": "nominal"}, number("rows", "rows", ",")
        ),
    }
    return Figure(
        name="distribution",
        title="How large residuals are",
        says="How many rows have a residual of each size.",
        rows=rows,
        columns=laid.columns(rows, Column("bin", "Residual", "text"), Column("rows", "Rows")),
        spec={"height": TALL, "mark": {"type": "line", "interpolate": "step-after"}, "encoding": encoding},
    )


def _quantiles(laid: Laid) -> Figure:
    """Q-Q."""
    figure = curve(
        laid,
        "quantiles",
        name="quantiles",
        title="Q-Q of the residuals",
        says="Residuals in order against the quantiles of a normal distribution: normal ones lie on "
        "the line.",
        x=across("normal", "normal quantile"),
        y=upright("residual", "residual"),
        columns=[
            Column("normal", "Normal quantile", SCORE),
            Column("residual", "Residual", SCORE),
            Column("line", "Line", SCORE),
        ],
    )
    (points,) = figure.spec["layer"]
    points["mark"] = {"type": "point", "filled": True, "size": 22, "opacity": 0.7}
    line = {"x": points["encoding"]["x"], "y": {**points["encoding"]["y"], "field": "line"}}
    colour = {"color": points["encoding"]["color"]} if "color" in points["encoding"] else {}
    figure.spec["layer"].insert(
        0, {"mark": {"type": "line", "strokeWidth": 1}, "encoding": {**line, **colour}}
    )
    return figure


def _coverage(laid: Laid) -> Figure:
    levels = sorted({row["level"] for row in laid.rows("coverage")})
    return curve(
        laid,
        "coverage",
        name="coverage",
        title="Coverage of intervals",
        says="Which part of the rows lies inside of their intervals, by tenths of the answers, with its "
        f"95 % interval: {', '.join(f'{each:.4g}' for each in levels)} is meant (dashed).",
        x=across("answered", "answered"),
        y=upright("inside", "inside"),
        columns=[
            Column("answered", "Answered", SCORE),
            Column("inside", "Inside", "share"),
            Column("lower", "From", "share"),
            Column("upper", "To", "share"),
            Column("width", "Mean width", SCORE),
            Column("rows", "Rows"),
        ],
        points=True,
        interval=("lower", "upper"),
        meant=levels,
    )


def _parts(laid: Laid) -> Figure:
    rows = laid.rows("parts")
    named = [
        {**row, "part": f"{row['low']:.4g} – {row['high']:.4g}", "middle": (row["low"] + row["high"]) / 2}
        for row in rows
    ]
    x = across("middle", "answered")
    kinds = {
        "mean_absolute_error": "mean absolute error",
        "root_mean_squared_error": "root mean squared error",
        "bias": "mean residual",
    }
    key = " : ".join(f"datum.of === '{name}' ? '{text}'" for name, text in kinds.items()) + " : ''"
    kind: Spec = {"field": "kind", "type": "nominal", "sort": list(kinds.values())}
    who: Spec = (
        {"strokeDash": {"field": "who", "type": "nominal", "scale": {"domain": laid.names}}}
        if laid.are_several
        else {}
    )
    tooltip = laid.told(
        rows,
        {"field": "part", "title": "answered", "type": "nominal"},
        {"field": "kind", "title": "what", "type": "nominal"},
        number("value", "value", ",.4~g"),
        number("rows", "rows", ","),
    )
    return Figure(
        name="parts",
        title="Errors by what was answered",
        says="In tenths of the rows, from the lowest answers to the highest.",
        rows=named,
        columns=laid.columns(
            rows,
            Column("part", "Answered", "text"),
            Column("rows", "Rows"),
            *(Column(name, text.capitalize(), SCORE) for name, text in kinds.items()),
        ),
        spec={
            "height": TALL,
            "transform": [{"fold": list(kinds), "as": ["of", "value"]}, {"calculate": key, "as": "kind"}],
            "mark": {"type": "line", "point": True},
            "encoding": {
                "x": x,
                "y": upright("value", "error", scale={"zero": True}),
                "color": kind,
                **who,
                "tooltip": tooltip,
            },
        },
    )


def _report(laid: Laid) -> Figure:
    """Scores of different units: a table alone."""
    rows = laid.rows("report")
    return Figure(
        name="report",
        title="Scores",
        says="Of all held-out rows.",
        rows=rows,
        columns=laid.columns(rows, Column("metric", "Metric", "text"), Column("score", "Score", SCORE)),
        spec={},
    )
