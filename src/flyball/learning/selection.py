"""Model selection: features × algorithm × hyperparameters, searched, cross-validated, scored at last."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from flyball.domain.declaration import Candidate, Endpoint, Search
from flyball.domain.errors import ModelFailed
from flyball.learning.candidates import BuildContext, SearchCandidate, search_candidates
from flyball.learning.dataset import Dataset
from flyball.learning.rungs import rungs
from flyball.learning.scoring import Score, scorer
from flyball.learning.search import Found, mean, search
from flyball.learning.splitting import splits
from flyball.learning.splitting.forward import Split
from flyball.learning.trusted import trusted_names
from flyball.learning.units import CandidateFailed, Counted, Units, computed, plain, sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a build looks for. ``positive`` is the class that binary metrics count."""

    task: str
    metric: str
    candidates: Sequence[str | Candidate]
    cv: Any = 5
    feature_sets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    trusted: tuple[str, ...] = ()
    search: Search = field(default_factory=Search)
    seed: int = 0
    positive: Any = None

    @classmethod
    def of(cls, declaration: type[Endpoint]) -> Plan:
        """The plan that an endpoint declares."""
        return cls(
            task=declaration.task,
            metric=declaration.metric,
            candidates=tuple(declaration.candidates),
            cv=declaration.cv,
            feature_sets=declaration.feature_sets,
            trusted=trusted_names(declaration.trusted),
            search=declaration.search,
            seed=declaration.seed,
            positive=declaration.outcome.positive if declaration.outcome else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """One candidate's best fit, or why there is none.

    ``fold_scores`` are those of the best parameters on all training rows (``None`` for a fold where the
    metric is not defined); ``trials`` counts the points searched; ``seconds`` is what its units and its last
    fit took. ``pipeline`` is fitted on the training rows alone: it is exactly what ``held_out_score`` was
    measured on.
    """

    name: str
    parameters: dict[str, Any] = field(default_factory=dict)
    fold_scores: tuple[float | None, ...] = ()
    held_out_score: float | None = None
    trials: int = 0
    stopped_by_time: bool = False
    seconds: float = 0.0
    error: str = ""
    pipeline: Any = None

    @property
    def score(self) -> float:
        """The mean of the fold scores that are defined; minus infinity where there is none."""
        return mean(self.fold_scores)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a build is: ``trial`` of ``trials`` of one candidate, and the trial's score.

    ``share`` is the part of the build that is done (0 to 1), where all candidates are taken to last as long.
    """

    candidate: str
    trial: int
    trials: int
    score: float | None
    share: float


Report = Callable[[Progress], None]


def select(dataset: Dataset, plan: Plan, report: Report | None = None) -> list[Fit]:
    """Every candidate's best fit (``fits``), the best mean fold score first, failed ones last.

    The baseline is always among them, and first only where nothing else could be fitted.
    """
    return ranked(list(fits(dataset, plan, report)))


def fits(
    dataset: Dataset,
    plan: Plan,
    report: Report | None = None,
    *,
    units: Units = computed,
    finished: Container[str] = (),
) -> Iterator[Fit]:
    """Each candidate's best fit, one after the other, in order of declaration; none of those ``finished``.

    About a fifth of the rows is set aside for ``held_out_score`` (``splits.held_out``). Each candidate is
    searched on the training rows (``search.search``): many points on few rows, the better ones on more
    (``rungs.rungs``), and the best of them, with the defaults, cross-validated on all. The catalogue limits
    the rows that slow algorithms are fitted on. ``plan.search`` limits the search below all rows alone: the
    fits on all rows come after it. A fold that trains without one of the labels has no score. A candidate
    that raises is recorded with its error; what ``report`` and ``units`` raise ends the selection. Raises
    ``DataError`` where the rows cannot be split.
    """
    train, test = splits.held_out(dataset, plan.task, plan.seed)
    training = dataset.take(train)
    folds = splits.folds(plan.cv, training, plan.task, plan.seed)
    context = BuildContext(
        schema=dataset.schema, task=plan.task, seed=plan.seed, feature_sets=plan.feature_sets
    )
    candidates = search_candidates(plan.candidates, context)
    trial = _Trial(
        plan=plan,
        training=training,
        held_out=dataset.take(test),
        rungs=rungs(training, folds, plan.task, plan.seed),
        labels=0 if dataset.target is None else len(np.unique(dataset.target)),
        score=scorer(plan.metric, dataset, plan.task, positive=plan.positive, seed=plan.seed),
        report=report or (lambda progress: None),
        units=units,
        names=[candidate.name for candidate in candidates],
    )
    for candidate in candidates:
        if candidate.name not in finished:
            yield _fit(candidate, trial)


class Scored(Protocol):
    """A candidate's place on a leaderboard follows from these."""

    @property
    def name(self) -> str:
        """The candidate's."""

    @property
    def fold_scores(self) -> Sequence[float | None]:
        """``None`` where the metric is not defined."""

    @property
    def error(self) -> str:
        """Empty where it could be fitted."""


Each = TypeVar("Each", bound=Scored)


def ranked(fits: Sequence[Each]) -> list[Each]:
    """The best first, failed ones last; equal scores keep their order."""
    order = sorted(fits, key=lambda fit: (bool(fit.error), -mean(fit.fold_scores)))
    if order[0].name == "baseline" and len(order) > 1 and not order[1].error:
        order[:2] = order[1], order[0]
    return order


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trial:
    """What every candidate is tried with."""

    plan: Plan
    training: Dataset
    held_out: Dataset
    rungs: Sequence[Sequence[Split]]
    labels: int
    score: Score
    report: Report
    units: Units
    names: Sequence[str]


def _fit(candidate: SearchCandidate, trial: _Trial) -> Fit:
    """One candidate from search to final score; what it raises becomes its error."""
    units = Counted(trial.units)
    # One thread: with more, sums are added in another order on another machine, and many small fits
    # that wait for each other's threads are slower by far.
    with warnings.catch_warnings(), threadpool_limits(1):
        # Trials at the edge of a space do not converge or split well: their scores say so.
        warnings.simplefilter("ignore")
        try:
            best = _searched(candidate, trial, units)
        except CandidateFailed as failed:
            return Fit(name=candidate.name, error=str(failed), seconds=units.seconds)
        return _last_fit(candidate, trial, best, units.seconds)


def _searched(candidate: SearchCandidate, trial: _Trial, units: Counted) -> Found:
    plan = trial.plan
    trials = candidate.points(plan.search.trials)
    place = trial.names.index(candidate.name)

    def objective(parameters: Mapping[str, Any], fold: Split) -> float:
        return _fold_score(candidate, parameters, fold, trial)

    def report(number: int, score: float | None) -> None:
        share = (place + number / (trials + 1)) / len(trial.names)
        trial.report(Progress(candidate.name, number, trials, score, share))

    return search(candidate, objective, trial.rungs, plan.search, plan.seed, report, units)


def _last_fit(candidate: SearchCandidate, trial: _Trial, best: Found, spent: float) -> Fit:
    """The best point, fitted on all training rows and scored on those held out."""
    started = time.monotonic()
    try:
        pipeline = _fitted(candidate, best.parameters, trial.training, trial.plan.seed)
        score = _defined(_finite(trial.score(pipeline, trial.held_out)))
    except Exception as error:  # noqa: BLE001 - one candidate's failure must not end the build
        seconds = spent + time.monotonic() - started
        return Fit(name=candidate.name, error=sentence(error), seconds=seconds)
    return Fit(
        name=candidate.name,
        parameters=plain(best.parameters),
        fold_scores=tuple(_defined(score) for score in best.scores),
        held_out_score=score,
        trials=best.trials,
        stopped_by_time=best.stopped_by_time,
        seconds=spent + time.monotonic() - started,
        pipeline=pipeline,
    )


def _fold_score(
    candidate: SearchCandidate, parameters: Mapping[str, Any], fold: Split, trial: _Trial
) -> float:
    train, test = (trial.training.take(positions) for positions in fold)
    if trial.plan.task == "classification" and len(np.unique(train.labels)) < trial.labels:
        return math.nan
    pipeline = _fitted(candidate, parameters, train, trial.plan.seed)
    return _finite(trial.score(pipeline, test))


def _finite(score: float) -> float:
    """A score as it is; NaN says that it is not defined. Raises ``ModelFailed`` for one that overflowed."""
    if math.isinf(score):
        raise ModelFailed("The score is not a finite number: its errors are too large to compute with.")
    return score + 0.0  # no minus zero: PostgreSQL's JSON does not have it, and a score is kept to the bit


def _fitted(candidate: SearchCandidate, parameters: Mapping[str, Any], rows: Dataset, seed: int) -> Any:
    if candidate.rows is not None and len(rows) > candidate.rows:
        drawn = np.random.default_rng(seed).permutation(len(rows))[: candidate.rows]
        rows = rows.take(np.sort(drawn))
    pipeline = candidate.make(parameters).fit(rows.frame, rows.target)
    wanted = "predict" if rows.target is None or rows.target.dtype.kind == "f" else "predict_proba"
    if not hasattr(pipeline, wanted):
        raise ModelFailed(f"The estimator has no {wanted}.")
    return pipeline


def _defined(score: float) -> float | None:
    return score if math.isfinite(score) else None
