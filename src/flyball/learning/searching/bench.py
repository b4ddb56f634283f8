"""Where the units of a build are computed: its rows, folds and candidates."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from flyball.domain.errors import ModelFailed
from flyball.domain.finishing.finish import Finish
from flyball.learning.anomalies.flagging import flagging
from flyball.learning.candidates import BuildContext, SearchCandidate, search_candidates
from flyball.learning.dataset import Dataset
from flyball.learning.monotonic import directions
from flyball.learning.outoffold.answers import out_of_fold
from flyball.learning.outoffold.finishing import covering, finish, finished
from flyball.learning.rungs import rungs
from flyball.learning.scoring import Score, scorer
from flyball.learning.searching.fitting import Fitting
from flyball.learning.searching.plan import Plan
from flyball.learning.searching.search import mean
from flyball.learning.splitting import splits
from flyball.learning.splitting.forward import Split
from flyball.learning.units import Asked, Found, Outcome, plain, sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """One candidate's best fit, or why there is none.

    ``fold_scores`` are those of the best parameters on all training rows (``None`` for a fold where the
    metric is not defined); ``trials`` counts the points searched; ``seconds`` is what its units and its last
    fit took; ``ended`` says why it was given up before its folds on all rows. ``pipeline`` is fitted on the
    training rows alone: as it is finished, it is what ``held_out_score`` was measured on. ``finish`` is what
    predictions out of fold have shown, where the plan asks for some.
    """

    name: str
    parameters: dict[str, Any] = field(default_factory=dict)
    fold_scores: tuple[float | None, ...] = ()
    held_out_score: float | None = None
    trials: int = 0
    stopped_by_time: bool = False
    seconds: float = 0.0
    error: str = ""
    ended: str = ""
    pipeline: Any = None
    finish: Finish | None = None

    @property
    def score(self) -> float:
        """The mean of the fold scores that are defined; minus infinity where there is none."""
        return mean(self.fold_scores)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What every candidate is tried with: any process that has the same computes the same outcomes."""

    plan: Plan
    training: Dataset
    held_out: Dataset
    rungs: Sequence[Sequence[Split]]
    labels: int
    monotonic: Mapping[str, int]
    score: Score
    candidates: Mapping[str, SearchCandidate]

    @classmethod
    def of(cls, dataset: Dataset, plan: Plan) -> Bench:
        """Rows, folds and candidates of a plan, in order of declaration, the baseline first.

        About a fifth of the rows is set aside for ``Fit.held_out_score`` (``splits.held_out``). Raises
        ``DataError`` where the rows cannot be split, ``DeclarationError`` for an unknown candidate.
        """
        train, test = splits.held_out(dataset, plan.task, plan.seed)
        training = dataset.take(train)
        folds = splits.folds(plan.cv, training, plan.task, plan.seed)
        monotonic = directions(dataset, plan.task, plan.monotonic, plan.positive)
        context = BuildContext(
            schema=dataset.schema,
            task=plan.task,
            seed=plan.seed,
            feature_sets=plan.feature_sets,
            monotonic=tuple(monotonic),
        )
        candidates = search_candidates(plan.candidates, context)
        return cls(
            plan=plan,
            training=training,
            held_out=dataset.take(test),
            rungs=rungs(training, folds, plan.task, plan.seed),
            labels=0 if dataset.target is None else len(np.unique(dataset.target)),
            monotonic=monotonic,
            score=scorer(plan.metric, dataset, plan.task, positive=plan.positive, seed=plan.seed),
            candidates={candidate.name: candidate for candidate in candidates},
        )

    @property
    def sizes(self) -> list[int]:
        """The rows of each rung: of its largest fold, on both sides."""
        return [max(len(train) + len(test) for train, test in folds) for folds in self.rungs]

    def outcome(self, asked: Asked) -> Outcome:
        """The outcome of a unit that is no last fit; what it raises becomes its error."""
        unit, scores = asked.unit, list[float]()
        folds = self.rungs[unit.rung]
        begun = time.monotonic()
        with _quiet():
            try:
                for fold in folds if unit.fold is None else [folds[unit.fold]]:
                    scores.append(self._fold_score(asked, fold))
                    if asked.is_behind(scores):
                        break
            except Exception as raised:  # noqa: BLE001 - one point's failure says nothing about the others
                is_to_be_kept = not isinstance(raised, MemoryError)
                return Outcome((), time.monotonic() - begun, sentence(raised), is_to_be_kept)
        return Outcome(tuple(scores), time.monotonic() - begun)

    def fit(self, name: str, found: Found) -> Fit:
        """The best point of a candidate, fitted on all training rows and scored on those held out."""
        begun = time.monotonic()
        with _quiet():
            try:
                pipeline = self.fitting.fitted(name, found.parameters, self.training)
                ending = self._finish(name, found.parameters) if self.plan.wanted.is_anything else None
                if self.plan.task == "anomaly_detection":
                    ending = flagging(pipeline, ending, self.held_out)
                ending = covering(pipeline, ending, self.held_out)
                score = _defined(_finite(self.score(finished(pipeline, ending), self.held_out)))
            except Exception as error:  # noqa: BLE001 - one candidate's failure must not end the build
                seconds = found.seconds + time.monotonic() - begun
                return Fit(name=name, error=sentence(error), seconds=seconds)
        return Fit(
            name=name,
            parameters=plain({**found.parameters, **self.fitting.told(name, pipeline)}),
            fold_scores=tuple(_defined(score) for score in found.scores),
            held_out_score=score,
            trials=found.trials,
            stopped_by_time=found.stopped_by_time,
            seconds=found.seconds + time.monotonic() - begun,
            pipeline=pipeline,
            finish=ending,
        )

    def _finish(self, name: str, parameters: Mapping[str, Any]) -> Finish:
        asked = out_of_fold(
            lambda rows: self.fitting.fitted(name, parameters, rows),
            self.training,
            self.rungs[-1],
            labels=self.labels if self.plan.task == "classification" else 0,
            are_scores=self.plan.task == "anomaly_detection",
        )
        return finish(asked, self.plan.wanted)

    def _fold_score(self, asked: Asked, fold: Split) -> float:
        train, test = (self.training.take(positions) for positions in fold)
        if self.plan.task == "classification" and len(np.unique(train.labels)) < self.labels:
            return math.nan
        pipeline = self.fitting.fitted(asked.unit.candidate, asked.parameters, train)
        return _finite(self.score(pipeline, test))

    @property
    def fitting(self) -> Fitting:
        """What fits points of all candidates."""
        return Fitting(self.candidates, self.plan, self.monotonic)


@contextmanager
def _quiet() -> Iterator[None]:
    # One thread: with more, sums are added in another order on another machine, and many small fits
    # that wait for each other's threads are slower by far.
    with warnings.catch_warnings(), threadpool_limits(1):
        # Trials at the edge of a space do not converge or split well: their scores say so.
        warnings.simplefilter("ignore")
        yield


def _finite(score: float) -> float:
    """A score as it is; NaN says that it is not defined. Raises ``ModelFailed`` for one that overflowed."""
    if math.isinf(score):
        raise ModelFailed("The score is not a finite number: its errors are too large to compute with.")
    return score + 0.0  # no minus zero: PostgreSQL's JSON does not have it, and a score is kept to the bit


def _defined(score: float) -> float | None:
    return score if math.isfinite(score) else None
