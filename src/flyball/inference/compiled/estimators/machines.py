"""Support vector machines with the radial kernel: regression, and classes calibrated by a sigmoid."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np

from flyball.domain.numbers import expit, two_classes
from flyball.inference.compiled.arrays import Array
from flyball.inference.compiled.estimators.fitting import corrupt, finite
from flyball.inference.compiled.estimators.solver import Solver, is_quick

MOST_CLASSES = 200


class Machine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="machine"):
    """``vectors`` (vectors, columns); ``coefficients`` (decisions, vectors) and ``intercepts`` (decisions,).

    A decision is the sum of coefficient * exp(-gamma * squared distance), and the intercept. By itself it
    has one decision and predicts a value.
    """

    vectors: Array
    coefficients: Array
    intercepts: Array
    gamma: float


class CalibratedMachine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="calibrated-machine"):
    """A machine that tells classes: one decision for two of them, for more one each pair (0, 1), (0, 2)...

    A class has the probability 1 / (1 + exp(slope * decision + offset)); ``slopes`` and ``offsets`` have
    one number for two classes, else one each class.
    """

    machine: Machine
    slopes: Array
    offsets: Array


def opened(estimator: Machine, columns: int) -> Solver:
    """The regression at work. Raises ``ArtifactCorrupt``."""
    decided = _decisions(estimator, columns, 1)
    return Solver(lambda matrix: decided(matrix)[:, 0], is_quick=is_quick(estimator.vectors))


def opened_calibrated(estimator: CalibratedMachine, columns: int) -> Solver:
    """The classifier at work. Raises ``ArtifactCorrupt``."""
    slopes = finite(estimator.slopes, (None,), "slopes")
    offsets = finite(estimator.offsets, (len(slopes),), "offsets")
    classes = len(slopes)
    if classes == 2 or classes > MOST_CLASSES:
        raise corrupt("classes")
    decided = _decisions(estimator.machine, columns, max(1, classes * (classes - 1) // 2))

    def answer(matrix: np.ndarray) -> np.ndarray:
        decisions = decided(matrix)
        if classes == 1:
            return two_classes(expit(-(slopes * decisions + offsets))[:, 0])
        return _shares(expit(-(slopes * _of_classes(decisions, classes) + offsets)))

    return Solver(answer, is_quick=is_quick(estimator.machine.vectors))


def _decisions(machine: Machine, columns: int, decisions: int) -> Callable[[np.ndarray], np.ndarray]:
    vectors = finite(machine.vectors, (None, columns), "vectors")
    coefficients = finite(machine.coefficients, (decisions, len(vectors)), "coefficients")
    intercepts = finite(machine.intercepts, (decisions,), "intercepts")
    if not 0.0 <= machine.gamma < np.inf:
        raise corrupt("kernels")

    def decided(matrix: np.ndarray) -> np.ndarray:
        sums = np.empty((len(matrix), decisions))
        for place, row in enumerate(matrix):
            # Differences first: the square of a sum, multiplied out, loses digits of columns far from 0.
            away = vectors - row
            kernel = np.exp(-machine.gamma * np.einsum("ij,ij->i", away, away))
            sums[place] = coefficients @ kernel
        sums += intercepts
        return sums

    return decided


def _of_classes(decisions: np.ndarray, classes: int) -> np.ndarray:
    """A number each class, (rows, classes): the pairs it wins, and by how much, squeezed below a third.

    As ``sklearn.utils.multiclass._ovr_decision_function`` does: a pair's decision above 0 is its first class.
    """
    first, second = np.triu_indices(classes, 1)
    votes, margins = np.zeros((2, len(decisions), classes))
    for place, (one, other) in enumerate(zip(first, second, strict=True)):
        decision = decisions[:, place]
        margins[:, one] += decision
        margins[:, other] -= decision
        votes[:, one] += decision >= 0
        votes[:, other] += decision < 0
    numbers: np.ndarray = votes + margins / (3 * (np.abs(margins) + 1))
    return numbers


def _shares(numbers: np.ndarray) -> np.ndarray:
    sums = numbers.sum(axis=1, keepdims=True)
    even = np.full_like(numbers, 1 / numbers.shape[1])
    shares: np.ndarray = np.divide(numbers, sums, out=even, where=sums != 0)
    return shares
