"""The search of one candidate's space: Optuna, in a fixed order, within trials and seconds."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import optuna
from sklearn.model_selection import train_test_split

from flyball.domain.declaration import Search
from flyball.domain.errors import ModelFailed
from flyball.learning.contenders import Contender
from flyball.learning.dataset import Dataset

SAMPLE = 4_000
"""Rows that the search looks at, at most. What it finds is scored on all rows afterwards."""
SAMPLE_FOLDS = 3
"""Folds on such a draw, at most; where the user gives a splitter, its own."""
RAREST = 25
"""Where a label has fewer rows than this in the sample, the search looks at all rows instead."""
PATIENCE = 3
"""Failures in a row, without any success before, after which a candidate is given up."""

Objective = Callable[[Mapping[str, Any], int], float]
"""The score of parameters on one fold; NaN where it is not defined."""


@dataclass(frozen=True, slots=True)
class Found:
    """The best parameters of a search, their fold scores, and how the search went."""

    parameters: Mapping[str, Any]
    scores: tuple[float, ...]
    trials: int
    stopped_by_time: bool


def sample(training: Dataset, task: str, seed: int) -> Dataset:
    """The rows to search on: all, or a fixed draw of ``SAMPLE`` in proportion to the labels."""
    if len(training) <= SAMPLE:
        return training
    labels = training.target if task == "classification" else None
    if labels is not None:
        rarest = np.unique(labels, return_counts=True)[1].min()
        if rarest * SAMPLE < RAREST * len(training):
            return training
    positions = np.arange(len(training))
    drawn, _ = train_test_split(positions, train_size=SAMPLE, stratify=labels, random_state=seed)
    return training.take(np.sort(drawn))


def search(
    contender: Contender,
    objective: Objective,
    folds: int,
    limits: Search,
    seed: int,
    report: Callable[[int, float | None], None],
) -> Found:
    """The best of at most ``limits.trials`` points; after ``limits.seconds`` no further fold is begun.

    The first point that works is always finished. A point that raises is passed over; where ``PATIENCE``
    points do and none has worked, the last one's error is raised.
    """
    study = _study(contender, seed)
    deadline = time.monotonic() + limits.seconds
    best: Found | None = None
    points = contender.points(limits.trials)
    for number in range(1, points + 1):
        point = study.ask(fixed_distributions=dict(contender.space))
        try:
            scores = _scores(objective, point.params, folds, deadline if best else math.inf)
        except Exception:  # one point's failure says nothing about the others
            study.tell(point, state=optuna.trial.TrialState.FAIL)
            if best is None and number >= min(PATIENCE, points):
                raise
            report(number, None)
            continue
        if best and scores is None:
            return replace(best, stopped_by_time=True)
        best = _better(best, point.params, scores or (), number)
        study.tell(point, mean(scores or ()))
        report(number, mean(scores or ()))
    if best is None:
        raise ModelFailed("No point of the search could be fitted.")
    return best


def _study(contender: Contender, seed: int) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    if contender.start:
        study.enqueue_trial(dict(contender.start))
    return study


def _scores(
    objective: Objective, parameters: Mapping[str, Any], folds: int, deadline: float
) -> tuple[float, ...] | None:
    """The score of each fold; ``None`` when time ran out before the last."""
    scores: list[float] = []
    for fold in range(folds):
        if time.monotonic() > deadline:
            return None
        scores.append(objective(parameters, fold))
    if all(math.isnan(score) for score in scores):
        raise ModelFailed("The metric is not defined on any fold.")
    return tuple(scores)


def _better(
    best: Found | None, parameters: Mapping[str, Any], scores: tuple[float, ...], number: int
) -> Found:
    if best and mean(scores) <= mean(best.scores):
        return replace(best, trials=number)
    return Found(dict(parameters), scores, number, False)


def mean(scores: Sequence[float | None]) -> float:
    """The mean of the scores that are defined; minus infinity where none is."""
    defined = [score for score in scores if score is not None and not math.isnan(score)]
    return sum(defined) / len(defined) if defined else -math.inf
