"""What a version is finished with, from its candidate's answers out of fold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from flyball.domain.finishing.costs import TradeOff, chosen
from flyball.domain.finishing.finish import Finish
from flyball.domain.values import label_of
from flyball.learning.outoffold.answers import OutOfFold
from flyball.learning.outoffold.costing import trade_offs
from flyball.learning.outoffold.wanted import Wanted

NONE = "No fold has all labels to learn from: there are no predictions out of fold."


def finish(found: OutOfFold | None, wanted: Wanted) -> Finish:
    """What is wanted of predictions out of fold."""
    if found is None:
        return Finish(notes=(NONE,))
    notes, costs = list[str](), list[TradeOff]()
    if wanted.break_even is not None:
        costs = trade_offs(*_positive(found, wanted))
        notes.append(_cheapest(wanted.break_even, costs, len(found.answers)))
    return Finish(rows=len(found.answers), trade_offs=tuple(costs), notes=tuple(notes))


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
    return found.answers[:, place], is_positive, np.ones(len(is_positive))
