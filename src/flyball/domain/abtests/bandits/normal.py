"""The normal distribution function, of arrays: numpy has none."""

from __future__ import annotations

import numpy as np

from flyball.domain.abtests.moments import Numbers

_ABOVE = (
    0.0352624965998911,
    0.700383064443688,
    6.37396220353165,
    33.912866078383,
    112.079291497871,
    221.213596169931,
    220.206867912376,
)
_BELOW = (
    0.0883883476483184,
    1.75566716318264,
    16.064177579207,
    86.7807322029461,
    296.564248779674,
    637.333633378831,
    793.826512519948,
    440.413735824752,
)
_FAR = 7.0
"""Beyond it less than 2e-12 is left, and numbers are taken for this one."""


def cdf(numbers: Numbers) -> Numbers:
    """Φ(x): Hart's rational approximation of 1968 (no. 5666); the error is below 2e-12."""
    far = np.minimum(np.abs(numbers), _FAR)
    tail = np.exp(-0.5 * far * far) * np.polyval(_ABOVE, far) / np.polyval(_BELOW, far)
    return np.asarray(np.where(np.asarray(numbers) > 0, 1.0 - tail, tail))
