"""What a search has shown of the version's own candidate: its trials, and its scores on fewer rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from flyball.domain.errors import DataError
from flyball.learning.candidates import BuildContext, SearchCandidate, search_candidates
from flyball.learning.diagnostics.held import Held
from flyball.learning.diagnostics.table import Table
from flyball.learning.rungs import rungs
from flyball.learning.splitting import splits

MOST = 200
"""Trials that are kept, the best ones of the last rung first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One point on one rung, with the scores of its folds (``None`` where one is not defined)."""

    point: int
    rung: int
    parameters: Mapping[str, Any]
    scores: Sequence[float | None]

    @property
    def defined(self) -> list[float]:
        """The scores that are."""
        return [score for score in self.scores if score is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """How a version came to be: its candidate's name, its parameters, and the candidate's trials."""

    candidate: str
    parameters: Mapping[str, Any]
    trials: Sequence[Trial] = ()

    def is_of(self, trial: Trial) -> bool:
        """Whether a trial had the version's parameters; of a blend these tell its weights besides."""
        return dict(trial.parameters).items() <= dict(self.parameters).items()


def declared(held: Held, fitted: Fitted) -> dict[str, SearchCandidate]:
    """The candidates by name. Raises ``DataError`` where the version's is not declared any more."""
    plan = held.plan
    context = BuildContext(
        schema=held.rows.schema, task=plan.task, seed=plan.seed, feature_sets=plan.feature_sets
    )
    known = {each.name: each for each in search_candidates(plan.candidates, context)}
    if fitted.candidate not in known:
        raise DataError(f"The endpoint declares no candidate {fitted.candidate!r} any more.")
    return known


def trials(fitted: Fitted) -> Table:
    """One row a trial and parameter that was searched; ``is_chosen`` marks the version's own parameters.

    Scores compare on one rung alone: those below the last have learned from fewer rows.
    """
    every = fitted.trials
    last = max((each.rung for each in every if each.defined), default=0)
    scored = sorted(
        (each for each in every if each.defined), key=lambda each: (-each.rung, -fmean(each.defined))
    )
    names = dict.fromkeys(name for each in scored for name in each.parameters)
    rows = [
        (
            each.point,
            each.rung,
            each.rung == last,
            fitted.is_of(each),
            fmean(each.defined),
            name,
            *_value(each.parameters.get(name)),
        )
        for each in scored[:MOST]
        for name in names
    ]
    return Table.of(("trial", "rung", "is_last", "is_chosen", "score", "parameter", "number", "text"), rows)


def on_fewer_rows(held: Held, fitted: Fitted, most: int | None) -> list[tuple[Any, ...]]:
    """The means of the folds' scores of the version's parameters, by the rows that they have learned from."""
    plan, training = held.plan, held.training
    trials = [each for each in fitted.trials if each.scores]
    own = {each.rung: each for each in trials if fitted.is_of(each)}
    folds = splits.folds(plan.cv, training, plan.task, plan.seed)
    sizes = [fmean(len(train) for train, _ in each) for each in rungs(training, folds, plan.task, plan.seed)]
    if own and len(own[max(own)].scores) != len(folds):
        return []  # the declaration has other folds by now: nobody knows how many rows those had
    return [
        (round(min(size, most or size)), None, None, fmean(own[rung].defined))
        for rung, size in enumerate(sizes)
        if rung in own and own[rung].defined
    ]


def _value(value: Any) -> tuple[float | None, str]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value), f"{value:g}"
    return None, str(value)
