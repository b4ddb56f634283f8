"""The units of a search: what is kept of it as soon as it is computed, so that no more than one is lost."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, TypeVar

from flyball.domain.values import storable

LONGEST = 1000
"""Characters of an error that are kept."""
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


@dataclass(frozen=True, slots=True)
class Unit:
    """One point of a candidate on one rung; on the last of several, which has all rows, one ``fold`` of it.

    Rungs and folds are counted from 0; point 1 is the defaults. The rung above the last is the last fit.
    """

    candidate: str
    rung: int
    point: int
    fold: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The score of each fold of a unit, NaN where it is not defined; or the error that it ended with.

    Folds are missing where it was behind others after those before (``Asked.is_behind``). ``seconds`` is how
    long it took. It is not to be kept where another try may end otherwise: there was too little memory.
    """

    scores: tuple[float, ...]
    seconds: float
    error: str = ""
    is_to_be_kept: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The best point of a search with its scores on all folds, and how the search went.

    ``seconds`` is what its units took, wherever they were computed.
    """

    point: int
    parameters: Mapping[str, Any]
    scores: tuple[float, ...]
    trials: int
    stopped_by_time: bool
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A unit that a search needs, with the parameters of its point; ``found`` is a last fit's alone.

    It ends before its last fold once it ``is_behind`` the ``medians``.
    """

    unit: Unit
    parameters: Mapping[str, Any]
    found: Found | None = None
    medians: tuple[float, ...] = ()

    def is_behind(self, scores: Sequence[float]) -> bool:
        """Whether the mean of the first scores is below the median of those that others had by then.

        Source: the median stopping rule of Golovin et al., 2017, "Google Vizier: A Service for Black-Box
        Optimization".
        """
        return 0 < len(scores) <= len(self.medians) and fmean(scores) < self.medians[len(scores) - 1]


Known = Callable[[Asked], Outcome | None]
"""The outcome of a unit, where there is one already.

What it raises ends the whole selection: it is never taken for a candidate's failure.
"""
Result = TypeVar("Result")
Steps = Generator[list[Asked], None, Result]
"""Gives the units that are needed next and are not known yet, in the order of points; at the end a result.

All that it does follows from outcomes in that order: it does not matter who computes a unit, or when.
"""


class CandidateFailed(Exception):
    """No point of a candidate works: the sentence says what the last one ended with.

    ``seconds`` is what its units took, in the order of points.
    """

    def __init__(self, sentence: str, seconds: float = 0.0) -> None:
        super().__init__(sentence)
        self.seconds = seconds


def sentence(error: BaseException) -> str:
    """An error as it is kept."""
    try:
        said = str(error)
    except Exception as second:  # noqa: BLE001 - a user's own error may fail in its turn
        said = f"it cannot say what is wrong ({type(second).__name__})"
    return storable(f"{type(error).__name__}: {said}")[:LONGEST]


def plain(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as JSON can hold them: a user's space may choose between objects."""
    return {name: _plain(value) for name, value in parameters.items()}


def described(thing: Any) -> str:
    """What ``repr`` says, without addresses, which are others in each process."""
    return storable(ADDRESS.sub("", repr(thing)))


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value if value == storable(value) else described(value)
    if value is None or isinstance(value, bool | int):
        return value
    return float(value) if isinstance(value, float) and math.isfinite(value) else described(value)
