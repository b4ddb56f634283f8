"""Linear models and baselines, compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

from flyball.domain.numbers import Link
from flyball.inference.compiled.arrays import Array, packed
from flyball.inference.compiled.estimators.constant import Constant
from flyball.inference.compiled.estimators.linear import Linear
from flyball.learning.compiling import reasons


def logistic(fitted: Any, columns: int) -> Linear:
    """Logistic regression: two classes by expit, more by softmax."""
    link: Link = "logistic" if len(fitted.classes_) <= 2 else "softmax"
    return Linear(_numbers(fitted.coef_), _numbers(fitted.intercept_.reshape(-1)), link)


def descent(fitted: Any, columns: int) -> Linear:
    """A classifier by gradient descent. Raises ``NotCompiled`` for another loss, or more classes than two.

    The library takes the label of more classes from sums whose probabilities may both be rounded to 1.
    """
    if fitted.loss != "log_loss" or len(fitted.classes_) > 2:
        raise reasons.of(fitted, "only the loss 'log_loss' of two classes is compiled")
    return logistic(fitted, columns)


def regression(fitted: Any, columns: int) -> Linear:
    """A linear regression of one value. Raises ``NotCompiled``."""
    coefficients = np.atleast_2d(fitted.coef_)
    if len(coefficients) != 1:
        raise reasons.of(fitted, "it predicts several values")
    return Linear(_numbers(coefficients), _numbers(np.reshape(fitted.intercept_, -1)), "value")


def prior(fitted: Any, columns: int) -> Constant:
    """The share of each class. Raises ``NotCompiled`` for another strategy."""
    if fitted.strategy != "prior" or fitted.n_outputs_ != 1:
        raise reasons.of(fitted, "only the strategy 'prior' for one outcome is compiled")
    return Constant(_numbers(fitted.class_prior_))


def constant(fitted: Any, columns: int) -> Constant:
    """One value for every row. Raises ``NotCompiled`` where there are several."""
    if fitted.n_outputs_ != 1:
        raise reasons.of(fitted, "it predicts several values")
    return Constant(_numbers(fitted.constant_.reshape(())))


def _numbers(values: Any) -> Array:
    return packed(np.asarray(values, dtype=np.float64))
