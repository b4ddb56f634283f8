"""What a build looks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flyball.domain.declaration import Candidate, Endpoint, Search
from flyball.domain.weighing.declared import Weighing
from flyball.learning.monotonic import monotonic_of
from flyball.learning.outoffold.wanted import Wanted
from flyball.learning.trusted import trusted_names


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a build looks for. ``positive`` is the class that binary metrics count.

    ``weighing`` says how much rows count.
    ``monotonic`` says by field whether answers may only rise along it (1) or fall (-1). ``wanted`` is what is
    to be known of predictions out of fold.
    """

    task: str
    metric: str
    candidates: Sequence[str | Candidate]
    cv: Any = 5
    feature_sets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    trusted: tuple[str, ...] = ()
    search: Search = field(default_factory=Search)
    seed: int = 0
    positive: Any = None
    monotonic: Mapping[str, int] = field(default_factory=dict)
    wanted: Wanted = field(default_factory=Wanted)
    weighing: Weighing = field(default_factory=Weighing)

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
            monotonic=monotonic_of(declaration),
            wanted=Wanted.of(declaration),
            weighing=Weighing.of(declaration),
        )
