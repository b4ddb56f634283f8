"""What the endpoint decides about answers."""

from __future__ import annotations

import numpy as np

from flyball.batches.answering.answered import Answered
from flyball.batches.answering.pinned import Pinned
from flyball.domain.values import label_text

NO_DECISION = "no_decision"


def decided(pinned: Pinned, numbers: np.ndarray) -> np.ndarray | None:
    """Which answers are at or above the threshold; ``None`` where nothing is decided."""
    decision = pinned.decision
    if decision is None:
        return None
    names = [label_text(label) for label in pinned.classes]
    scores = numbers[:, 0 if decision.label is None else names.index(decision.label)]
    return np.asarray(scores >= decision.threshold)


def undecided(pinned: Pinned, found: Answered) -> None:
    """Say of each answer that nothing is decided about it, where the endpoint decides."""
    if pinned.is_undecided:
        for number in range(len(found.places)):
            found.warnings.setdefault(number, []).append(NO_DECISION)
