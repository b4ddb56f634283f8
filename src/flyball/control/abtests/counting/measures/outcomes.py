"""Metrics of the model: what it answered beside what really happened, where that is known in time."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flyball.control.abtests.counting.accumulating import Pair
from flyball.control.abtests.counting.measures.answers import number
from flyball.control.abtests.counting.measures.units import SOME, Brought, Recorded, Unit, recorded
from flyball.control.routing.models import Outcome
from flyball.domain.abtests.metrics import Shape
from flyball.domain.values import Scalar, label_text

DAY = timedelta(days=1)
LEAST = 1e-15
"""Probabilities are taken to be at least this: one that is 0 would make the loss of all infinite."""


@dataclass(frozen=True, slots=True)
class Classes:
    """How an endpoint's outputs are read. ``positive`` is a class's text, or ``None`` for a regression;
    ``at_or_above`` the decision that foretells it, where the endpoint decides."""

    positive: str | None
    at_or_above: str | None = None


Loss = Callable[[Recorded, Scalar, Classes], float]
"""What one prediction is worth beside its outcome."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """A mean over the predictions of units: each unit adds the sum over its own, and their number.

    A prediction whose outcome has not come within ``maturity`` (seconds) is neither right nor wrong. Those
    count whose time for an outcome is over when the unit counts: of later ones it would depend on the outcome
    itself, and on the moment of the look, whether it is known.
    """

    name: str
    loss: Loss
    classes: Classes
    within: float
    maturity: float
    shape: Shape = "ratio"

    def of(self, units: Sequence[Unit]) -> list[Brought]:
        """The sum and the number of a unit's known predictions, also by the day that they were made."""
        rows = recorded(each for unit in units for each in self._counted(unit))
        happened = known_outcomes(rows, self.maturity)
        return [self._of(unit, rows, happened) for unit in units]

    def _counted(self, unit: Unit) -> tuple[UUID, ...]:
        return unit.within(self.within - self.maturity)

    def _of(self, unit: Unit, rows: Mapping[UUID, Recorded], happened: Mapping[UUID, Scalar]) -> Brought:
        days: dict[int, list[float]] = defaultdict(list)
        for each in self._counted(unit):
            if each in happened:
                day = (rows[each].created_at - unit.exposed_at) // DAY
                days[max(day, 0)].append(self.loss(rows[each], happened[each], self.classes))
        losses = [loss for every in days.values() for loss in every]
        by_day = {day: (math.fsum(every), float(len(every))) for day, every in days.items()}
        return Brought((math.fsum(losses), float(len(losses))) if losses else None, by_day)


@dataclass(frozen=True, slots=True)
class Ranked:
    """How well scores rank the positive class: of each unit its first prediction."""

    name: str
    classes: Classes
    within: float
    maturity: float
    shape: Shape = "auc"

    def of(self, units: Sequence[Unit]) -> list[Brought]:
        """The score, and 1 for the positive class."""
        rows = recorded(unit.predictions[0] for unit in units)
        happened = known_outcomes(rows, self.maturity)
        return [Brought(self._of(unit.predictions[0], rows, happened)) for unit in units]

    def _of(self, of: UUID, rows: Mapping[UUID, Recorded], happened: Mapping[UUID, Scalar]) -> Pair | None:
        if of not in happened:
            return None
        score = number(rows[of].output, self.classes.positive)
        return None if score is None else (score, _is_positive(happened[of], self.classes))


def known_outcomes(rows: Mapping[UUID, Recorded], maturity: float) -> dict[UUID, Scalar]:
    """The outcomes that had come of predictions when their time was over; corrections since do not count."""
    found: dict[UUID, Scalar] = {}
    wanted = list(rows)
    for start in range(0, len(wanted), SOME):
        bound = Outcome.objects.filter(
            prediction__in=wanted[start : start + SOME], state=Outcome.State.BOUND
        ).order_by("id")
        for of, value, received_at in bound.values_list("prediction", "value", "received_at"):
            if of is not None and _is_in_time(rows[of], received_at, maturity):
                found[of] = value
    return found


def _is_in_time(row: Recorded, received_at: datetime, maturity: float) -> bool:
    return received_at <= row.created_at + timedelta(seconds=maturity)


def _is_positive(value: Scalar, classes: Classes) -> float:
    return float(label_text(value) == classes.positive)


def _itself(row: Recorded, value: Scalar, classes: Classes) -> float:
    return float(value or 0) if classes.positive is None else _is_positive(value, classes)


def _accuracy(row: Recorded, value: Scalar, classes: Classes) -> float:
    if row.decision is not None and classes.at_or_above is not None:
        return float((row.decision == classes.at_or_above) == bool(_is_positive(value, classes)))
    return float(label_text(row.output["label"]) == label_text(value))


def _probability(row: Recorded, value: Scalar) -> float:
    return float(row.output["probabilities"].get(label_text(value), 0.0))


def _log_loss(row: Recorded, value: Scalar, classes: Classes) -> float:
    return -math.log(max(_probability(row, value), LEAST))


def _brier(row: Recorded, value: Scalar, classes: Classes) -> float:
    """Brier 1950, over all classes: from 0 to 2."""
    squares = math.fsum(float(each) ** 2 for each in row.output["probabilities"].values())
    right = _probability(row, value)
    return squares - right**2 + (1.0 - right) ** 2


def _error(row: Recorded, value: Any) -> float:
    return float(row.output["value"]) - float(value)


LOSSES: Mapping[str, Loss] = {
    "outcome": _itself,
    "accuracy": _accuracy,
    "log_loss": _log_loss,
    "brier": _brier,
    "absolute_error": lambda row, value, _: abs(_error(row, value)),
    "squared_error": lambda row, value, _: _error(row, value) ** 2,
}
"""By the metric's name."""
