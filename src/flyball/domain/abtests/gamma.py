"""The logarithm of the gamma function, of arrays: numpy has none."""

from __future__ import annotations

import math

import numpy as np

from flyball.domain.abtests.moments import Numbers


def lgamma(numbers: Numbers) -> Numbers:
    """log Γ(x) of positive numbers: Stirling's series beyond 8, and before it Γ(x + 1) = x Γ(x).

    The series is Abramowitz and Stegun 6.1.41; its error beyond 8 is below 1e-13.
    """
    far, product = np.asarray(numbers, dtype=np.float64), np.ones_like(numbers)
    while (near := far < 8.0).any():
        product, far = np.where(near, product * far, product), np.where(near, far + 1.0, far)
    inverse = 1.0 / far
    square = inverse * inverse
    series = inverse * (
        1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188)))
    )
    return np.asarray(
        (far - 0.5) * np.log(far) - far + 0.5 * math.log(2 * math.pi) + series - np.log(product)
    )
