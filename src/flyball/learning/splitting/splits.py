"""Which rows train and which are scored: forward in time; without time, no entity on both sides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.model_selection import (
    KFold,
    ShuffleSplit,
    StratifiedKFold,
    StratifiedShuffleSplit,
)

from flyball.domain.errors import DataError
from flyball.learning.dataset import Dataset
from flyball.learning.splitting import apart, forward
from flyball.learning.splitting.forward import Split

HELD_OUT = 0.2
"""The share of the rows that is kept for the final score."""
LEAST = 5
"""The fewest rows, or entities where rows have no time: a fifth of fewer rounds to nothing."""
TOO_FEW = "There are too few rows or entities to split them so."


def held_out(dataset: Dataset, task: str, seed: int) -> Split:
    """Set aside about a fifth of the rows for the final score.

    Where rows have a time: the latest rows, and those train whose outcome was known when they begin.
    Entities may be on both sides, as they are in production. Otherwise rows are drawn with the seed, in
    proportion to the labels for classification; where entities recur, no entity is on both sides, and
    fewer rows may be set aside and train (``apart.folds``). Raises ``DataError`` for fewer than
    ``LEAST`` rows or entities, and where no row is left to train on.
    """
    if len(dataset) < LEAST:
        raise DataError(TOO_FEW)
    times = _ordered(dataset)
    if times is not None:
        return forward.latest(*times, HELD_OUT)
    if apart.recur(dataset.entities):
        return _entities_held_out(dataset, task, seed)
    stratified = task == "classification" and _frequent(dataset, 2)
    splitter: Any = (StratifiedShuffleSplit if stratified else ShuffleSplit)(
        n_splits=1, test_size=HELD_OUT, random_state=seed
    )
    train, test = next(splitter.split(dataset.frame, dataset.target))
    return np.sort(train), np.sort(test)


def folds(cv: Any, dataset: Dataset, task: str, seed: int) -> list[Split]:
    """The splits of cross-validation.

    A number of folds gives, where rows have a time, blocks in order of time (``forward.folds``); otherwise
    shuffled folds that keep labels in proportion and share no entity (``apart.folds``). A splitter of the
    user's own is taken as it is, but for training rows that are left out: those that come after the first
    scored row, or whose outcome was not known then; without time, those of an entity that is scored.
    Raises ``DataError`` where a fold would be empty.
    """
    try:
        found = list(_numbered(cv, dataset, task, seed) if isinstance(cv, int) else _own(cv, dataset))
    except ValueError as error:
        raise DataError(f"{TOO_FEW} {error}") from None
    if not found or any(not len(part) for split in found for part in split):
        raise DataError(TOO_FEW)
    return found


def _entities_held_out(dataset: Dataset, task: str, seed: int) -> Split:
    if len(np.unique(dataset.groups)) < LEAST:
        raise DataError(TOO_FEW)
    number = round(1 / HELD_OUT)
    found = folds(number, dataset, task, seed)
    # Not the first: one entity may have most of the rows, and too few would be left to train on.
    return min(found, key=lambda split: abs(len(split[1]) - HELD_OUT * len(dataset)))


def _numbered(number: int, dataset: Dataset, task: str, seed: int) -> Iterator[Split]:
    times = _ordered(dataset)
    if times is not None:
        yield from forward.folds(*times, number)
        return
    stratified = task == "classification" and _frequent(dataset, number)
    if apart.recur(dataset.entities):
        strata = dataset.labels if stratified else np.zeros(len(dataset))
        yield from apart.folds(dataset.entities, strata, number, seed)
        return
    splitter: Any = (StratifiedKFold if stratified else KFold)(number, shuffle=True, random_state=seed)
    yield from splitter.split(dataset.frame, dataset.target)


def _own(splitter: Any, dataset: Dataset) -> Iterator[Split]:
    times = _ordered(dataset)
    for train, test in splitter.split(dataset.frame, dataset.target, dataset.groups):
        if times is not None:
            yield forward.purged(*times, test, train)
        else:
            yield _apart(dataset.entities, train, test)


def _apart(entities: np.ndarray, train: np.ndarray, test: np.ndarray) -> Split:
    left = apart.without_shared(entities, train, test)
    if len(train) and not len(left):
        raise DataError(apart.ALL_SHARED)
    return left, test


def _ordered(dataset: Dataset) -> tuple[np.ndarray, np.ndarray] | None:
    """The rows' times and when their outcomes were known; ``None`` where nothing comes before anything."""
    if dataset.times is None or dataset.known_at is None or dataset.times.min() == dataset.times.max():
        return None
    return dataset.times, dataset.known_at


def _frequent(dataset: Dataset, times: int) -> bool:
    """Whether each label has at least so many rows; too rare ones cannot be kept in proportion."""
    return bool(np.unique(dataset.labels, return_counts=True)[1].min() >= times)
