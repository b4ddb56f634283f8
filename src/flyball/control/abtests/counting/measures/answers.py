"""Metrics of the answers alone: how late they came, and how far they shifted. Nothing is waited for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flyball.control.abtests.counting.measures.units import Brought, Unit, first_of
from flyball.domain.abtests.metrics import Shape


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds from call to output, of each unit's first prediction: heavy users count once."""

    name: str
    shape: Shape = "latency"
    within: float = 0.0

    def of(self, units: Sequence[Unit]) -> list[Brought]:
        """Seconds and 0."""
        rows = first_of(units)
        found = (rows.get(unit.predictions[0]) for unit in units)
        seconds = (None if row is None or row.latency is None else row.latency / 1_000_000 for row in found)
        return [_brought(each) for each in seconds]


@dataclass(frozen=True, slots=True)
class Output:
    """The probability of the positive class, or a regression's value, of each unit's first prediction."""

    name: str
    positive: str | None
    shape: Shape = "mean"
    within: float = 0.0

    def of(self, units: Sequence[Unit]) -> list[Brought]:
        """The number and 0."""
        rows = first_of(units)
        found = (rows.get(unit.predictions[0]) for unit in units)
        return [_brought(None if row is None else number(row.output, self.positive)) for row in found]


def _brought(value: float | None) -> Brought:
    return Brought(None if value is None else (value, 0.0))


def number(output: Any, positive: str | None) -> float | None:
    """What an output says in one number; ``None`` where the version does not know the positive class."""
    if positive is None:
        return float(output["value"])
    found = output["probabilities"].get(positive)
    return None if found is None else float(found)
