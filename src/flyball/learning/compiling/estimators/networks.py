"""Neural networks, compiled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from flyball.domain.numbers import Link
from flyball.inference.compiled.arrays import Array, packed
from flyball.inference.compiled.estimators.networks import MOST_LAYERS, Layer, Network
from flyball.learning.compiling import reasons

LINKS: Mapping[str, Link] = {"identity": "value", "logistic": "logistic", "softmax": "softmax"}
"""By what scikit-learn calls the activation of the last layer."""


def network(fitted: Any, columns: int) -> Network:
    """A perceptron of several layers. Raises ``NotCompiled`` for several outcomes, or another last layer."""
    link = LINKS.get(fitted.out_activation_)
    if link is None or len(fitted.coefs_) > MOST_LAYERS:
        raise reasons.of(fitted, "its last layer is not known here, or it has too many")
    if fitted.n_outputs_ != 1 and link != "softmax":
        raise reasons.of(fitted, "it predicts several outcomes")
    layers = [
        Layer(_numbers(weights), _numbers(intercepts))
        for weights, intercepts in zip(fitted.coefs_, fitted.intercepts_, strict=True)
    ]
    return Network(tuple(layers), fitted.activation, link)


def _numbers(values: Any) -> Array:
    return packed(np.asarray(values, dtype=np.float64))
