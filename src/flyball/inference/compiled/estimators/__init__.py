"""Final estimators as data: what a compiled version answers with, family by family."""

from __future__ import annotations

from flyball.inference.compiled.estimators import constant, linear, trees
from flyball.inference.compiled.estimators.constant import Constant
from flyball.inference.compiled.estimators.linear import Linear
from flyball.inference.compiled.estimators.solver import Solver
from flyball.inference.compiled.estimators.trees import Trees

Estimator = Constant | Linear | Trees
"""Any of them: a tagged union, as msgspec reads it."""


def opened(estimator: Estimator, columns: int) -> Solver:
    """The estimator at work on matrices of that many columns. Raises ``ArtifactCorrupt`` where its parts
    do not fit each other or the columns: nothing is computed before all of them are checked.
    """
    match estimator:
        case Constant():
            return constant.opened(estimator, columns)
        case Linear():
            return linear.opened(estimator, columns)
        case Trees():
            return trees.opened(estimator, columns)
