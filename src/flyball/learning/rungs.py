"""The rungs of a search: the same folds over growing draws of the rows, the last over all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from flyball.learning.dataset import Dataset
from flyball.learning.splitting.forward import Split

SAMPLE = 4_000
"""Rows of the first draw; more where a label is rare. Nothing is drawn from fewer than 1.5 times as many."""
GROWTH = 3
"""How many times more rows each rung has, and which part of the points climbs to it."""
DRAWN_FOLDS = 3
"""Folds on a draw: the last ones, which have the most rows to train on where rows have a time."""
RAREST = 25
"""The least rows of a label in a draw."""


def rungs(training: Dataset, folds: Sequence[Split], task: str, seed: int) -> list[list[Split]]:
    """Folds of each rung, as positions in the training rows.

    A draw keeps labels in proportion and takes rows out of the folds, on both sides; so what holds for the
    folds (their order in time, what was known when they begin, entities on one side) holds on every rung.
    Each draw contains the one before.
    """
    size, order = _first(training, task), _order(training, task, seed)
    found = []
    while size * 1.5 < len(training):
        drawn = np.zeros(len(training), dtype=bool)
        drawn[order[:size]] = True
        thinned = [(train[drawn[train]], test[drawn[test]]) for train, test in folds[-DRAWN_FOLDS:]]
        if all(len(part) for split in thinned for part in split):
            found.append(thinned)
        size *= GROWTH
    return [*found, list(folds)]


def _first(training: Dataset, task: str) -> int:
    if task != "classification":
        return SAMPLE
    rarest = int(np.unique(training.labels, return_counts=True)[1].min())
    return max(SAMPLE, math.ceil(RAREST * len(training) / rarest))


def _order(training: Dataset, task: str, seed: int) -> np.ndarray:
    """Positions in an order whose every beginning has the labels in proportion."""
    shuffled = np.random.default_rng(seed).permutation(len(training))
    if task != "classification":
        return shuffled
    place = np.empty(len(training))
    for label in np.unique(training.labels):
        own = shuffled[training.labels[shuffled] == label]
        place[own] = (np.arange(len(own)) + 0.5) / len(own)
    return np.argsort(place, kind="stable")
