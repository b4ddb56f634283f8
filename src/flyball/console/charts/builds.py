"""A build: the scores of each candidate's folds, and what its search has tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import fmean

from flyball.console.charts.grammar import HEIGHT, OVER_TIME, SCORE, axis, level, shown, when
from flyball.console.frame import tags
from flyball.console.frame.figures import Column, Figure, Row, Spec
from flyball.control.registry.selectors import Trial

STRIP = 30
"""Of the row of one candidate (pixels)."""
DIAMOND: Spec = {"type": "point", "shape": "diamond", "filled": True, "size": 80, "opacity": 1}


def folds(metric: str, scores: Mapping[str, Sequence[float | None]]) -> Figure:
    """One row a candidate, in the order given, with a tick for each fold and a mark at their mean."""
    known = {name: [each for each in some if each is not None] for name, some in scores.items()}
    rows: list[Row] = [
        {"candidate": name, "mean": fmean(some), "low": min(some), "high": max(some)}
        | {f"f{fold}": score for fold, score in enumerate(scores[name])}
        for name, some in known.items()
        if some
    ]
    many = max((len(some) for some in scores.values()), default=0)
    keys = [f"f{fold}" for fold in range(many)]
    y: Spec = {"field": "candidate", "type": "nominal", "sort": None, "axis": axis(None)}
    x: Spec = {
        "type": "quantitative",
        "scale": {"zero": False, "padding": 10},
        "axis": axis(metric, grid=True, **SCORE),
    }
    tooltip = [_score("mean", "mean of folds"), _score("low", "lowest"), _score("high", "highest")]
    named = [shown("candidate", "candidate", type="nominal")]
    each = {"y": y, "x": {**x, "field": "score"}, "tooltip": [*named, _score("score", metric)]}
    mean = {"y": y, "x": {**x, "field": "mean"}, "tooltip": [*named, *tooltip]}
    return Figure(
        name="folds",
        title="Scores of the folds",
        says=_leader(metric, rows),
        rows=rows,
        columns=[
            Column("candidate", "Candidate", "text"),
            Column("mean", "Mean", "score"),
            *(Column(key, f"Fold {fold}", "score") for fold, key in enumerate(keys, start=1)),
        ],
        spec={
            "height": STRIP * len(rows),
            "layer": [
                {
                    "transform": [{"fold": keys, "as": ["fold", "score"]}],
                    "mark": {"type": "tick", "size": STRIP * 0.6, "opacity": 0.6},
                    "encoding": each,
                },
                {"mark": {**DIAMOND, "color": "--ink"}, "encoding": mean},
            ],
        },
    )


def search(metric: str, trials: Sequence[Trial], are_all: bool) -> Figure:
    """The score of each trial by the moment in which it was done, and the best so far as steps."""
    last = max((trial.rung for trial in trials), default=0)
    rows, best = [], None
    for trial in trials:
        if trial.rung == last:
            best = trial.score if best is None else max(best, trial.score)
        rows.append(_trial(trial, last, best))
    y: Spec = {"type": "quantitative", "scale": {"zero": False}, "axis": level(metric, **SCORE)}
    tooltip = [
        shown("candidate", "candidate", type="nominal"),
        shown("point", "trial", type="quantitative"),
        _score("score", metric),
        shown("rows", "learned from", type="nominal"),
        when("done"),
    ]
    name: Spec = {"field": "candidate", "type": "nominal"}
    several = {"color": name, "shape": name} if _candidates(trials) > 1 else {}
    dots: Spec = {
        "mark": {"type": "point", "filled": True, "size": 45, "opacity": 0.8},
        "encoding": {"x": OVER_TIME, "y": {**y, "field": "score"}, **several, "tooltip": tooltip},
    }
    steps: Spec = {
        "mark": {"type": "line", "interpolate": "step-after", "color": "--ink", "strokeWidth": 1.25},
        "encoding": {"x": OVER_TIME, "y": {**y, "field": "best"}},
    }
    return Figure(
        name="search",
        title="The search",
        says=_tried(metric, len(trials), best, last > 0, are_all),
        rows=rows,
        columns=[
            Column("at", "Done", "moment"),
            Column("candidate", "Candidate", "text"),
            Column("point", "Trial"),
            Column("rows", "Learned from", "text"),
            Column("score", "Score", "score"),
            Column("best", "Best so far", "score"),
        ],
        spec={"height": HEIGHT, "layer": [steps, dots]},
    )


def _trial(trial: Trial, last: int, best: float | None) -> dict[str, str | int | float | datetime | None]:
    is_last = trial.rung == last
    return {
        "at": trial.done_at,
        "candidate": trial.candidate,
        "point": trial.point,
        "rows": "all rows" if is_last else "some of the rows",
        "score": trial.score,
        "best": best,
    }


def _score(field: str, title: str) -> Spec:
    return shown(field, title, type="quantitative", format=".4f")


def _candidates(trials: Sequence[Trial]) -> int:
    return len({trial.candidate for trial in trials})


def _leader(metric: str, rows: Sequence[Row]) -> str:
    if not rows:
        return "No candidate has scores of folds."
    best = max(rows, key=lambda row: row["mean"])
    said = f"The {metric} of each fold as a line, their mean as a diamond: further right is better."
    if len(rows) == 1:
        return (
            f"The {metric} of each fold as a line, and their mean as a diamond: {tags.score(best['mean'])}."
        )
    return f"{said} {best['candidate']} has the best mean, {tags.score(best['mean'])}."


def _tried(metric: str, trials: int, best: float | None, has_rungs: bool, are_all: bool) -> str:
    if best is None:
        return "Nothing has been tried on all rows yet."
    said = f"The {metric} of {tags.number(trials)} trials; the line is the best so far, {tags.score(best)}"
    said += ", of those that learned from all rows." if has_rungs else "."
    return said if are_all else f"{said} What was tried before is not shown."
