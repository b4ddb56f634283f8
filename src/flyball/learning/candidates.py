"""A candidate as the search sees it: its first points, its space, and the pipeline that a point makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from optuna.distributions import CategoricalDistribution
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from flyball.domain import extras
from flyball.domain.declaration import UNSUPERVISED, Candidate
from flyball.domain.errors import DataError, DeclarationError, ModelFailed
from flyball.domain.schema import Schema
from flyball.learning.catalog import BASELINE, CATALOG, ENSEMBLES, Entry, Space
from flyball.learning.pipeline import prepared

KEEP = (100, 50)
"""Percentages of the prepared columns that the search tries to keep."""
ALL_FIELDS = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchCandidate:
    """One candidate of a build: the points tried first, where to search, and what a point's pipeline is.

    ``defaults`` is the first point: the library's own parameters, or those of the user's own estimator; they
    need not lie in the ``space``. ``start`` is the second, where there is one. ``rows`` is the most it is
    fitted on. One that ``is_ensemble`` has no points of its own: they follow from those of others.
    """

    name: str
    make: Callable[[Mapping[str, Any]], Pipeline]
    space: Space
    defaults: Mapping[str, Any]
    start: Mapping[str, Any]
    rows: int | None = None
    is_ensemble: bool = False

    def points(self, most: int) -> int:
        """How many points are worth trying, of at most so many: one where there is nothing to search."""
        return most if self.space else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildContext:
    """What all candidates of a build share; ``monotonic`` are fields along which answers have one way."""

    schema: Schema
    task: str
    seed: int
    feature_sets: Mapping[str, Sequence[str]]
    monotonic: Sequence[str] = ()


def search_candidates(candidates: Sequence[str | Candidate], context: BuildContext) -> list[SearchCandidate]:
    """The baseline, then the candidates in order. Raises ``DeclarationError`` for an unknown name, and
    ``Unusable`` where a candidate's library is not installed.
    """
    entries, ensembles = CATALOG[context.task], ENSEMBLES[context.task]
    known_names = (*entries, *ensembles)
    unknown = [name for name in candidates if isinstance(name, str) and name not in known_names]
    if unknown:
        known = ", ".join(known_names)
        raise DeclarationError(
            f"There is no candidate {unknown[0]!r} for {context.task}; use one of {known}."
        )
    for name in candidates:
        if isinstance(name, str) and name in entries and entries[name].library:
            extras.check(entries[name].library)
    made = [_made(candidate, context) for candidate in candidates]
    return [_baseline(context), *made]


def _made(candidate: str | Candidate, context: BuildContext) -> SearchCandidate:
    if isinstance(candidate, Candidate):
        return _allowed(_own(candidate, context), None, context)
    if candidate in ENSEMBLES[context.task]:
        return _allowed(_ensemble(candidate), None, context)
    entry = CATALOG[context.task][candidate]
    return _allowed(_listed(candidate, entry, context), entry, context)


def _ensemble(name: str) -> SearchCandidate:
    def make(parameters: Mapping[str, Any]) -> Pipeline:
        raise DataError(f"The candidate {name!r} is fitted from its parts, and not alone.")

    return SearchCandidate(name=name, make=make, space={}, defaults={}, start={}, is_ensemble=True)


def _allowed(candidate: SearchCandidate, entry: Entry | None, context: BuildContext) -> SearchCandidate:
    """The candidate; one that cannot keep to the declaration fails at once, and its error says why."""
    if not context.monotonic or (entry is not None and entry.is_constrained):
        return candidate
    fields = ", ".join(context.monotonic)

    def make(parameters: Mapping[str, Any]) -> Pipeline:
        raise ModelFailed(f"Its answers cannot be kept monotonic along {fields}, as is declared.")

    return replace(candidate, make=make, space={}, start={}, defaults={}, is_ensemble=False)


def _baseline(context: BuildContext) -> SearchCandidate:
    def make(parameters: Mapping[str, Any]) -> Pipeline:
        return prepared(context.schema, BASELINE[context.task].make(context.seed), task=context.task)

    return SearchCandidate(name="baseline", make=make, space={}, defaults={}, start={})


def _listed(name: str, entry: Entry, context: BuildContext) -> SearchCandidate:
    """An entry of the catalogue: columns × encoding × fields are searched with its own parameters."""
    choices: dict[str, Sequence[Any]] = {}
    if context.task not in UNSUPERVISED:
        choices["keep"] = KEEP
    if any(field.kind == "category" for field in context.schema.fields):
        choices["encoding"] = entry.encodings
    if context.feature_sets:
        choices["features"] = (ALL_FIELDS, *context.feature_sets)
    searched = {name: CategoricalDistribution(values) for name, values in choices.items() if len(values) > 1}

    def make(parameters: Mapping[str, Any]) -> Pipeline:
        own = {name: value for name, value in parameters.items() if name in entry.space}
        return prepared(
            context.schema,
            entry.make(context.seed).set_params(**own),
            task=context.task,
            encoding=parameters.get("encoding", entry.encodings[0]),
            keep=parameters.get("keep", 100),
            filled=not entry.takes_missing,
            fields=context.feature_sets.get(parameters.get("features", ALL_FIELDS)),
        )

    first = {name: values[0] for name, values in choices.items() if name in searched}
    return SearchCandidate(
        name=name,
        make=make,
        space={**searched, **entry.space},
        defaults={**first, **_stated(entry.make(context.seed), entry.space)},
        start={**first, **entry.start} if entry.start else {},
        rows=entry.rows,
    )


def _own(candidate: Candidate, context: BuildContext) -> SearchCandidate:
    """A user's candidate: a pipeline takes the frame as it is, an estimator stands behind preprocessing."""

    def make(parameters: Mapping[str, Any]) -> Pipeline:
        chosen = clone(candidate.estimator).set_params(**parameters)
        # Once more: a space may choose between estimators, and those stay the declaration's own.
        estimator = _seeded(clone(chosen), context.seed)
        if isinstance(estimator, Pipeline):
            return estimator
        return prepared(context.schema, estimator, task=context.task)

    space = dict(candidate.space or {})
    defaults = _stated(candidate.estimator, space)
    return SearchCandidate(name=candidate.name, make=make, space=space, defaults=defaults, start={})


def _stated(estimator: Any, space: Space) -> dict[str, Any]:
    """What an estimator says itself of the parameters that are searched."""
    # Only where something is searched: what is not an estimator fails as a candidate; the build goes on.
    stated = estimator.get_params(deep=True) if space else {}
    return {name: stated[name] for name in space if name in stated}


def _seeded(estimator: Any, seed: int) -> Any:
    """Every ``random_state`` that was left open gets the build's seed, so that results repeat."""
    parameters = estimator.get_params(deep=True)
    loose = {
        name: seed
        for name, value in parameters.items()
        if name.rpartition("__")[2] == "random_state" and value is None
    }
    return estimator.set_params(**loose)
