"""Neural networks of full layers: regression, and the classes' probabilities by a link."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import msgspec
import numpy as np

from flyball.domain.numbers import Link, answered, expit
from flyball.inference.compiled.arrays import Array
from flyball.inference.compiled.estimators.fitting import corrupt, finite
from flyball.inference.compiled.estimators.links import checked
from flyball.inference.compiled.estimators.solver import QUICK, Solver

MOST_LAYERS = 100

Activation = Literal["identity", "relu", "tanh", "logistic"]
ACTIVATIONS: Mapping[Activation, Callable[[np.ndarray], np.ndarray]] = {
    "identity": lambda numbers: numbers,
    "relu": lambda numbers: np.maximum(numbers, 0.0),
    "tanh": np.tanh,
    "logistic": expit,
}


class Layer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``weights`` (inputs, outputs) and ``intercepts`` (outputs,)."""

    weights: Array
    intercepts: Array


class Network(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="network"):
    """Layers from the columns on; ``activation`` stands between them, ``link`` makes the answer."""

    layers: tuple[Layer, ...]
    activation: Activation
    link: Link


def opened(estimator: Network, columns: int) -> Solver:
    """The network at work. Raises ``ArtifactCorrupt``."""
    if not 1 <= len(estimator.layers) <= MOST_LAYERS:
        raise corrupt("layers")
    layers: list[tuple[np.ndarray, np.ndarray]] = []
    width = columns
    for layer in estimator.layers:
        weights = finite(layer.weights, (width, None), "weights")
        width = weights.shape[1]
        layers.append((weights, finite(layer.intercepts, (width,), "intercepts")))
    checked(estimator.link, width)
    between = ACTIVATIONS[estimator.activation]
    (first, start), *rest = layers

    def answer(matrix: np.ndarray) -> np.ndarray:
        numbers = matrix @ first + start
        for weights, intercepts in rest:
            numbers = between(numbers) @ weights + intercepts
        return answered(estimator.link, numbers)

    return Solver(answer, is_quick=sum(weights.nbytes for weights, _ in layers) <= QUICK)
