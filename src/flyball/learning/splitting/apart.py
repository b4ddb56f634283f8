"""Splits without time: no entity that is scored has trained, whichever join key it belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from sklearn.model_selection import StratifiedGroupKFold

from flyball.domain.errors import DataError
from flyball.learning.splitting.forward import Split

ALL_SHARED = (
    "Every row shares an entity with the rows that are to be scored, so none is left to train on. "
    "Rows of more entities are needed, or a time of the rows."
)


def recur(entities: np.ndarray) -> bool:
    """Whether some entity has more than one row."""
    return any(np.unique(key[key >= 0], return_counts=True)[1].max(initial=0) > 1 for key in _keys(entities))


def folds(entities: np.ndarray, strata: np.ndarray, number: int, seed: int) -> list[Split]:
    """Shuffled folds that share no entity with the rows they are scored by.

    ``strata`` (a label a row, or zeros) are kept in proportion. With one join key each fold scores about
    one part in ``number`` of the rows, and all others train. With several, the entities of different keys
    are tied to each other by their rows, and cutting some ties is needed: rows to be scored are chosen by
    what hangs together, by each key alone, and by all keys at once; rows that share an entity with
    them do not train; and the way is taken whose smallest fold keeps most rows on both sides.

    Raises ``ValueError`` for fewer entities than folds, ``DataError`` where no row is left to train.
    """
    keys = _keys(entities)
    if len(keys) < 2:
        bins = _bins(keys[0], strata, number, seed)
        return [(np.flatnonzero(bins != place), np.flatnonzero(bins == place)) for place in range(number)]
    keys = [_alone(key) for key in keys]
    ways = [
        [(without_shared(entities, np.arange(len(entities)), scored), scored) for scored in way]
        for way in _ways(keys, strata, number, seed)
    ]
    best = max(ways, key=_least)
    if not _least(best):
        raise DataError(ALL_SHARED)
    return best


def without_shared(entities: np.ndarray, train: np.ndarray, scored: np.ndarray) -> np.ndarray:
    """The training rows that share no entity with the scored ones."""
    for key in _keys(entities):
        train = train[(key[train] < 0) | ~np.isin(key[train], key[scored])]
    return train


def _keys(entities: np.ndarray) -> list[np.ndarray]:
    """The join keys that tell rows apart: one that all rows share tells a model nothing of any of them."""
    return [key for key in entities.T if (key != key[0]).any()] or [entities[:, 0]]


def _least(way: list[Split]) -> int:
    return min(len(train) * len(scored) for train, scored in way)


def _ways(keys: list[np.ndarray], strata: np.ndarray, number: int, seed: int) -> Iterator[list[np.ndarray]]:
    """Ways to choose the rows that are scored: each gives their positions, fold by fold."""
    counts = [min(number, len(np.unique(key))) for key in keys]
    binned = [_bins(key, strata, count, seed) for key, count in zip(keys, counts, strict=True)]
    parts = _together(keys)
    if len(np.unique(parts)) >= number:
        binned, counts = [_bins(parts, strata, number, seed), *binned], [number, *counts]
    for bins, count in zip(binned, counts, strict=True):
        if count == number:
            yield [np.flatnonzero(bins == place) for place in range(number)]
    crossed = list(zip(binned, counts, strict=True))[-len(keys) :]
    for_each = [[bins == place % count for bins, count in crossed] for place in range(number)]
    yield [np.flatnonzero(np.logical_and.reduce(chosen)) for chosen in for_each]


def _bins(key: np.ndarray, strata: np.ndarray, number: int, seed: int) -> np.ndarray:
    """Each row's place in one of so many bins, by entity, about equal in rows and strata."""
    splitter: Any = StratifiedGroupKFold(number, shuffle=True, random_state=seed)
    bins = np.empty(len(key), dtype=int)
    for place, (_, scored) in enumerate(splitter.split(key, strata, key)):
        bins[scored] = place
    return bins


def _alone(key: np.ndarray) -> np.ndarray:
    """A join key's entities, where each row that lacks one is one of its own."""
    own = key.copy()
    lacking = key < 0
    own[lacking] = key.max() + 1 + np.arange(lacking.sum())
    return own


def _together(keys: list[np.ndarray]) -> np.ndarray:
    """The parts into which rows fall that no entity of any key ties together."""
    size = len(keys[0])
    rows = np.tile(np.arange(size), len(keys))
    offsets = size + np.cumsum([0, *(key.max() + 1 for key in keys)])
    ends = np.concatenate([key + offset for key, offset in zip(keys, offsets, strict=False)])
    # Rows tied to entities, not to each other: a shop of 100,000 rows would make 10^10 ties.
    ties = csr_array((np.ones(len(rows)), (rows, ends)), (offsets[-1], offsets[-1]))
    parts: np.ndarray = connected_components(ties, directed=False)[1]
    return parts[:size]
