"""Final estimators as data: what a compiled version answers with, family by family."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

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
from flyball.inference.compiled.estimators.solver import Solver

Estimator = (
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
"""Any of them: a tagged union, as msgspec reads it."""

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


def opened(estimator: Estimator, columns: int) -> Solver:
    """The estimator at work on matrices of that many columns. Raises ``ArtifactCorrupt`` where its parts
    do not fit each other or the columns: nothing is computed before all of them are checked.
    """
    return _OPENING[type(estimator)](estimator, columns)
