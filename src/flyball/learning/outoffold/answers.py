"""The answers of a candidate's best point to each fold, by fits that have not learned from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from flyball.learning.anomalies.scores import scores
from flyball.learning.dataset import Dataset
from flyball.learning.splitting.forward import Split

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfFold:
    """``answers``: probabilities (rows, classes) in the order of ``classes``, or values or scores (rows,).

    ``rows`` are those that were asked about, in the order of folds, and ``folds`` the number of each one's.
    A splitter of the user's own may ask about a row twice, and about some rows never. ``is_forward``: a
    fold comes after those before it.
    """

    rows: Dataset
    answers: Numbers
    folds: npt.NDArray[np.intp]
    classes: npt.NDArray[Any]
    is_forward: bool

    def before(self, fold: int) -> npt.NDArray[np.bool_]:
        """Which answers may be learned from to judge those of a fold: the other folds', or earlier ones'."""
        is_before: npt.NDArray[np.bool_] = self.folds < fold if self.is_forward else self.folds != fold
        return is_before


def out_of_fold(
    fitted: Callable[[Dataset], Any],
    training: Dataset,
    folds: Sequence[Split],
    *,
    labels: int,
    are_scores: bool = False,
) -> OutOfFold | None:
    """Fit for each fold, and ask about its rows. A fold that trains without a label is passed over.

    With ``are_scores`` the rows' anomaly scores are asked.

    ``None`` where none is left. Raises what a fit raises.
    """
    found, asked, numbers = list[Numbers](), list[npt.NDArray[np.intp]](), list[int]()
    classes: npt.NDArray[Any] = np.array([])
    for number, (train, test) in enumerate(folds):
        rows = training.take(train)
        if labels and len(np.unique(rows.labels)) < labels:
            continue
        model = fitted(rows)
        classes = model.classes_ if labels else classes
        answer = model.predict_proba if labels else partial(scores, model) if are_scores else model.predict
        found.append(np.asarray(answer(training.take(test).frame), dtype=np.float64))
        asked.append(test)
        numbers += [number] * len(test)
    if not found:
        return None
    return OutOfFold(
        rows=training.take(np.concatenate(asked)),
        answers=np.concatenate(found),
        folds=np.array(numbers, dtype=np.intp),
        classes=classes,
        is_forward=training.times is not None,
    )
