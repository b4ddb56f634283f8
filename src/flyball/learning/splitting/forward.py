"""Splits forward in time: rows are scored from a moment on by those whose outcome was known then."""

from __future__ import annotations

import numpy as np

from flyball.domain.errors import DataError

Split = tuple[np.ndarray, np.ndarray]
"""Positions of the rows that train, and of those that are scored."""

TOO_EARLY = (
    "No outcome was known yet when the rows begin that are to be scored. "
    "Rows over a longer time are needed, or outcomes that are known sooner (matures_after)."
)
MICROSECOND = np.timedelta64(1, "us")


def latest(times: np.ndarray, known_at: np.ndarray, share: float) -> Split:
    """About this share of the rows, the latest, and the rows whose outcome was known when they begin.

    Rows of one moment are on one side. Raises ``DataError`` where no outcome was known by then.
    """
    moments, before = _moments(times)
    nearest = 1 + np.argmin(np.abs(before[1:] - (1 - share) * len(times)))
    return purged(times, known_at, np.flatnonzero(times >= moments[nearest]))


def folds(times: np.ndarray, known_at: np.ndarray, number: int) -> list[Split]:
    """Blocks of rows in order of time, each scored by what was known when it begins.

    The first block begins where half of the outcomes are known that are known when the last moment begins;
    from there on the blocks have about the same number of rows. Rows of one moment are in one block: there
    are fewer blocks where there are few moments. Raises ``DataError`` where no outcome was known before the
    last moment.
    """
    moments, before = _moments(times)
    known = np.searchsorted(np.sort(_ready(times, known_at)), moments, side="right")
    if not known[-1]:
        raise DataError(TOO_EARLY)
    # Half, not one part of many: what is best on few rows is too simple for all of them, and wins its folds.
    first = int(np.argmax(known >= known[-1] / 2))
    marks = np.linspace(before[first], len(times), number, endpoint=False)
    at = np.unique([first + np.argmin(np.abs(before[first:] - mark)) for mark in marks])
    block = np.searchsorted(moments[at], times, side="right") - 1
    return [purged(times, known_at, np.flatnonzero(block == place)) for place in range(len(at))]


def purged(
    times: np.ndarray, known_at: np.ndarray, scored: np.ndarray, train: np.ndarray | None = None
) -> Split:
    """The rows (of ``train``, or of all) whose outcome was known when the scored ones begin.

    Raises ``DataError`` where there is none.
    """
    if not len(scored):
        raise DataError("A fold has no rows that are to be scored.")
    fit = _ready(times, known_at) <= times[scored].min()
    left = np.flatnonzero(fit) if train is None else train[fit[train]]
    if not len(left):
        raise DataError(TOO_EARLY)
    return left, scored


def _ready(times: np.ndarray, known_at: np.ndarray) -> np.ndarray:
    """The first moment at which a row may train: its outcome is known, and its own moment is over."""
    ready: np.ndarray = np.maximum(known_at, times + MICROSECOND)
    return ready


def _moments(times: np.ndarray) -> Split:
    """The distinct moments in order, and how many rows are earlier than each."""
    return np.unique(np.sort(times), return_index=True)
