"""What outcomes say of a shadow beside what answered, row by row."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from flyball.domain.abtests import sums
from flyball.domain.abtests.evidence import paired
from flyball.domain.abtests.sequences import Interval, Mixture, rho
from flyball.domain.abtests.sums import Sums
from flyball.domain.values import Scalar, label_text

LEVEL = 0.05
"""How often an interval of outcomes is wrong at any look."""
PLANNED = 1000.0
"""Entities at which the interval is narrowest, beside one that holds for one look alone."""
NO_SUMS = Sums()

Loss = tuple[float, float | None]
"""0 or 1 for a wrong label, or the squared error; and the log loss, where there are probabilities."""


@dataclass(slots=True)
class Judged:
    """What outcomes say: of each row, and of one row of each entity.

    ``better`` and ``worse`` count rows on which the shadow lost less and more than what answered; ``losses``
    and ``log_losses`` add up its loss less the other's, of the first row of each entity: rows of one are not
    independent. ``apart`` counts those whose losses differ.
    """

    rows: int = 0
    better: int = 0
    worse: int = 0
    apart: int = 0
    losses: Sums = NO_SUMS
    log_losses: Sums = NO_SUMS

    def add(self, own: Loss, other: Loss, *, is_unit: bool, times: int = 1) -> None:
        """Count one row; with ``times`` -1, count one no more: a correction has come."""
        self.rows += times
        self.better += times * (own[0] < other[0])
        self.worse += times * (own[0] > other[0])
        if not is_unit:
            return
        self.apart += times * (own[0] != other[0])
        self.losses = _added(self.losses, own[0] - other[0], times)
        if own[1] is not None and other[1] is not None:
            self.log_losses = _added(self.log_losses, own[1] - other[1], times)

    def interval(self) -> Interval:
        """Of the difference of the loss a row, the shadow's less the other's: below 0 it is better.

        It holds at every look at once (Howard, Ramdas, McAuliffe and Sekhon 2021), as more rows come in
        (with an estimated variance: Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2021).
        """
        return _interval(self.losses, float(self.apart))

    def log_interval(self) -> Interval:
        """The same of the log loss."""
        return _interval(self.log_losses, float(self.log_losses.units))


def loss_of(output: Mapping[str, Any], outcome: Scalar) -> Loss | None:
    """What an output loses by an outcome; ``None`` where that cannot be compared, or not added up."""
    if "value" in output and isinstance(outcome, int | float) and not isinstance(outcome, bool):
        error = abs(float(output["value"]) - float(outcome))
        return (error**2, None) if error <= math.sqrt(sums.LARGEST) else None
    if "is_anomaly" in output and isinstance(outcome, bool):
        return float(output["is_anomaly"] != outcome), None
    if "label" not in output or outcome is None:
        return None
    wanted = label_text(outcome)
    held = (output.get("probabilities") or {}).get(wanted)
    log_loss = None if held is None else -float(np.log(min(max(float(held), 1e-15), 1.0)))
    return float(label_text(output["label"]) != wanted), log_loss


def _added(total: Sums, value: float, times: int) -> Sums:
    one = sums.of_rows([value])
    return total + one if times > 0 else total - one


def _interval(losses: Sums, apart: float) -> Interval:
    moments = losses.moments()
    # In entities, not in losses: so it is narrowest at the same number whatever the losses' unit is.
    mixture = max(rho(LEVEL, PLANNED) * float(moments.variance), 1e-300)
    return Mixture(LEVEL, mixture).interval(paired(moments, np.asarray(apart)))
