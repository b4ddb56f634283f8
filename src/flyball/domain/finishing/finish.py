"""What a version keeps of its predictions out of fold."""

from __future__ import annotations

from dataclasses import dataclass

from flyball.domain.finishing.calibration import Calibration
from flyball.domain.finishing.costs import TradeOff
from flyball.domain.finishing.intervals import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """What a version keeps of predictions for rows that were not learned from, fold by fold.

    ``trade_offs`` are all that may be cheapest, thresholds ascending: of each, how the positive class was
    decided. ``calibration`` is what probabilities go through, ``interval`` what is
    about each value; scores above ``threshold`` are anomalies. ``rows`` is how many predictions there were.
    ``notes`` say what was found, as sentences.
    """

    rows: int = 0
    trade_offs: tuple[TradeOff, ...] = ()
    notes: tuple[str, ...] = ()
    calibration: Calibration | None = None
    interval: Interval | None = None
    threshold: float | None = None
