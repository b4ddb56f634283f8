"""Naive Bayes and mixtures, compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

from flyball.inference.compiled.arrays import Array, packed
from flyball.inference.compiled.estimators.densities import Mixture, NaiveBayes
from flyball.learning.compiling import reasons


def naive_bayes(fitted: Any, columns: int) -> NaiveBayes:
    """Gaussian naive Bayes. Raises ``NotCompiled`` where a column does not vary at all."""
    if fitted.var_.min() <= 0:
        raise reasons.of(fitted, "a column does not vary")
    return NaiveBayes(_numbers(fitted.theta_), _numbers(fitted.var_), _numbers(fitted.class_prior_))


def mixture(fitted: Any, columns: int) -> Mixture:
    """A Gaussian mixture. Raises ``NotCompiled`` for tied or spherical covariances, or an empty component."""
    if fitted.covariance_type not in ("full", "diag"):
        raise reasons.of(fitted, "only full and diagonal covariances are compiled")
    if fitted.weights_.min() <= 0:
        raise reasons.of(fitted, "a component of it has no weight")
    return Mixture(_numbers(fitted.means_), _numbers(fitted.weights_), _numbers(fitted.precisions_cholesky_))


def _numbers(values: Any) -> Array:
    return packed(np.asarray(values, dtype=np.float64))
