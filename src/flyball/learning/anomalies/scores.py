"""Anomaly scores: higher is stranger."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


def scores(model: Any, frame: Any) -> Numbers:
    """Of a fitted detector, float64 (rows,): the opposite of scikit-learn's ``score_samples``.

    Of an isolation forest it is the paper's: 2 ** (-E[h(x)] / c(n)), in (0, 1] (Liu, Ting and Zhou 2008,
    "Isolation Forest").
    """
    return -np.asarray(model.score_samples(frame), dtype=np.float64).ravel()


def above(found: Numbers, contamination: float) -> float:
    """The score that a share of ``contamination`` of these lies above."""
    return float(np.quantile(found, 1.0 - contamination))
