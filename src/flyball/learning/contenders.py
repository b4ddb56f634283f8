"""A candidate as the search sees it: a space of parameters, and the pipeline each point in it makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from optuna.distributions import CategoricalDistribution
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from flyball.domain.declaration import Candidate
from flyball.domain.errors import DeclarationError
from flyball.domain.schema import Schema
from flyball.learning.catalog import BASELINE, CATALOG, Entry, Space
from flyball.learning.pipeline import prepared

KEEP = (100, 50)
"""Percentages of the prepared columns that the search tries to keep."""
ALL_FIELDS = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One candidate: where to search, what to try first, and how a pipeline is made of parameters."""

    name: str
    make: Callable[[Mapping[str, Any]], Pipeline]
    space: Space
    start: Mapping[str, Any]
    rows: int | None = None

    def points(self, most: int) -> int:
        """How many points are worth trying, of at most so many: one where there is nothing to search."""
        return most if self.space else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What all contenders of a build share."""

    schema: Schema
    task: str
    seed: int
    feature_sets: Mapping[str, Sequence[str]]


def contenders(candidates: Sequence[str | Candidate], ground: Ground) -> list[Contender]:
    """The baseline, then the candidates in order. Raises ``DeclarationError`` for an unknown name."""
    entries = CATALOG[ground.task]
    unknown = [name for name in candidates if isinstance(name, str) and name not in entries]
    if unknown:
        known = ", ".join(entries)
        raise DeclarationError(f"There is no candidate {unknown[0]!r} for {ground.task}; use one of {known}.")
    made = [
        _own(candidate, ground)
        if isinstance(candidate, Candidate)
        else _listed(candidate, entries[candidate], ground)
        for candidate in candidates
    ]
    return [_baseline(ground), *made]


def _baseline(ground: Ground) -> Contender:
    def make(parameters: Mapping[str, Any]) -> Pipeline:
        return prepared(ground.schema, BASELINE[ground.task].make(ground.seed), task=ground.task)

    return Contender(name="baseline", make=make, space={}, start={})


def _listed(name: str, entry: Entry, ground: Ground) -> Contender:
    """An entry of the catalogue: columns × encoding × fields are searched with its own parameters."""
    choices: dict[str, Sequence[Any]] = {}
    if ground.task != "clustering":
        choices["keep"] = KEEP
    if any(field.kind == "category" for field in ground.schema.fields):
        choices["encoding"] = entry.encodings
    if ground.feature_sets:
        choices["features"] = (ALL_FIELDS, *ground.feature_sets)
    searched = {name: CategoricalDistribution(values) for name, values in choices.items() if len(values) > 1}

    def make(parameters: Mapping[str, Any]) -> Pipeline:
        own = {name: value for name, value in parameters.items() if name in entry.space}
        return prepared(
            ground.schema,
            entry.make(ground.seed).set_params(**own),
            task=ground.task,
            encoding=parameters.get("encoding", entry.encodings[0]),
            keep=parameters.get("keep", 100),
            fields=ground.feature_sets.get(parameters.get("features", ALL_FIELDS)),
        )

    start = {**entry.start, **{name: values[0] for name, values in choices.items() if name in searched}}
    return Contender(name=name, make=make, space={**searched, **entry.space}, start=start, rows=entry.rows)


def _own(candidate: Candidate, ground: Ground) -> Contender:
    """A user's candidate: a pipeline takes the frame as it is, an estimator stands behind preprocessing."""

    def make(parameters: Mapping[str, Any]) -> Pipeline:
        chosen = clone(candidate.estimator).set_params(**parameters)
        # Once more: a space may choose between estimators, and those stay the declaration's own.
        estimator = _seeded(clone(chosen), ground.seed)
        if isinstance(estimator, Pipeline):
            return estimator
        return prepared(ground.schema, estimator, task=ground.task)

    return Contender(name=candidate.name, make=make, space=dict(candidate.space or {}), start={})


def _seeded(estimator: Any, seed: int) -> Any:
    """Every ``random_state`` that was left open gets the build's seed, so that results repeat."""
    parameters = estimator.get_params(deep=True)
    loose = {
        name: seed
        for name, value in parameters.items()
        if name.rpartition("__")[2] == "random_state" and value is None
    }
    return estimator.set_params(**loose)
