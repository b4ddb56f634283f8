"""Reasons of an answer: the fields that have moved it most, each with its part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from flyball.domain.values import Scalar

Method = Literal["linear", "tree_path_dependent", "tree_interventional", "ablation"]
"""How parts are found: exactly, but for ``ablation``."""
Unit = Literal[
    "value",
    "log-value",
    "probability",
    "log-odds",
    "score",
    "squared distance",
    "log2-score",
    "anomaly score",
]
"""What parts are measured in. A ``score`` is the logarithm of a class's probability, up to a number that is
the same for every class; a ``log2-score`` that of an anomaly score, to the base 2."""
MOST_FIELDS = 10_000
"""Reasons of one answer that can be asked for: as many as a version may have fields."""
MOST_COUNTERFACTUALS = 10
"""Counterfactuals of one answer that can be asked for, and rows of one call that get some."""
MOST_ROWS = 100
"""Rows of one call that are explained."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One field, the row's value of it, and the part that it has in the answer, in the answer's unit.

    ``is_told`` says whether who asks may see the value: it is their own, or they may read predictions.
    """

    field: str
    value: Scalar
    part: float
    is_told: bool = True


@dataclass(frozen=True, slots=True)
class Change:
    """A field of a row, its value, and the one that it would have instead; ``is_told`` as of a reason."""

    field: str
    value: Scalar
    to: Scalar
    is_told: bool = True


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """Changes of one field, or of two, after which something else is decided, and the output then."""

    changes: tuple[Change, ...]
    decision: str
    output: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Counterfactuals:
    """The smallest changes found that turn a ``decision``, the smallest first; or why there are ``none``."""

    decision: str
    found: tuple[Counterfactual, ...]
    none: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """The largest parts of an answer, the largest first; ``rest`` is what all others add to the sum.

    ``base``, the parts and ``rest`` add up to ``answer``: the number of the class, or the cluster, ``of``
    (``None`` for a regression). ``base`` is what is answered on average. ``counterfactuals`` are there where
    they were asked for.
    """

    method: Method
    unit: Unit
    of: Scalar
    base: float
    answer: float
    parts: tuple[Reason, ...]
    rest: float
    counterfactuals: Counterfactuals | None = None
