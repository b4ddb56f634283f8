"""The search of one candidate's space: successive halving over growing draws of the rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

import numpy as np
import optuna

from flyball.domain.declaration import Search
from flyball.learning.candidates import SearchCandidate
from flyball.learning.rungs import GROWTH
from flyball.learning.units import Asked, CandidateFailed, Found, Known, Steps, Unit, sentence

ROUND = 8
"""Points that are chosen before the scores of any of them are known."""
PATIENCE = 3
"""Failures, while no point of the search has worked, after which a candidate is given up."""
ENOUGH = 4
"""Points of earlier rounds whose median says which ones are behind."""
UNDEFINED = "ModelFailed: The metric is not defined on any fold."


@dataclass(frozen=True, slots=True)
class Point:
    """Parameters and their fold scores on the highest rung they were tried on; number 1 is the defaults.

    ``before`` are its scores one rung lower.
    """

    number: int
    parameters: Mapping[str, Any]
    scores: tuple[float, ...] = ()
    rung: int = 0
    before: tuple[float, ...] = ()

    def on(self, rung: int, scores: tuple[float, ...]) -> Point:
        """The same with its scores on the next rung."""
        return replace(self, scores=scores, rung=rung, before=self.scores)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A search on draws of the rows: the points that climb to the last rung, best first, and the defaults.

    Where there is one rung alone, the points are all that worked. ``seconds`` is what its units took, in the
    order of points.
    """

    points: list[Point]
    defaults: Point | None
    trials: int
    seconds: float
    in_time: bool

    @property
    def finalists(self) -> list[Point]:
        """The points that climb, and the defaults."""
        if self.defaults is None or _among(self.defaults, self.points):
            return self.points
        return [self.defaults, *self.points]


def drawn(
    candidate: SearchCandidate,
    folds: Sequence[int],
    limits: Search,
    seed: int,
    known: Known,
    *,
    is_compared: bool = False,
) -> Steps[Drawn]:
    """At most ``limits.trials`` points on all rungs below the last: the defaults, the start, then Optuna's.

    ``folds`` is how many each rung has. All points are scored on the first rung, and the better part climbs
    to the next. Once units have taken ``limits.seconds``, counted in the order of points, no further one
    counts, and the points climb as they are; the first that works always counts. A point that raises is
    passed over; where none works, ``CandidateFailed`` says what the last one raised. A trial ends early where
    it falls behind those of the rounds before, and climbs no more. One that climbs alone is scored on the way
    only where it ``is_compared``, with those of other candidates.

    All that is decided follows from the outcomes of the units in the order of the points: with those that are
    known, a search goes on where it was, and ends as it would have.
    """
    # Neither Optuna's pruner nor scikit-learn's halving search: the pruner lets points climb in the order in
    # which they come, so that the early ones are fitted on all rows whatever they are worth; the halving
    # search draws without regard to time or a deadline, and does not keep the defaults.
    first = Rung(candidate.name, 0, folds[0], known)
    tried = yield from _tried(candidate, first, limits, seed)
    climbed, worked = Climbed(tried.points, tried.seconds, in_time=tried.in_time), tried.worked
    for number in range(1, len(folds) - 1):
        climbed = replace(climbed, points=_climbing(climbed.points, worked))
        worked = len(climbed.points)
        if climbed.in_time and (worked > 1 or is_compared):
            rung = Rung(candidate.name, number, folds[number], known)
            climbed = yield from climb(climbed.points, rung, climbed.seconds, limits.seconds)
            worked = len(climbed.points)
    points = climbed.points if len(folds) == 1 else _climbing(climbed.points, worked)
    defaults = next((point for point in tried.points if point.number == 1), None)
    return Drawn(points, defaults, tried.trials, climbed.seconds, climbed.in_time)


def finished(candidate: str, found: Drawn, folds: Sequence[int], known: Known) -> Steps[Found]:
    """The best point of a search, by its scores on all rows, where the best ones meet the defaults.

    The defaults are beaten only by more than the standard error of the difference (``_clearly_better``).
    Raises ``CandidateFailed`` where none of them works on all rows.
    """
    points = found.points
    if len(folds) > 1:
        last = Rung(candidate, len(folds) - 1, folds[-1], known, is_by_fold=True)
        points = (yield from climb(found.finalists, last, 0.0, math.inf)).points
    best = _chosen(points)
    return Found(
        point=best.number,
        parameters=best.parameters,
        scores=best.scores,
        trials=found.trials,
        stopped_by_time=not found.in_time,
    )


@dataclass(frozen=True, slots=True)
class Rung:
    """What is known of points on the folds of one rung.

    All folds are one unit where they are small, as those of a draw are; else each is one.
    """

    candidate: str
    number: int
    folds: int
    known: Known
    is_by_fold: bool = False

    def missing(self, point: Point, medians: tuple[float, ...] = ()) -> list[Asked]:
        """Units of a point that are not known; none behind one that it failed with."""
        found = []
        for asked in self._asked(point, medians):
            outcome = self.known(asked)
            if outcome is None:
                found.append(asked)
            elif outcome.error:
                break
        return found

    def seconds(self, point: Point) -> float:
        """What the units of a point took that is known."""
        outcomes = [self.known(asked) for asked in self._asked(point)]
        return sum(outcome.seconds for outcome in outcomes if outcome)

    def scores(self, point: Point) -> tuple[float, ...]:
        """The score of each fold of a known point. Raises ``CandidateFailed`` where it does not work."""
        scores: list[float] = []
        for asked in self._asked(point):
            outcome = self.known(asked)
            if outcome is not None and outcome.error:
                raise CandidateFailed(outcome.error)
            scores += outcome.scores if outcome else ()
        if not any(math.isfinite(score) for score in scores):
            raise CandidateFailed(UNDEFINED)
        return tuple(scores)

    def _asked(self, point: Point, medians: tuple[float, ...] = ()) -> list[Asked]:
        folds = range(self.folds) if self.is_by_fold else [None]
        units = [Unit(self.candidate, self.number, point.number, fold) for fold in folds]
        return [Asked(unit, point.parameters, medians=medians) for unit in units]


@dataclass(slots=True)
class _Tried:
    """The points of the first rung that have all their scores, and how many were tried, worked and failed."""

    points: list[Point] = field(default_factory=list)
    trials: int = 0
    worked: int = 0
    failures: int = 0
    seconds: float = 0.0
    in_time: bool = True

    def after(
        self, asked: Sequence[Point], rung: Rung, limits: Search, most: int
    ) -> tuple[_Tried, list[float | None], list[Asked]]:
        """After these points: their mean scores (``None`` where one failed), and the units that are missing.

        Of what is missing it is assumed that it works in no time. Raises ``CandidateFailed`` where nothing
        works.
        """
        medians = self._medians(rung.folds)
        then, means, missing = replace(self, points=list(self.points)), list[float | None](), list[Asked]()
        for point in asked:
            if then.points and then.seconds > limits.seconds:
                then.in_time = False
                break
            more = rung.missing(point, medians)
            missing += more
            if not more:
                may_go_on = bool(missing) or point.number < most
                means.append(then._add(point, rung, may_go_on=may_go_on, is_sure=not missing))
        return then, means, missing

    def _add(self, point: Point, rung: Rung, *, may_go_on: bool, is_sure: bool) -> float | None:
        self.seconds += rung.seconds(point)
        self.trials += 1
        try:
            scores = rung.scores(point)
        except CandidateFailed as failed:
            self.failures += 1
            # Defaults that work do not excuse a space in which nothing does: its author has to know.
            searched = any(point.number > 1 for point in self.points)
            is_given_up = is_sure and self.failures >= PATIENCE and not searched
            if is_given_up or not (may_go_on or self.points):
                raise CandidateFailed(str(failed), self.seconds) from failed
            return None
        self.worked += 1
        if len(scores) == rung.folds:
            self.points.append(replace(point, scores=scores))
        return mean(scores)

    def _medians(self, folds: int) -> tuple[float, ...]:
        """Of the mean of the first scores of each point, after each fold but the last."""
        if len(self.points) < ENOUGH:
            return ()
        counts = range(1, folds)
        return tuple(median(mean(point.scores[:count]) for point in self.points) for count in counts)


def _tried(candidate: SearchCandidate, rung: Rung, limits: Search, seed: int) -> Steps[_Tried]:
    """All points on the first rung. Optuna chooses a round of them, and is told their scores after it.

    So a point never depends on how fast another one was computed, or where.
    """
    study, tried, most = _study(candidate, seed), _Tried(), candidate.points(limits.trials)
    for first in range(1, most + 1, ROUND):
        asked = [_asked(candidate, study, number) for number in range(first, min(first + ROUND, most + 1))]
        points = [point for point, _ in asked]
        while True:
            after, scores, missing = tried.after(points, rung, limits, most)
            if not missing:
                break
            yield missing
        tried = after
        if not tried.in_time:
            break
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


@dataclass(frozen=True, slots=True)
class Climbed:
    """Points with their scores on the highest rung so far, and the seconds that the search has taken."""

    points: list[Point]
    seconds: float
    in_time: bool = True


def climb(points: Sequence[Point], rung: Rung, seconds: float, limit: float) -> Steps[Climbed]:
    """The points with their scores on a rung, where there is time for all of them.

    Without time they keep their old scores: those of different rungs do not compare. A point that raises is
    passed over; where all do, the last error is raised.
    """
    while True:
        climbed, missing = _climbed(points, rung, seconds, limit)
        if not missing:
            return climbed
        yield missing


def _climbed(
    points: Sequence[Point], rung: Rung, seconds: float, limit: float
) -> tuple[Climbed, list[Asked]]:
    """How that ends, as far as it is known, and the units that are missing."""
    done, missing = list[Point](), list[Asked]()
    for place, point in enumerate(points):
        if seconds > limit:
            return Climbed(list(points), seconds, in_time=False), missing
        more = rung.missing(point)
        missing += more
        if more:
            continue
        seconds += rung.seconds(point)
        try:
            done.append(point.on(rung.number, rung.scores(point)))
        except CandidateFailed as failed:  # more rows may hold what a point cannot be fitted on
            if place == len(points) - 1 and not done and not missing:
                raise CandidateFailed(str(failed), seconds) from failed
    return Climbed(done, seconds), missing


def _climbing(points: Sequence[Point], worked: int) -> list[Point]:
    """The part of so many points that climbs to the next rung, the best first; of equal ones the earlier.

    Rounded down, so that no rung costs much more than the one before.
    """
    best_first = sorted(points, key=lambda point: (-mean(point.scores), point.number))
    return best_first[: max(1, worked // GROWTH)]


def _among(point: Point, points: Sequence[Point]) -> bool:
    return any(point.number == other.number for other in points)


def _chosen(points: Sequence[Point]) -> Point:
    """The best point, where it is clearly better than the defaults; the defaults otherwise."""
    best = _climbing(points, 1)[0]
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
