"""Reasons of what is a sum over columns: linear models against the mean row, distances to a centre."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from flyball.domain.errors import ArtifactCorrupt
from flyball.domain.values import Scalar
from flyball.inference.compiled.arrays import unpacked
from flyball.inference.compiled.estimators import centres, linear
from flyball.inference.compiled.estimators.fitting import finite
from flyball.inference.compiled.estimators.solver import is_quick
from flyball.inference.reasons import document


@dataclass(frozen=True, slots=True)
class Sum:
    """Why one number of a model is what it is for one row: ``columns`` are the parts of the row's columns.

    ``base`` and the parts add up to ``answer``.
    """

    base: float
    answer: float
    columns: np.ndarray


@dataclass(frozen=True, slots=True)
class Summing:
    """What explains one number of a model: of which output it is (a place), for the columns of one row.

    ``size`` is about how much memory it takes (bytes).
    """

    explain: Callable[[np.ndarray, int], Sum]
    is_quick: bool
    size: int = 0


def of_linear(
    estimator: linear.Linear, basis: document.Linear, columns: int, classes: Sequence[Scalar]
) -> Summing:
    """A linear model: each column's coefficient times how far it lies from its mean.

    Shapley values of independent columns (Štrumbelj and Kononenko 2014, section 3.2). Raises
    ``ArtifactCorrupt``.
    """
    coefficients, intercepts = unpacked(estimator.coefficients), unpacked(estimator.intercepts)
    means = finite(basis.means, (columns,), "means")
    if estimator.link == "logistic":  # one number, of the second class; of the first it is the opposite
        coefficients, intercepts = opposites(coefficients), opposites(intercepts)
    bases = coefficients @ means + intercepts
    if len(bases) != max(1, len(classes)) or not np.isfinite(bases).all():
        raise ArtifactCorrupt("The artifact explains another number of classes than the version has.")

    def explain(row: np.ndarray, place: int) -> Sum:
        weights = coefficients[place]
        return Sum(float(bases[place]), float(weights @ row + intercepts[place]), weights * (row - means))

    return Summing(explain, is_quick(estimator.coefficients), 2 * coefficients.nbytes)


def opposites(numbers: np.ndarray) -> np.ndarray:
    """The numbers of the second of two classes, (1, …), as those of both."""
    return np.concatenate([-numbers, numbers])


def of_distances(
    estimator: centres.Centres | centres.Halves, basis: document.Distances, columns: int
) -> Summing:
    """The squared distance to the chosen centre, against its mean. Raises ``ArtifactCorrupt``."""
    chosen = _centres(estimator)
    means = finite(basis.means, (columns,), "means")
    variances = finite(basis.variances, (columns,), "variances")
    usual = variances + (means - chosen) ** 2  # E[(x - c)²]
    bases = usual.sum(axis=1)

    def explain(row: np.ndarray, place: int) -> Sum:
        apart = (row - chosen[place]) ** 2
        return Sum(float(bases[place]), float(apart.sum()), apart - usual[place])

    return Summing(explain, is_quick(estimator.centres), 2 * usual.nbytes)


def _centres(estimator: centres.Centres | centres.Halves) -> np.ndarray:
    """The centre of each cluster, (clusters, columns); of halves, the one that it was split off with."""
    found = unpacked(estimator.centres)
    if isinstance(estimator, centres.Centres):
        return found
    children = unpacked(estimator.children)
    clusters = np.empty((len(found) + 1, found.shape[2]))
    clusters[-1 - children[children < 0]] = found[children < 0]
    return clusters
