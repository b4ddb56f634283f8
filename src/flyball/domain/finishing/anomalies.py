"""Which scores are those of anomalies."""

from __future__ import annotations

from typing import Any

NEAR = 1e-9
"""How far above the threshold a score lies at least: nearer ones differ between runtimes by rounding."""


def is_above(score: Any, threshold: float) -> Any:
    """Whether a score, or each of an array, is an anomaly's: above the threshold, as in scikit-learn."""
    return score > threshold + NEAR
