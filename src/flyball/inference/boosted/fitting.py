"""One fit through a library: what it learns from, and the proof of what is kept of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from sklearn.model_selection import train_test_split

from flyball.domain.errors import ArtifactCorrupt, ModelFailed
from flyball.domain.numbers import answered
from flyball.inference.boosted.kept import link_of
from flyball.inference.boosted.training import Course, Grown
from flyball.inference.compiled.arrays import unpacked
from flyball.inference.compiled.estimators import trees
from flyball.inference.compiled.estimators.nodes import covered, joined

LARGEST_ERROR = 1e-6
"""How far answers may lie from the library's: probabilities, and values relative to themselves or to the
deviation of all outcomes, whichever is larger."""

TOGETHER = 4096
"""Rows that are compared at once."""

Growing = Callable[[Course, np.ndarray], Grown]
"""A course, and rows (rows, columns) that the library is asked about afterwards."""


def fitted(
    growing: Growing, course: Course, watched: float | None, *, single: bool
) -> tuple[trees.Trees, np.ndarray]:
    """The trees of a fit, and what their splits cover, (splits, 2).

    ``watched`` is the share of the rows that is held out to end it early; ``single``: the library compares
    float32. Raises ``ModelFailed`` where the trees do not answer every row as the library does.
    """
    link, every = link_of(course.classes, course.loss), course.rows
    # Both libraries hold outcomes as float32: far from zero, what tells one from another would be lost.
    middle, outcomes = _centred(every.outcomes) if link == "value" else (0.0, every.outcomes)
    given = replace(course, rows=every._replace(outcomes=outcomes))
    found = growing(given if watched is None else _parted(given, watched), every.numbers)
    start = found.start.astype(np.float64) + middle
    made = joined(found.trees, start=start, divisor=1, link=link, single=single, missing=True)
    _prove(made, found, given)
    return made, covered([*zip(found.trees, found.weights, strict=True)])


def _centred(outcomes: np.ndarray) -> tuple[float, np.ndarray]:
    """Their mean, and how far each is from it."""
    with np.errstate(over="ignore", invalid="ignore"):
        middle = float(np.mean(outcomes))
        apart = outcomes - middle
        if not np.isfinite(apart.astype(np.float32)).all():
            raise ModelFailed("The outcomes lie too far apart: the library holds them as float32.")
    return middle, apart


def _parted(course: Course, share: float) -> Course:
    """The course with that share of its rows to watch instead."""
    rows = course.rows
    stratify = None if course.classes is None else rows.outcomes
    places = np.arange(len(rows.outcomes))
    learned, watched = train_test_split(places, test_size=share, random_state=course.seed, stratify=stratify)
    return replace(course, rows=rows.take(np.sort(learned)), watch=rows.take(np.sort(watched)))


def _prove(made: trees.Trees, found: Grown, course: Course) -> None:
    """Each row must reach leaves whose sum, added up as the library does it, is the library's answer."""
    try:
        leaves = trees.reached(made, course.rows.numbers.shape[1])
    except ArtifactCorrupt as error:
        raise ModelFailed(f"Its trees cannot be kept: {error}") from None
    values = unpacked(made.values).astype(found.start.dtype)
    spread = float(np.std(course.rows.outcomes)) or 1.0
    for begin in range(0, len(found.said), TOGETHER):
        part = slice(begin, begin + TOGETHER)
        sums = trees.added(values[leaves(course.rows.numbers[part].astype(np.float64))], found.start)
        answers, said = answered(made.link, sums.astype(np.float64)), found.said[part]
        apart = np.abs((answers[:, 1] if course.classes == 2 else answers) - said)
        if course.classes is None:
            apart = apart / np.maximum(np.abs(said), spread)
        largest = float(apart.max())
        if not largest <= LARGEST_ERROR:
            raise ModelFailed(f"Its trees, as they are kept, answer {largest:.1e} off what the library says.")
