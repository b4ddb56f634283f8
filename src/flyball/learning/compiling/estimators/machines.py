"""Support vector machines, compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.svm import SVC

from flyball.inference.compiled.arrays import packed
from flyball.inference.compiled.estimators.machines import MOST_CLASSES, CalibratedMachine, Machine
from flyball.learning.compiling import reasons


def regression(fitted: Any, columns: int) -> Machine:
    """A regression with the radial kernel. Raises ``NotCompiled`` for another kernel."""
    return _machine(fitted, np.asarray(fitted.dual_coef_))


def calibrated(fitted: Any, columns: int) -> CalibratedMachine:
    """One machine with its sigmoids. Raises ``NotCompiled`` for another classifier or calibration."""
    if len(fitted.calibrated_classifiers_) != 1:
        raise reasons.of(fitted, "it is an ensemble of calibrated classifiers")
    inner = fitted.calibrated_classifiers_[0]
    machine = inner.estimator
    if type(machine) is not SVC or inner.method != "sigmoid":
        raise reasons.of(fitted, "only the sigmoid of a SVC is compiled")
    classes = len(fitted.classes_)
    if list(machine.classes_) != list(fitted.classes_) or classes > MOST_CLASSES:
        raise reasons.of(fitted, "its classes are not those of its machine, or too many")
    if classes > 2 and machine.decision_function_shape != "ovr":
        raise reasons.of(fitted, "only one decision each class ('ovr') is compiled")
    coefficients = np.asarray(machine.dual_coef_) if classes == 2 else _of_pairs(machine)
    return CalibratedMachine(
        _machine(machine, coefficients),
        packed(np.array([sigmoid.a_ for sigmoid in inner.calibrators], dtype=np.float64)),
        packed(np.array([sigmoid.b_ for sigmoid in inner.calibrators], dtype=np.float64)),
    )


def _machine(fitted: Any, coefficients: np.ndarray) -> Machine:
    if fitted.kernel != "rbf":
        raise reasons.of(fitted, "only the kernel 'rbf' is compiled")
    return Machine(
        packed(np.asarray(fitted.support_vectors_, dtype=np.float64)),
        packed(coefficients.astype(np.float64)),
        packed(np.asarray(fitted.intercept_, dtype=np.float64)),
        float(fitted._gamma),
    )


def _of_pairs(machine: Any) -> np.ndarray:
    """Coefficients (pairs, vectors): those of the vectors of both classes of a pair, else 0.

    libsvm holds them as (classes - 1, vectors): a vector of class i has its coefficient against class j in
    row j where j < i, else in row j - 1.
    """
    ends = np.cumsum(machine.n_support_)
    spans = [slice(end - size, end) for end, size in zip(ends, machine.n_support_, strict=True)]
    dual = np.asarray(machine.dual_coef_)
    first, second = np.triu_indices(len(spans), 1)
    coefficients = np.zeros((len(first), dual.shape[1]))
    for place, (one, other) in enumerate(zip(first, second, strict=True)):
        coefficients[place, spans[one]] = dual[other - 1, spans[one]]
        coefficients[place, spans[other]] = dual[one, spans[other]]
    return coefficients
