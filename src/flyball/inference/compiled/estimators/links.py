"""From what an estimator adds up to what it answers: whether the two fit."""

from __future__ import annotations

from flyball.domain.numbers import Link
from flyball.inference.compiled.estimators.fitting import corrupt

SINGLE = frozenset({"value", "exponential", "logistic", "isolation"})


def checked(link: Link, outputs: int) -> None:
    """Raises ``ArtifactCorrupt`` where that link takes another number of outputs."""
    if link in SINGLE and outputs != 1:
        raise corrupt("outputs and link")
