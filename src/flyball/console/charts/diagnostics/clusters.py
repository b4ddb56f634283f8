"""Charts of a clustering."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flyball.console.charts.diagnostics.laid import TALL, Laid, across, distinct, dots, heat, number, upright
from flyball.console.charts.grammar import SHARE
from flyball.console.frame.figures import Column, Figure, Spec

SCORE = "score"
MARKS = 22
CLUSTER = Column("cluster", "Cluster", "text")


def figures(laid: Laid) -> Iterator[Figure]:
    """All of them, in the order of the page."""
    yield _sizes(laid)
    yield _silhouette(laid)
    yield _projection(laid)
    yield _profiles(laid)
    yield _elbow(laid)
    yield _bic(laid)


def _named(laid: Laid, table: str) -> list[dict[str, Any]]:
    return [{**row, "cluster": str(row["cluster"])} for row in laid.rows(table)]


def _sizes(laid: Laid) -> Figure:
    return dots(
        laid,
        _named(laid, "sizes"),
        name="sizes",
        title="How large clusters are",
        says="The share of each cluster in the held-out rows, and the mean silhouette of its rows.",
        of=CLUSTER,
        x=("share", "share of the rows"),
        more=[Column("rows", "Rows"), Column("silhouette", "Silhouette", SCORE)],
        written=SHARE,
        is_from_zero=True,
    )


def _apart(laid: Laid, key: str = "strokeDash") -> Spec:
    """Clusters by colour; versions, of which each has clusters of its own, by dash or shape."""
    who: Spec = {"field": "who", "type": "nominal", "scale": {"domain": laid.names}}
    colour: Spec = {"color": {"field": "cluster", "type": "nominal", "sort": None}}
    return {**colour, key: who} if laid.are_several else colour


def _silhouette(laid: Laid) -> Figure:
    rows = [{"at": place, **row} for place, row in enumerate(_named(laid, "silhouette"))]
    tooltip = laid.told(
        rows, {"field": "cluster", "title": "cluster", "type": "nominal"}, number("silhouette", "silhouette")
    )
    return Figure(
        name="silhouette",
        title="Silhouettes",
        says="How much nearer each row is to its own cluster than to the next one, from the best to "
        "the worst of "
        "each cluster. Below 0 a row is nearer to another one.",
        rows=rows,
        columns=laid.columns(
            rows,
            CLUSTER,
            Column("place", "Part of the cluster", "share"),
            Column("silhouette", "Silhouette", SCORE),
        ),
        spec={
            "height": TALL,
            "mark": {"type": "line"},
            "encoding": {
                "x": across("place", "part of the cluster", axis=SHARE, scale={"domain": [0, 1]}),
                "y": upright("silhouette", "silhouette"),
                **_apart(laid),
                "tooltip": tooltip,
            },
        },
    )


def _projection(laid: Laid) -> Figure:
    rows = _named(laid, "projection")
    tooltip = laid.told(rows, {"field": "cluster", "title": "cluster", "type": "nominal"})
    return Figure(
        name="projection",
        title="Rows in two dimensions",
        says="The two directions in which the prepared rows differ most (principal components).",
        rows=rows,
        columns=laid.columns(
            rows, CLUSTER, Column("x", "First component", SCORE), Column("y", "Second component", SCORE)
        ),
        spec={
            "height": TALL,
            "mark": {"type": "point", "filled": True, "size": MARKS, "opacity": 0.6},
            "encoding": {
                "x": across("x", "first component"),
                "y": upright("y", "second component"),
                **_apart(laid, "shape"),
                "tooltip": tooltip,
            },
        },
    )


def _elbow(laid: Laid) -> Figure:
    return _by_number(
        laid,
        name="elbow",
        title="How many clusters",
        says="The same model with other numbers of clusters: how far rows lie from the middle of their own "
        "(mean squared distance in prepared columns). Where the line bends, more clusters tell little more.",
        of=Column("within", "Squared distance within", SCORE),
        more=[Column("silhouette", "Silhouette, held out", SCORE)],
    )


def _bic(laid: Laid) -> Figure:
    return _by_number(
        laid,
        name="bic",
        title="How many components",
        says="The Bayesian information criterion of the same model with other numbers of components: it "
        "weighs how well they describe the rows against how many numbers they need. The lowest is the best.",
        of=Column("bic", "BIC", SCORE),
        more=[],
    )


def _by_number(laid: Laid, *, name: str, title: str, says: str, of: Column, more: list[Column]) -> Figure:
    """A line over the numbers of clusters; the version's own stands out."""
    rows = [row for row in laid.rows("elbow") if row[of.key] is not None]
    tooltip = laid.told(rows, number("clusters", "clusters", "d"), number(of.key, of.title))
    who: Spec = {"color": {"field": "who", "type": "nominal", "scale": {"domain": laid.names}}}
    x = {**across("clusters", "clusters", axis={"format": "d", "tickMinStep": 1})}
    encoding: Spec = {"x": x, "y": upright(of.key, of.title), "tooltip": tooltip}
    encoding |= who if laid.are_several else {}
    own: Spec = {"mark": {"type": "point", "size": 120}, "transform": [{"filter": "datum.is_chosen"}]}
    return Figure(
        name=name,
        title=title,
        says=says,
        rows=rows,
        columns=laid.columns(rows, Column("clusters", "Clusters"), of, *more),
        spec={
            "height": TALL,
            "layer": [
                {"mark": {"type": "line", "point": True}, "encoding": encoding},
                {**own, "encoding": encoding},
            ],
        },
    )


def _profiles(laid: Laid) -> Figure:
    """Each field's median in each cluster; colours have no unit, table and tooltip have the field's own."""
    rows = _placed(_named(laid, "profiles"))
    words = ("field", "cluster", "text")
    tooltip = [
        *({"field": each, "title": each, "type": "nominal"} for each in words),
        number("lower_quartile", "lower quartile", ",.4~g"),
        number("upper_quartile", "upper quartile", ",.4~g"),
        number("share", "of the cluster", ".1%"),
    ]
    return Figure(
        name="profiles",
        title="What is in each cluster",
        says="The median of numbers and the most frequent value of all others, in their own units; "
        "of each field "
        "the stronger, the higher.",
        rows=rows,
        columns=laid.columns(
            rows,
            Column("field", "Field", "text"),
            CLUSTER,
            Column("lower_quartile", "Lower quartile", SCORE),
            Column("median", "Median", SCORE),
            Column("upper_quartile", "Upper quartile", SCORE),
            Column("most_frequent", "Most frequent", "text"),
            Column("share", "Of the cluster", "share"),
            Column("missing", "Missing"),
        ),
        spec=heat(
            laid,
            across="cluster",
            down="field",
            title="cluster",
            strength="height",
            text={"field": "text", "type": "nominal"},
            tooltip=tooltip,
            tall=24 * len(distinct(rows, "field")),
        ),
    )


def _placed(every: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of profiles with what is written of each, and where it lies among the clusters (0 to 1)."""
    ends: dict[tuple[str, str], list[float]] = {}
    for row in every:
        if row["median"] is not None:
            ends.setdefault((row["who"], row["field"]), []).append(row["median"])
    rows = []
    for row in every:
        known = ends.get((row["who"], row["field"]), [])
        span = max(known) - min(known) if known else 0
        height = None if row["median"] is None or not span else (row["median"] - min(known)) / span
        text = f"{row['median']:.4g}" if row["median"] is not None else row["most_frequent"]
        rows.append({**row, "height": height, "text": text})
    return rows
