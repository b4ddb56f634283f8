"""Weights of a blend: parts are taken one after the other, again and again, where the score gains most."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

ROUNDS = 20
"""Parts that are taken at most: each weighs a twentieth or more."""

Weigh = Callable[[np.ndarray], float | None]
"""The score of a mean with these weights, greater is better; ``None`` where it is not defined."""


def chosen(score: Weigh, parts: int) -> np.ndarray | None:
    """Weights (parts,) that add up to 1; ``None`` where no score is defined.

    Each round takes the part with which the mean of all that were taken scores best, those taken before among
    them; of equal ones the first. What scored best of all rounds counts, of equal ones the shortest. Source:
    Caruana et al., 2004, "Ensemble Selection from Libraries of Models", sections 2.1 and 2.2.
    """
    taken, best, most = np.zeros(parts), None, -np.inf
    for _ in range(ROUNDS):
        more = taken + np.eye(parts)
        tried = [_defined(score(counts / counts.sum())) for counts in more]
        taken = more[int(np.argmax(tried))]
        if max(tried) > most:
            best, most = taken / taken.sum(), max(tried)
    return best


def _defined(score: float | None) -> float:
    return -np.inf if score is None else score
