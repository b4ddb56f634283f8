"""The answer that is the same for every row: the baseline."""

from __future__ import annotations

import msgspec
import numpy as np

from flyball.inference.compiled.arrays import Array
from flyball.inference.compiled.estimators.fitting import corrupt, finite
from flyball.inference.compiled.estimators.solver import Solver


class Constant(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="constant"):
    """``answer``: a value, shape (), or the probability of each class, shape (classes,)."""

    answer: Array


def opened(estimator: Constant, columns: int) -> Solver:
    """The baseline at work. Raises ``ArtifactCorrupt``."""
    answer = finite(estimator.answer, (None,) * len(estimator.answer.shape), "answer")
    if answer.ndim > 1:
        raise corrupt("answer")
    return Solver(lambda matrix: np.repeat(answer[np.newaxis], len(matrix), axis=0), "anything")
