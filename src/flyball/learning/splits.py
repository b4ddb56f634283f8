"""Which rows train and which are scored: never an entity on both sides, never the future before the past."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    ShuffleSplit,
    StratifiedGroupKFold,
    StratifiedKFold,
    StratifiedShuffleSplit,
)

from flyball.domain.errors import DataError
from flyball.learning.dataset import Dataset

Split = tuple[np.ndarray, np.ndarray]
"""Positions of the rows that train, and of those that are scored."""

HELD_OUT = 0.2
"""The share of the rows that is kept for the final score."""
LEAST = 5
"""Entities below which a fifth of them is none."""
TOO_FEW = "There are too few rows or entities to split them so."


def held_out(dataset: Dataset, task: str, seed: int) -> Split:
    """Set aside about a fifth of the rows.

    Where rows have a time: the latest entities, in order of their last row, each with all its rows (where
    an entity has one row, that is the latest rows). Otherwise drawn with the seed: whole entities where
    they recur, and in proportion to the labels for classification. Raises ``DataError`` for fewer than
    ``LEAST`` entities.
    """
    if len(np.unique(dataset.groups)) < LEAST:
        raise DataError(TOO_FEW)
    if dataset.times is not None:
        blocks = _by_last_row(dataset.groups, dataset.times, [1 - HELD_OUT])
        return blocks[0], blocks[1]
    stratified = task == "classification" and _frequent(dataset, 2)
    splitter: Any
    if not dataset.grouped:
        chosen = StratifiedShuffleSplit if stratified else ShuffleSplit
        splitter = chosen(n_splits=1, test_size=HELD_OUT, random_state=seed)
    elif stratified:
        splitter = StratifiedGroupKFold(round(1 / HELD_OUT), shuffle=True, random_state=seed)
    else:
        splitter = GroupShuffleSplit(n_splits=1, test_size=HELD_OUT, random_state=seed)
    groups = dataset.groups if dataset.grouped else None
    train, test = next(splitter.split(dataset.frame, dataset.target, groups))
    return np.sort(train), np.sort(test)


def folds(cv: Any, dataset: Dataset, task: str, seed: int) -> list[Split]:
    """The splits of cross-validation.

    A number of folds gives, where rows have a time, as many blocks of entities in order of their last row,
    each scored by what came before it; otherwise shuffled folds that keep entities whole and labels in
    proportion. A splitter of the user's own is taken as it is, but for training rows of an entity that is
    scored in the same fold: they are left out. Raises ``DataError`` where a fold would be empty.
    """
    try:
        found = list(_numbered(cv, dataset, task, seed) if isinstance(cv, int) else _own(cv, dataset))
    except ValueError as error:
        raise DataError(f"{TOO_FEW} {error}") from None
    if not found or any(not len(part) for split in found for part in split):
        raise DataError(TOO_FEW)
    return found


def _numbered(number: int, dataset: Dataset, task: str, seed: int) -> Iterator[Split]:
    if dataset.times is not None:
        shares = [place / (number + 1) for place in range(1, number + 1)]
        blocks = _by_last_row(dataset.groups, dataset.times, shares)
        for index in range(1, len(blocks)):
            yield np.sort(np.concatenate(blocks[:index])), blocks[index]
        return
    stratified = task == "classification" and _frequent(dataset, number)
    splitter: Any
    if dataset.grouped and not stratified:
        splitter = GroupKFold(number, shuffle=True, random_state=seed)
    elif dataset.grouped:
        splitter = StratifiedGroupKFold(number, shuffle=True, random_state=seed)
    else:
        splitter = (StratifiedKFold if stratified else KFold)(number, shuffle=True, random_state=seed)
    groups = dataset.groups if dataset.grouped else None
    yield from splitter.split(dataset.frame, dataset.target, groups)


def _own(splitter: Any, dataset: Dataset) -> Iterator[Split]:
    for train, test in splitter.split(dataset.frame, dataset.target, dataset.groups):
        yield train[~np.isin(dataset.groups[train], dataset.groups[test])], test


def _by_last_row(groups: np.ndarray, times: np.ndarray, shares: list[float]) -> list[np.ndarray]:
    """Blocks of rows, cut at these shares of all rows, whole entities in order of their last row."""
    _, entity = np.unique(groups, return_inverse=True)
    last = np.full(entity.max() + 1, np.iinfo(np.int64).min)
    np.maximum.at(last, entity, times.astype(np.int64))
    order = np.lexsort((np.arange(len(last)), last))
    rows_before = np.cumsum(np.bincount(entity)[order]) - 1
    block_of_entity = np.empty(len(last), dtype=int)
    block_of_entity[order] = np.searchsorted(np.array(shares) * len(entity), rows_before, side="right")
    block = block_of_entity[entity]
    return [np.flatnonzero(block == number) for number in range(len(shares) + 1)]


def _frequent(dataset: Dataset, times: int) -> bool:
    """Whether each label has at least so many rows; too rare ones cannot be kept in proportion."""
    return bool(np.unique(dataset.labels, return_counts=True)[1].min() >= times)
