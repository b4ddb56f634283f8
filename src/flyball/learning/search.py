"""The search of one candidate's space: successive halving over growing draws of the rows."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import optuna

from flyball.domain.declaration import Search
from flyball.learning.candidates import SearchCandidate
from flyball.learning.rungs import GROWTH
from flyball.learning.splitting.forward import Split
from flyball.learning.units import CandidateFailed, Counted, Outcome, Unit, sentence

ROUND = 8
"""Points that are chosen before the scores of any of them are known."""
PATIENCE = 3
"""Failures, while no point of the search has worked, after which a candidate is given up."""
UNDEFINED = "ModelFailed: The metric is not defined on any fold."

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
    scores: tuple[float, ...] = ()


def search(
    candidate: SearchCandidate,
    objective: Objective,
    rungs: Sequence[Sequence[Split]],
    limits: Search,
    seed: int,
    report: Report,
    units: Counted,
) -> Found:
    """The best of at most ``limits.trials`` points: the defaults first, then the start, then Optuna's.

    All points are scored on the first rung, and the better part climbs to the next. On the last, which is all
    rows, the best points meet the defaults, which are beaten only by more than the standard error of the
    difference (``_clearly_better``). Once ``units`` have taken ``limits.seconds``, no further fold is begun
    on the rungs below the last, and the points climb as they are; the first that works is always finished.
    A point that raises is passed over; where none works, ``CandidateFailed`` says what the last one raised.

    All that is decided follows from the outcomes of the units in the order of the points: with those that are
    kept, a search goes on where it was, and ends as it would have.
    """
    # Neither Optuna's pruner nor scikit-learn's halving search: the pruner lets points climb in the order in
    # which they come, so that the early ones are fitted on all rows whatever they are worth; the halving
    # search draws without regard to time or a deadline, and does not keep the defaults.
    first, *others = (
        _Rung(candidate.name, number, folds, objective, units, limits.seconds)
        for number, folds in enumerate(rungs)
    )
    tried = _tried(candidate, first, limits.trials, seed, report)
    points, in_time = tried.points, tried.in_time
    for rung in others[:-1]:
        points = _climbing(points)
        if in_time and len(points) > 1:
            points, in_time = _climbed(points, rung)
    if others:
        last = replace(others[-1], seconds=math.inf, by_fold=True)
        finalists = _climbing(points)
        defaults = [point for point in tried.points if point.number == 1 and not _among(point, finalists)]
        points, _ = _climbed([*defaults, *finalists], last)
    best = _chosen(points)
    return Found(
        parameters=best.parameters, scores=best.scores, trials=tried.trials, stopped_by_time=not in_time
    )


@dataclass(frozen=True, slots=True)
class _Rung:
    """Scores points on the folds of one rung until the candidate's units have taken so many seconds."""

    candidate: str
    number: int
    folds: Sequence[Split]
    objective: Objective
    units: Counted
    seconds: float
    by_fold: bool = False

    def __call__(self, point: Point, *, finish: bool = False) -> tuple[float, ...] | None:
        """The score of each fold; ``None`` where time is over before the last and ``finish`` is false.

        Raises ``CandidateFailed`` where the point does not work.
        """
        scores: list[float] = []
        for unit, folds in self._units(point):
            if not finish and self.units.seconds > self.seconds:
                return None
            outcome = self.units(unit, point.parameters, partial(self._compute, point, folds, finish))
            if outcome.error:
                raise CandidateFailed(outcome.error)
            scores += outcome.scores
            if len(outcome.scores) < len(folds):
                return None
        if not any(math.isfinite(score) for score in scores):
            raise CandidateFailed(UNDEFINED)
        return tuple(scores)

    def _units(self, point: Point) -> list[tuple[Unit, Sequence[Split]]]:
        """All folds together where they are small, as those of a draw are; else one by one."""
        if not self.by_fold:
            return [(Unit(self.candidate, self.number, point.number), self.folds)]
        numbered = enumerate(self.folds)
        return [(Unit(self.candidate, self.number, point.number, fold), [rows]) for fold, rows in numbered]

    def _compute(self, point: Point, folds: Sequence[Split], finish: bool) -> Outcome:
        begun, scores = time.monotonic(), list[float]()
        try:
            for fold in folds:
                spent = self.units.seconds + time.monotonic() - begun
                if scores and not finish and spent > self.seconds:
                    break
                scores.append(self.objective(point.parameters, fold))
        except Exception as raised:  # noqa: BLE001 - one point's failure says nothing about the others
            is_to_be_kept = not isinstance(raised, MemoryError)
            return Outcome((), time.monotonic() - begun, sentence(raised), is_to_be_kept)
        return Outcome(tuple(scores), time.monotonic() - begun)


@dataclass(slots=True)
class _Tried:
    """The points of the first rung that worked so far, how many were tried, and whether there was time."""

    points: list[Point] = field(default_factory=list)
    trials: int = 0
    failures: int = 0
    in_time: bool = True

    def add(self, point: Point, rung: _Rung, *, is_last: bool) -> float | None:
        """Try one more: its mean score, or ``None`` where it fails, or there is no time for it.

        Raises ``CandidateFailed`` where nothing works.
        """
        try:
            scores = rung(point, finish=not self.points)
        except CandidateFailed:
            self.failures += 1
            # Defaults that work do not excuse a space in which nothing does: its author has to know.
            searched = any(point.number > 1 for point in self.points)
            if (self.failures >= PATIENCE and not searched) or (is_last and not self.points):
                raise
            scores = ()
        if scores is None:
            self.in_time = False
            return None
        self.trials += 1
        if scores:
            self.points.append(replace(point, scores=scores))
        return mean(scores) if scores else None


def _tried(candidate: SearchCandidate, rung: _Rung, trials: int, seed: int, report: Report) -> _Tried:
    """All points on the first rung. Optuna chooses a round of them, and is told their scores after it.

    So a point never depends on how fast another one was computed, or where.
    """
    study, tried, most = _study(candidate, seed), _Tried(), candidate.points(trials)
    for first in range(1, most + 1, ROUND):
        asked = [_asked(candidate, study, number) for number in range(first, min(first + ROUND, most + 1))]
        scores = []
        for point, _ in asked:
            scores.append(tried.add(point, rung, is_last=point.number == most))
            if not tried.in_time:
                return tried
            report(point.number, scores[-1])
        for (_, trial), score in zip(asked, scores, strict=True):
            _tell(study, trial, score)
    return tried


def _study(candidate: SearchCandidate, seed: int) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    # As many as the first round has: the second one learns from it.
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=ROUND - 1)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    if candidate.start:
        study.enqueue_trial(dict(candidate.start))
    return study


def _asked(
    candidate: SearchCandidate, study: optuna.Study, number: int
) -> tuple[Point, optuna.trial.Trial | None]:
    """A point, and its trial; the first one's is none."""
    if number == 1:
        return Point(number, dict(candidate.defaults)), None
    try:
        trial = study.ask(fixed_distributions=dict(candidate.space))
    except Exception as error:  # a space of the user's own may be none
        raise CandidateFailed(sentence(error)) from error
    return Point(number, dict(trial.params)), trial


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


def _climbed(points: Sequence[Point], rung: _Rung) -> tuple[list[Point], bool]:
    """The points with their scores on a rung, and whether there was time for all of them.

    Without time they keep their old scores: those of different rungs do not compare. A point that raises is
    passed over; where all do, the last error is raised.
    """
    climbed: list[Point] = []
    for place, point in enumerate(points):
        try:
            scores = rung(point)
        except CandidateFailed:  # more rows may hold what a point cannot be fitted on
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
