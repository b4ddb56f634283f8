"""Final estimators as data: what a compiled version answers with, family by family."""

from __future__ import annotations

from flyball.inference.compiled.estimators import joint
from flyball.inference.compiled.estimators.solver import Solver

Estimator = joint.Single | joint.Blend | joint.Stacked
"""Any of them: a tagged union, as msgspec reads it."""


def opened(estimator: Estimator, columns: int) -> Solver:
    """The estimator at work on matrices of that many columns. Raises ``ArtifactCorrupt`` where its parts
    do not fit each other or the columns: nothing is computed before all of them are checked.
    """
    if isinstance(estimator, joint.Blend):
        return joint.opened_blend(estimator, columns)
    if isinstance(estimator, joint.Stacked):
        return joint.opened_stacked(estimator, columns)
    return joint.opened_single(estimator, columns)
