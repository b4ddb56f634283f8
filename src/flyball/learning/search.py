"""The search of one candidate's space: successive halving over growing draws of the rows."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import optuna

from flyball.domain.declaration import Search
from flyball.domain.errors import ModelFailed
from flyball.learning.candidates import SearchCandidate
from flyball.learning.forward import Split
from flyball.learning.rungs import GROWTH

PATIENCE = 3
"""Failures, while no point of the search has worked, after which a candidate is given up."""

Objective = Callable[[Mapping[str, Any], Split], float]
"""The score of parameters on one fold; NaN where it is not defined."""
Report = Callable[[int, float | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The best parameters of a search, their scores on all folds, and how the search went."""

    parameters: Mapping[str, Any]
    scores: tuple[float, ...]
    trials: int
    stopped_by_time: bool


@dataclass(frozen=True, slots=True)
class Point:
    """Parameters and their fold scores on the highest rung they were tried on; number 1 is the defaults."""

    number: int
    parameters: Mapping[str, Any]
    scores: tuple[float, ...]


def search(
    candidate: SearchCandidate,
    objective: Objective,
    rungs: Sequence[Sequence[Split]],
    limits: Search,
    seed: int,
    report: Report,
) -> Found:
    """The best of at most ``limits.trials`` points: the defaults first, then the start, then Optuna's.

    All points are scored on the first rung, and the better part climbs to the next. On the last, which is all
    rows, the best points meet the defaults, which are beaten only by more than the standard error of the
    difference (``_clearly_better``). After ``limits.seconds`` no further fold is begun on the rungs below the
    last, and the points climb as they are; the first point that works is always finished. A point that
    raises is passed over; where none works, the last error is raised.
    """
    # Neither Optuna's pruner nor scikit-learn's halving search: the pruner lets points climb in the order in
    # which they come, so that the early ones are fitted on all rows whatever they are worth; the halving
    # search draws without regard to time or a deadline, and does not keep the defaults.
    deadline = time.monotonic() + limits.seconds
    tried = _first_rung(candidate, _Scored(objective, rungs[0], deadline), limits.trials, seed, report)
    points, in_time = tried.points, tried.in_time
    for rung in rungs[1:-1]:
        points = _climbing(points)
        if in_time and len(points) > 1:
            points, in_time = _climbed(points, _Scored(objective, rung, deadline))
    if len(rungs) > 1:
        finalists = _climbing(points)
        defaults = [point for point in tried.points if point.number == 1 and not _among(point, finalists)]
        points, _ = _climbed([*defaults, *finalists], _Scored(objective, rungs[-1], math.inf))
    best = _chosen(points)
    return Found(
        parameters=best.parameters, scores=best.scores, trials=tried.trials, stopped_by_time=not in_time
    )


@dataclass(frozen=True, slots=True)
class _Scored:
    """Scores points on the folds of one rung until a deadline."""

    objective: Objective
    folds: Sequence[Split]
    deadline: float

    def __call__(self, parameters: Mapping[str, Any], *, finish: bool = False) -> tuple[float, ...] | None:
        """The score of each fold; ``None`` where time is over before the last and ``finish`` is false."""
        scores: list[float] = []
        for fold in self.folds:
            if not finish and time.monotonic() > self.deadline:
                return None
            scores.append(self.objective(parameters, fold))
        if not any(math.isfinite(score) for score in scores):
            raise ModelFailed("The metric is not defined on any fold.")
        return tuple(scores)


@dataclass(frozen=True, slots=True)
class _Tried:
    """The points of the first rung that worked, how many were begun, and whether there was time for all."""

    points: list[Point]
    trials: int
    in_time: bool


def _first_rung(
    candidate: SearchCandidate, scored: _Scored, trials: int, seed: int, report: Report
) -> _Tried:
    study, points, failures = _study(candidate, seed), list[Point](), 0
    most = candidate.points(trials)
    for number in range(1, most + 1):
        trial = study.ask(fixed_distributions=dict(candidate.space)) if number > 1 else None
        parameters = dict(trial.params if trial else candidate.defaults)
        try:
            scores = scored(parameters, finish=not points)
        except Exception:  # one point's failure says nothing about the others
            failures += 1
            # Defaults that work do not excuse a space in which nothing does: its author has to know.
            searched = any(point.number > 1 for point in points)
            if (failures >= PATIENCE and not searched) or (number == most and not points):
                raise
            _tell(study, trial, None)
            report(number, None)
            continue
        if scores is None:
            return _Tried(points, number - 1, False)
        points.append(Point(number, parameters, scores))
        _tell(study, trial, mean(scores))
        report(number, mean(scores))
    return _Tried(points, most, True)


def _study(candidate: SearchCandidate, seed: int) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    if candidate.start:
        study.enqueue_trial(dict(candidate.start))
    return study


def _tell(study: optuna.Study, trial: optuna.Trial | None, score: float | None) -> None:
    if trial is not None:  # the defaults need not lie in the space, and do not belong to the study
        state = optuna.trial.TrialState.FAIL if score is None else None
        study.tell(trial, score, state=state)


def _climbing(points: Sequence[Point]) -> list[Point]:
    """The part of the points that climbs to the next rung, the best first; of equal ones the earlier.

    Rounded down, so that no rung costs much more than the one before.
    """
    best_first = sorted(points, key=lambda point: (-mean(point.scores), point.number))
    return best_first[: max(1, len(points) // GROWTH)]


def _among(point: Point, points: Sequence[Point]) -> bool:
    return any(point.number == other.number for other in points)


def _climbed(points: Sequence[Point], scored: _Scored) -> tuple[list[Point], bool]:
    """The points with their scores on a rung, and whether there was time for all of them.

    Without time they keep their old scores: those of different rungs do not compare. A point that raises is
    passed over; where all do, the last error is raised.
    """
    climbed: list[Point] = []
    for place, point in enumerate(points):
        try:
            scores = scored(point.parameters)
        except Exception:  # more rows may hold what a point cannot be fitted on
            if place == len(points) - 1 and not climbed:
                raise
            continue
        if scores is None:
            return list(points), False
        climbed.append(replace(point, scores=scores))
    return climbed, True


def _chosen(points: Sequence[Point]) -> Point:
    """The best point, where it is clearly better than the defaults; the defaults otherwise."""
    best = _climbing(points)[0]
    defaults = next((point for point in points if point.number == 1), best)
    return best if _clearly_better(best.scores, defaults.scores) else defaults


def _clearly_better(scores: Sequence[float], others: Sequence[float]) -> bool:
    """Whether the mean difference, fold by fold, is above its standard error.

    The best of many points is partly the luckiest (Cawley and Talbot, 2010, "On Over-fitting in Model
    Selection"); the defaults were not chosen by these scores, and so they win where it is close.
    """
    differences = np.subtract(scores, others)
    differences = differences[np.isfinite(differences)]
    if not len(differences):
        return mean(scores) > mean(others)
    error = differences.std(ddof=1) / math.sqrt(len(differences)) if len(differences) > 1 else 0.0
    return bool(differences.mean() > error)


def mean(scores: Sequence[float | None]) -> float:
    """The mean of the scores that are defined and finite; minus infinity where none is."""
    defined = [score for score in scores if score is not None and math.isfinite(score)]
    return sum(defined) / len(defined) if defined else -math.inf
