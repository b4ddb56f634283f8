"""From where on scores are those of anomalies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from flyball.domain.errors import DataError
from flyball.domain.finishing.anomalies import is_above
from flyball.domain.finishing.finish import Finish
from flyball.learning.anomalies.scores import scores
from flyball.learning.dataset import Dataset

NO_OFFSET = "The detector has no threshold of its own: say contamination = 0.01, or another share."


def flagging(model: Any, finish: Finish | None, rows: Dataset) -> Finish:
    """What a version keeps of its scores, with a note on ``rows`` that were not learned from.

    Where nothing was wanted of predictions out of fold, the threshold is the detector's own. Raises
    ``DataError`` where it has none.
    """
    known = Finish() if finish is None else finish
    threshold = own_threshold(model, rows) if known.threshold is None else known.threshold
    found = scores(model, rows.frame)
    flagged = int(is_above(found, threshold).sum())
    of = f"{known.rows:,} scores out of fold" if known.rows else "the detector itself"
    note = (
        f"Scores above {threshold:.4g} are anomalies, by {of}: of {len(rows):,} rows held out these are "
        f"{flagged:,} ({flagged / len(rows):.2%})."
    )
    return replace(known, threshold=threshold, notes=(*known.notes, note))


def own_threshold(model: Any, rows: Dataset) -> float:
    """The score above which a detector itself says that a row is an outlier. Raises ``DataError``."""
    if not hasattr(model, "decision_function"):
        raise DataError(NO_OFFSET)
    one = rows.frame.iloc[:1]
    # Scikit-learn takes its offset off the scores, and calls what is below 0 an outlier.
    offset = np.asarray(model.score_samples(one)) - np.asarray(model.decision_function(one))
    return -float(offset.ravel()[0])
