"""Linear models: regression, and the classes' probabilities by a link."""

from __future__ import annotations

import msgspec
import numpy as np

from flyball.domain.numbers import Link, answered
from flyball.inference.compiled.arrays import Array
from flyball.inference.compiled.estimators.fitting import finite
from flyball.inference.compiled.estimators.links import checked
from flyball.inference.compiled.estimators.solver import Solver, is_quick


class Linear(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="linear"):
    """``coefficients`` (outputs, columns) and ``intercepts`` (outputs,); ``link`` makes the answer."""

    coefficients: Array
    intercepts: Array
    link: Link


def opened(estimator: Linear, columns: int) -> Solver:
    """The linear model at work. Raises ``ArtifactCorrupt``."""
    coefficients = finite(estimator.coefficients, (None, columns), "coefficients")
    intercepts = finite(estimator.intercepts, (len(coefficients),), "intercepts")
    checked(estimator.link, len(coefficients))
    weights = coefficients.T

    def answer(matrix: np.ndarray) -> np.ndarray:
        return answered(estimator.link, matrix @ weights + intercepts)

    return Solver(answer, is_quick=is_quick(estimator.coefficients))
