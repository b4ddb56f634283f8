"""Whether the arrays of an estimator fit each other: checked once, when it is opened."""

from __future__ import annotations

import numpy as np

from flyball.domain.errors import ArtifactCorrupt
from flyball.inference.compiled.arrays import Array, unpacked


def corrupt(what: str) -> ArtifactCorrupt:
    """The error for a part that does not fit; ``what`` names it."""
    return ArtifactCorrupt(f"The artifact holds an estimator whose {what} do not fit.")


def sized(array: Array, dtype: str, shape: tuple[int | None, ...], what: str) -> np.ndarray:
    """The array, of that type and shape; None stands for any size but 0. Raises ``ArtifactCorrupt``."""
    numbers = unpacked(array)
    if array.dtype != dtype or numbers.ndim != len(shape) or numbers.size == 0:
        raise corrupt(what)
    if any(wanted not in (None, size) for size, wanted in zip(numbers.shape, shape, strict=True)):
        raise corrupt(what)
    return numbers


def finite(array: Array, shape: tuple[int | None, ...], what: str) -> np.ndarray:
    """Finite float64 numbers of that shape. Raises ``ArtifactCorrupt``."""
    numbers = sized(array, "<f8", shape, what)
    if not np.isfinite(numbers).all():
        raise corrupt(what)
    return numbers


def places(array: Array, shape: tuple[int | None, ...], low: int, high: int, what: str) -> np.ndarray:
    """Whole numbers of that shape from ``low`` to below ``high``. Raises ``ArtifactCorrupt``."""
    numbers = sized(array, "<i8", shape, what)
    if numbers.min() < low or numbers.max() >= high:
        raise corrupt(what)
    return numbers
