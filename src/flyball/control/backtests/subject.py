"""What a backtest asks: a version, loaded, with what it would decide, over a period as of a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from flyball.control.registry import selectors as registry
from flyball.control.registry.models import Version
from flyball.control.routing import selectors
from flyball.control.routing.foreseeing.following import decision_after
from flyball.domain.declaration import Endpoint
from flyball.domain.errors import Conflict, DeclarationError
from flyball.domain.routing import Decision, Manifest
from flyball.domain.values import Scalar, label_of

if TYPE_CHECKING:
    from flyball.control.backtests.models import Backtest
    from flyball.inference.runtime import Runtime

WEEK = timedelta(days=7)
"""A step of scores over time, from the period's beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """``decision`` is ``None`` where nothing would be decided about the version's outputs.

    ``positive`` is the label that counts as 1, where there is one; ``observed_when`` the decision without
    which there is no outcome.
    """

    endpoint: str
    manifest: Manifest
    runtime: Runtime
    decision: Decision | None
    start: datetime
    end: datetime
    as_of: datetime
    has_outcome: bool
    maturity: timedelta
    observed_when: str | None
    selection: str
    positive: Scalar

    @property
    def is_labelled(self) -> bool:
        """Whether its outputs are labels."""
        return self.manifest.task == "classification"


def subject(backtest: Backtest, version: Version, declaration: type[Endpoint]) -> Subject:
    """What a backtest asks. Raises the errors of loading, and ``Conflict`` for a version of another task."""
    manifest = registry.manifest(version)
    if manifest.task != declaration.task:
        raise Conflict(f"{version} is for {manifest.task}; {declaration.name} is declared as another task.")
    outcome = declaration.outcome
    return Subject(
        endpoint=backtest.endpoint_id,
        manifest=manifest,
        runtime=registry.loaded(version),
        decision=_decision(declaration, manifest),
        start=backtest.start,
        end=backtest.end,
        as_of=backtest.asked_at,
        has_outcome=outcome is not None,
        maturity=timedelta() if outcome is None else outcome.maturity,
        observed_when=None if outcome is None else outcome.observed_when,
        selection="" if outcome is None else outcome.selection,
        positive=_positive(declaration, manifest),
    )


def _decision(declaration: type[Endpoint], manifest: Manifest) -> Decision | None:
    try:
        return decision_after(declaration, selectors.route(declaration.name), manifest)
    except DeclarationError:
        return None  # of other classes: it answers, and nothing is decided


def _positive(declaration: type[Endpoint], manifest: Manifest) -> Scalar:
    if declaration.outcome is None or not manifest.classes:
        return None
    declared = declaration.outcome.positive
    if declared is not None:
        return label_of(declared, manifest.classes)
    return manifest.classes[-1] if len(manifest.classes) == 2 else None
