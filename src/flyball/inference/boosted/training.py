"""What a library is given to learn from, and what is taken back of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from flyball.inference.compiled.estimators.nodes import Tree


class Rows(NamedTuple):
    """Numbers (rows, columns), outcomes (rows,) and weights (rows,), where there are any.

    Outcomes are values, or the places of classes.
    """

    numbers: np.ndarray
    outcomes: np.ndarray
    weights: np.ndarray | None

    def take(self, places: np.ndarray) -> Rows:
        """Those at these places."""
        weights = None if self.weights is None else self.weights[places]
        return Rows(self.numbers[places], self.outcomes[places], weights)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One fit of ``turns``: of so many ``classes``, None of a regression; ``ways`` are -1, 0 or 1 a column.

    ``parameters`` are the library's own. With rows to ``watch`` it ends once their loss has not fallen for
    ``patience`` turns.
    """

    parameters: Mapping[str, Any]
    turns: int

    rows: Rows
    classes: int | None
    loss: str
    quantile: float | None
    seed: int
    ways: Sequence[int] | None
    patience: int
    watch: Rows | None = None

    @property
    def outputs(self) -> int:
        """How many sums there are: of two classes one, as of values."""
        return 1 if self.classes is None or self.classes == 2 else self.classes


class Grown(NamedTuple):
    """The trees of a fit; with several outputs they take turns.

    ``weights`` are those of the training rows at each node of each tree. The library adds up numbers of the
    type that ``start`` has. ``said`` is what it answers to all rows that it was asked about: values,
    probabilities of the second of two classes, or of all.
    """

    trees: Sequence[Tree]
    weights: Sequence[np.ndarray]
    start: np.ndarray
    said: np.ndarray
