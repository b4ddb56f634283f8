"""Gaussian densities: naive Bayes, which tells classes, and mixtures, which tell clusters."""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec
import numpy as np

from flyball.inference.compiled.arrays import Array
from flyball.inference.compiled.estimators.fitting import corrupt, finite
from flyball.inference.compiled.estimators.solver import Solver, is_quick


class NaiveBayes(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="naive-bayes"):
    """``means`` and ``variances`` (classes, columns), ``priors`` (classes,)."""

    means: Array
    variances: Array
    priors: Array


class Mixture(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="mixture"):
    """``means`` (clusters, columns), ``weights`` (clusters,), and the Cholesky factors of the precisions.

    ``factors``: (clusters, columns, columns), upper triangles; or (clusters, columns), diagonals.
    """

    means: Array
    weights: Array
    factors: Array


def opened_bayes(estimator: NaiveBayes, columns: int) -> Solver:
    """Naive Bayes at work. Raises ``ArtifactCorrupt``."""
    means = finite(estimator.means, (None, columns), "means")
    variances = finite(estimator.variances, means.shape, "variances")
    priors = finite(estimator.priors, (len(means),), "priors")
    if variances.min() <= 0 or priors.min() < 0:
        raise corrupt("variances and priors")
    # A class of no prior at all has no probability; what overflows is no answer.
    with np.errstate(divide="ignore", over="ignore"):
        known = np.log(priors) - 0.5 * np.log(2.0 * np.pi * variances).sum(axis=1)

    def answer(matrix: np.ndarray) -> np.ndarray:
        away = matrix[:, np.newaxis, :] - means
        joint = known - 0.5 * (away**2 / variances).sum(axis=2)
        greatest = joint.max(axis=1, keepdims=True)
        total = np.log(np.exp(joint - greatest).sum(axis=1, keepdims=True)) + greatest
        probabilities: np.ndarray = np.exp(joint - total)
        return probabilities

    return Solver(answer, is_quick=is_quick(estimator.means, estimator.variances))


def opened_mixture(estimator: Mixture, columns: int) -> Solver:
    """A mixture at work. Raises ``ArtifactCorrupt``."""
    means = finite(estimator.means, (None, columns), "means")
    clusters = len(means)
    weights = finite(estimator.weights, (clusters,), "weights")
    whole = len(estimator.factors.shape) == 3
    factors = finite(estimator.factors, (clusters, columns, columns) if whole else means.shape, "factors")
    diagonals = factors.diagonal(axis1=1, axis2=2) if whole else factors
    if weights.min() <= 0 or diagonals.min() <= 0:
        raise corrupt("weights and factors")
    sizes = np.log(diagonals).sum(axis=1)
    distances = _whole(means, factors) if whole else _diagonal(means, factors)

    def answer(matrix: np.ndarray) -> np.ndarray:
        logarithms = -0.5 * (columns * math.log(2 * math.pi) + distances(matrix)) + sizes
        clusters: np.ndarray = (logarithms + np.log(weights)).argmax(axis=1)
        return clusters

    return Solver(answer, is_quick=is_quick(estimator.means, estimator.factors))


def _whole(means: np.ndarray, factors: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    begins = [mean @ factor for mean, factor in zip(means, factors, strict=True)]

    def distances(matrix: np.ndarray) -> np.ndarray:
        away = [matrix @ factor - begin for factor, begin in zip(factors, begins, strict=True)]
        return np.stack([np.square(part).sum(axis=1) for part in away], axis=1)

    return distances


def _diagonal(means: np.ndarray, factors: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    precisions = factors**2
    known, turned, weighted = (means**2 * precisions).sum(axis=1), precisions.T, (means * precisions).T

    def distances(matrix: np.ndarray) -> np.ndarray:
        squares: np.ndarray = known - 2.0 * (matrix @ weighted) + matrix**2 @ turned
        return squares

    return distances
