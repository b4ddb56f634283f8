"""The units of a search: what is kept of it as soon as it is computed, so that no more than one is lost."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from flyball.domain.values import storable

LONGEST = 1000
"""Characters of an error that are kept."""
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


@dataclass(frozen=True, slots=True)
class Unit:
    """One point of a candidate on one rung; on the last of several, which has all rows, one ``fold`` of it.

    Rungs and folds are counted from 0; point 1 is the defaults.
    """

    candidate: str
    rung: int
    point: int
    fold: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The score of each fold of a unit, NaN where it is not defined; or the error that it ended with.

    Folds are missing where the search's time was over before them. ``seconds`` is how long it took. It is not
    to be kept where another try may end otherwise: there was too little memory.
    """

    scores: tuple[float, ...]
    seconds: float
    error: str = ""
    is_to_be_kept: bool = True


Compute = Callable[[], Outcome]


class Units(Protocol):
    """Where outcomes are kept: an outcome that is there already is not computed again.

    What an implementation raises ends the whole selection: it is never taken for a candidate's failure.
    """

    def __call__(self, unit: Unit, parameters: Mapping[str, Any], compute: Compute) -> Outcome:
        """The outcome of a unit with these parameters, computed here unless it is known."""


def computed(unit: Unit, parameters: Mapping[str, Any], compute: Compute) -> Outcome:
    """Keeps nothing: for a search that begins and ends with its process."""
    return compute()


@dataclass(slots=True)
class Counted:
    """Units, and the seconds that they took: also those that were computed in an earlier process."""

    units: Units
    seconds: float = 0.0

    def __call__(self, unit: Unit, parameters: Mapping[str, Any], compute: Compute) -> Outcome:
        """The outcome, counted."""
        outcome = self.units(unit, parameters, compute)
        self.seconds += outcome.seconds
        return outcome


class CandidateFailed(Exception):
    """No point of a candidate works: the sentence says what the last one ended with."""


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
