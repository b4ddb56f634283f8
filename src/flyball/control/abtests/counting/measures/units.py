"""Units as they are counted, with what was recorded of their predictions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from flyball.control.abtests.counting.accumulating import Pair
from flyball.control.abtests.models import Exposure
from flyball.control.routing.models import Prediction
from flyball.domain.abtests.metrics import Shape
from flyball.domain.abtests.sums import LARGEST
from flyball.domain.errors import DataError
from flyball.domain.records import moment_of


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of a test: where it is assigned, and the predictions that count, the first one first."""

    identity: str
    stratum: int
    arm: str
    exposed_at: datetime
    predictions: tuple[UUID, ...]

    @classmethod
    def of(cls, exposure: Exposure) -> Unit:
        """As it is kept."""
        more = (UUID(each) for each in exposure.more or ())
        return cls(
            exposure.unit,
            exposure.stratum,
            exposure.arm,
            exposure.exposed_at,
            (exposure.prediction, *more),
        )

    def within(self, seconds: float) -> tuple[UUID, ...]:
        """The predictions of so long a time, the first one included."""
        until = self.exposed_at + timedelta(seconds=seconds)
        return tuple(each for each in self.predictions if moment_of(each) <= until)


class Brought(NamedTuple):
    """What one unit brings to a metric: all of it (``None``: nothing is known), and by the day.

    Days are counted from its first prediction, the first one being 0; none where a metric has no days.
    """

    all: Pair | None
    days: Mapping[int, Pair] = MappingProxyType({})


class Measure(Protocol):
    """What a metric is of each unit. ``within`` is when it counts (seconds after its first prediction)."""

    @property
    def name(self) -> str:
        """The metric's."""
        ...

    @property
    def shape(self) -> Shape:
        """What is added up."""
        ...

    @property
    def within(self) -> float:
        """Seconds."""
        ...

    def of(self, units: Sequence[Unit]) -> list[Brought]:
        """Of each unit, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a metric reads of one prediction."""

    id: UUID
    output: Mapping[str, Any]
    decision: str | None
    latency: int | None
    created_at: datetime


def what_they_bring(measure: Measure, units: Sequence[Unit]) -> list[Brought]:
    """What units bring to a metric. Raises ``DataError`` for a value that cannot be added up."""
    try:
        found = measure.of(units)
    except OverflowError:
        raise _too_large(measure) from None
    for each in found:
        values = chain(each.all or (), *each.days.values())
        if not all(abs(value) <= LARGEST for value in values):
            raise _too_large(measure)
    return found


def _too_large(measure: Measure) -> DataError:
    return DataError(
        f"Metric {measure.name}: the value of a unit is too large to be added up. Correct or retract the "
        "outcome or the row that it is of; a declared metric may have bounds: low=, high=."
    )


NAMES = ("id", "output", "decision", "latency", "created_at")
SOME = 500
"""Ids of one statement."""


def first_of(units: Sequence[Unit]) -> dict[UUID, Recorded]:
    """The first prediction of each unit, by id; those that were erased are not there."""
    return recorded(unit.predictions[0] for unit in units)


def recorded(ids: Iterable[UUID]) -> dict[UUID, Recorded]:
    """Predictions by id, without those that were erased."""
    wanted, found = list(ids), dict[UUID, Recorded]()
    for start in range(0, len(wanted), SOME):
        some = Prediction.objects.filter(pk__in=wanted[start : start + SOME], erased_at=None)
        found |= {row[0]: Recorded(*row) for row in some.values_list(*NAMES)}
    return found
