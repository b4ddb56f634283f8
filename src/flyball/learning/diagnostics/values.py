"""Tables of a regression: how far values lie from what happened, and where they do."""

from __future__ import annotations

import numpy as np
from scipy.stats import binomtest, probplot
from sklearn.metrics import (
    explained_variance_score,
    max_error,
    mean_absolute_error,
    mean_absolute_percentage_error,
    median_absolute_error,
    r2_score,
    root_mean_squared_error,
)

from flyball.domain.finishing.applying import around
from flyball.learning.diagnostics.held import Held
from flyball.learning.diagnostics.table import Table, kept

POINTS = 500
"""Rows that are drawn one by one: with more, one covers the other."""
PARTS = 10
BINS = 30
METRICS = {
    "R²": r2_score,
    "explained variance": explained_variance_score,
    "mean absolute error": mean_absolute_error,
    "median absolute error": median_absolute_error,
    "root mean squared error": root_mean_squared_error,
    "mean absolute percentage error": mean_absolute_percentage_error,
}


def tables(held: Held) -> dict[str, Table]:
    """All of them, by name. A residual is what happened minus what was answered."""
    happened, answered = held.happened, held.answers.values
    weighed = {} if held.rows.weights is None else {"sample_weight": held.rows.weights}
    return {
        "report": Table.of(
            ("metric", "score"),
            [(name, float(of(happened, answered, **weighed))) for name, of in METRICS.items()]
            + [("largest error", float(max_error(happened, answered)))],
        ),
        "residuals": _residuals(held),
        "distribution": _distribution(happened - answered),
        "quantiles": _quantiles(happened - answered),
        "parts": _parts(happened, answered),
        **_coverage(held),
    }


def _coverage(held: Held) -> dict[str, Table]:
    """Which part of the rows lies inside of their intervals, in tenths by what was answered (Wilson's)."""
    interval = None if held.manifest.finish is None else held.manifest.finish.interval
    if interval is None:
        return {}
    happened, answered = held.happened, held.answers.values
    low, high = around(interval, answered)
    inside = (low <= happened) & (happened <= high)
    rows = []
    for part in np.array_split(np.argsort(answered, kind="stable"), min(PARTS, len(answered))):
        bounds = binomtest(int(inside[part].sum()), len(part)).proportion_ci(method="wilson")
        width = float((high - low)[part].mean())
        rows.append((answered[part].mean(), inside[part].mean(), *bounds, interval.level, width, len(part)))
    columns = ("answered", "inside", "lower", "upper", "level", "width", "rows")
    return {"coverage": Table.of(columns, rows)}


def _residuals(held: Held) -> Table:
    """Some rows, drawn at random: what was answered and what happened."""
    happened, answered = held.happened, held.answers.values
    drawn = np.random.default_rng(held.plan.seed).permutation(len(happened))[:POINTS]
    rows = [(answered[each], happened[each], happened[each] - answered[each]) for each in np.sort(drawn)]
    return Table.of(("answered", "happened", "residual"), rows)


def _distribution(residuals: np.ndarray) -> Table:
    counts, edges = np.histogram(residuals, BINS)
    return Table.of(("low", "high", "rows"), zip(edges[:-1], edges[1:], counts, strict=True))


def _quantiles(residuals: np.ndarray) -> Table:
    """Q-Q: the residuals in order against quantiles of the normal distribution, and a line through them."""
    (normal, ordered), (slope, intercept, _) = probplot(residuals)
    places = kept(normal, ordered)
    at = normal[places]
    return Table.of(
        ("normal", "residual", "line"), zip(at, ordered[places], slope * at + intercept, strict=True)
    )


def _parts(happened: np.ndarray, answered: np.ndarray) -> Table:
    """Errors in tenths of the rows by what was answered, from the lowest to the highest."""
    rows = []
    for part in np.array_split(np.argsort(answered, kind="stable"), min(PARTS, len(answered))):
        truth, said = happened[part], answered[part]
        error = truth - said
        rows.append(
            (
                said.min(),
                said.max(),
                len(part),
                error.mean(),
                mean_absolute_error(truth, said),
                root_mean_squared_error(truth, said),
            )
        )
    return Table.of(("low", "high", "rows", "bias", "mean_absolute_error", "root_mean_squared_error"), rows)
