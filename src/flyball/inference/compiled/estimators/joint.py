"""Ensembles: estimators that answer side by side, and what is made of their answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

import msgspec
import numpy as np

from flyball.inference.compiled.arrays import Array
from flyball.inference.compiled.estimators import (
    centres,
    constant,
    densities,
    linear,
    machines,
    neighbours,
    networks,
    trees,
)
from flyball.inference.compiled.estimators.fitting import corrupt, finite
from flyball.inference.compiled.estimators.solver import Solver

Single = (
    constant.Constant
    | linear.Linear
    | trees.Trees
    | machines.Machine
    | machines.CalibratedMachine
    | neighbours.Neighbours
    | networks.Network
    | densities.NaiveBayes
    | densities.Mixture
    | centres.Centres
    | centres.Halves
)
"""Any estimator that is none of several: a tagged union, as msgspec reads it."""

_OPENING: Mapping[type, Callable[[Any, int], Solver]] = {
    constant.Constant: constant.opened,
    linear.Linear: linear.opened,
    trees.Trees: trees.opened,
    machines.Machine: machines.opened,
    machines.CalibratedMachine: machines.opened_calibrated,
    neighbours.Neighbours: neighbours.opened,
    networks.Network: networks.opened,
    densities.NaiveBayes: densities.opened_bayes,
    densities.Mixture: densities.opened_mixture,
    centres.Centres: centres.opened,
    centres.Halves: centres.opened_halves,
}
CLUSTERS = (densities.Mixture, centres.Centres, centres.Halves)
MOST_PARTS = 1000
QUICK_PARTS = 8
"""Parts up to which an ensemble of quick ones is quick."""


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One estimator, and how many of the columns are its own: they follow those of the part before."""

    width: int
    estimator: Single


class Blend(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="blend"):
    """The mean of the parts' answers; ``weights`` (parts,)."""

    parts: tuple[Part, ...]
    weights: Array


class Stacked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="stacked"):
    """A linear model of the parts' answers, side by side; of two classes the second one's probability."""

    parts: tuple[Part, ...]
    last: linear.Linear


def opened_single(estimator: Single, columns: int) -> Solver:
    """The estimator at work. Raises ``ArtifactCorrupt``."""
    return _OPENING[type(estimator)](estimator, columns)


def opened_blend(estimator: Blend, columns: int) -> Solver:
    """The parts at work, and their mean. Raises ``ArtifactCorrupt``."""
    solvers = _solvers(estimator.parts, columns)
    weights = finite(estimator.weights, (len(solvers),), "weights")
    if weights.min() < 0 or not weights.sum() > 0:
        raise corrupt("weights")

    def answer(matrix: np.ndarray) -> np.ndarray:
        mean: np.ndarray = np.average(np.asarray(_said(solvers, matrix)), axis=0, weights=weights)
        return mean

    return Solver(answer, "anything", is_quick=_is_quick(solvers))


def opened_stacked(estimator: Stacked, columns: int) -> Solver:
    """The parts at work, and what follows from their answers. Raises ``ArtifactCorrupt``."""
    solvers = _solvers(estimator.parts, columns)
    # How many numbers the parts answer shows when they do: another number than these is no answer.
    last = linear.opened(estimator.last, (estimator.last.coefficients.shape or (0,))[-1])

    def answer(matrix: np.ndarray) -> np.ndarray:
        return last(np.hstack([_told(each) for each in _said(solvers, matrix)]))

    return Solver(answer, "anything", is_quick=last.is_quick and _is_quick(solvers))


Solvers = Sequence[tuple[slice, Solver]]
"""What answers, and which columns are its own."""


def _solvers(parts: Sequence[Part], columns: int) -> Solvers:
    widths = [part.width for part in parts]
    if not 1 <= len(parts) <= MOST_PARTS or min(widths) < 0 or sum(widths) != columns:
        raise corrupt("parts and columns")
    if any(isinstance(part.estimator, CLUSTERS) for part in parts):
        raise corrupt("parts")
    spans = pairwise(accumulate(widths, initial=0))
    return [
        (slice(*span), opened_single(part.estimator, part.width))
        for span, part in zip(spans, parts, strict=True)
    ]


def _said(solvers: Solvers, matrix: np.ndarray) -> list[np.ndarray]:
    # Each looks whether it takes its own numbers: some take missing ones.
    return [solver(matrix[:, span]) for span, solver in solvers]


def _told(answers: np.ndarray) -> np.ndarray:
    if answers.ndim == 1:
        return answers[:, np.newaxis]
    return answers[:, 1:] if answers.shape[1] == 2 else answers


def _is_quick(solvers: Solvers) -> bool:
    return len(solvers) <= QUICK_PARTS and all(solver.is_quick for _, solver in solvers)
