"""Which scores are those of anomalies."""

from __future__ import annotations

NEAR = 1e-9
"""How far above the threshold a score lies at least: nearer ones differ between runtimes by rounding."""


def is_above(score: float, threshold: float) -> bool:
    """Whether a score is an anomaly's; one at the threshold is not, as in scikit-learn."""
    return score > threshold + NEAR
