"""What a version is finished with, from its candidate's answers out of fold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from flyball.domain.finishing.applying import calibrated
from flyball.domain.finishing.calibration import Calibration
from flyball.domain.finishing.costs import TradeOff, chosen
from flyball.domain.finishing.finish import Finish
from flyball.domain.values import label_of
from flyball.learning.anomalies.scores import above
from flyball.learning.dataset import Dataset
from flyball.learning.outoffold.answers import OutOfFold
from flyball.learning.outoffold.calibrating import Calibrated, Gain, calibration
from flyball.learning.outoffold.costing import trade_offs
from flyball.learning.outoffold.covering import covered, interval
from flyball.learning.outoffold.wanted import Wanted
from flyball.learning.weighing.rows import relative

NONE = "No fold has all labels to learn from: there are no predictions out of fold."


def finish(found: OutOfFold | None, wanted: Wanted) -> Finish:
    """What is wanted of predictions out of fold."""
    if found is None:
        return Finish(notes=(NONE,))
    notes, costs, made = list[str](), list[TradeOff](), None
    if wanted.interval is not None:
        return _bounded(found, wanted.interval)
    if wanted.contamination is not None:
        return Finish(rows=len(found.answers), threshold=above(found.answers, wanted.contamination))
    if wanted.is_calibrated:
        made, gains = calibration(found, relative(found.rows))
        notes.append(_calibrated(made, gains))
    if made is not None:
        found = replace(found, answers=calibrated(made, found.answers))
    if wanted.break_even is not None:
        costs = trade_offs(*_positive(found, wanted))
        notes.append(_cheapest(wanted.break_even, costs, len(found.answers)))
    return Finish(rows=len(found.answers), trade_offs=tuple(costs), notes=tuple(notes), calibration=made)


def _bounded(found: OutOfFold, level: float) -> Finish:
    made = interval(found, level, relative(found.rows))
    notes = () if made else (f"There are too few predictions out of fold for intervals of {level:.4g}.",)
    return Finish(rows=len(found.answers), interval=made, notes=notes)


def covering(pipeline: Any, finish: Finish | None, held_out: Dataset) -> Finish | None:
    """With a note on the rows held out that lie inside of their intervals."""
    if finish is None or finish.interval is None:
        return finish
    answers, happened = np.asarray(pipeline.predict(held_out.frame), dtype=np.float64), held_out.labels
    share, width = covered(finish.interval, answers, happened, relative(held_out))
    note = (
        f"Of {len(happened):,} rows held out, {share:.1%} lie inside of their intervals, which are to hold "
        f"{finish.interval.level:.4g} and are {width:,.4g} wide on average."
    )
    return replace(finish, notes=(*finish.notes, note))


def _calibrated(made: Calibration | None, gains: Sequence[Gain]) -> str:
    if made is None:
        tried = "; ".join(f"{each.method}: {_said(each)}" for each in gains) or "there are too few"
        return (
            f"Probabilities are the model's own: by predictions out of fold no calibration helps ({tried})."
        )
    (gain,) = [each for each in gains if each.method == made.method]
    return f"Probabilities are calibrated ({made.method}). By predictions out of fold: {_said(gain)}."


def _said(gain: Gain) -> str:
    before, after = gain.log_loss
    return (
        f"log loss {after:.4f} instead of {before:.4f} on {gain.rows:,} rows, standard error of the "
        f"difference {gain.error:.2g}, Brier score {gain.brier[1]:.4f} instead of {gain.brier[0]:.4f}"
    )


def finished(pipeline: Any, finish: Finish | None) -> Any:
    """A fitted pipeline as it will answer, to be scored."""
    calibration = None if finish is None else finish.calibration
    return pipeline if calibration is None else Calibrated(pipeline, calibration)


def _cheapest(break_even: float, known: Sequence[TradeOff], rows: int) -> str:
    threshold, at = chosen(break_even, known)
    return (
        f"By the costs that its build knew, errors cost the least at a threshold of {threshold:.4g}: "
        f"{at.false_positives:,.6g} false positives and {at.false_negatives:,.6g} false negatives "
        f"in {rows:,} predictions out of fold."
    )


def _positive(found: OutOfFold, wanted: Wanted) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The positive class's probability, which rows are of it, and the weight of each."""
    classes = found.classes.tolist()
    place = classes.index(label_of(wanted.positive, classes))
    is_positive = found.rows.labels == found.classes[place]
    return found.answers[:, place], is_positive, relative(found.rows)
