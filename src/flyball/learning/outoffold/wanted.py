"""What a build wants to know of its candidates' predictions out of fold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flyball.domain.declaration import Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """``is_calibrated``: whether probabilities are calibrated where that helps.

    ``interval`` is the chance with which a value lies inside of its own.
    ``contamination`` is the share of rows that are taken for anomalies, unless the estimator says it itself.
    ``break_even`` is that of the costs to decide by, of the ``positive`` class; ``None`` without costs.
    """

    positive: Any = None
    break_even: float | None = None
    is_calibrated: bool = False
    interval: float | None = None
    contamination: float | None = None

    @classmethod
    def of(cls, declaration: type[Endpoint]) -> Wanted:
        """What an endpoint declares."""
        decide = declaration.decide
        return cls(
            positive=declaration.outcome.positive if declaration.outcome else None,
            is_calibrated=declaration.task == "classification" and declaration.calibrate,
            interval=declaration.interval if declaration.task == "regression" else None,
            contamination=share if isinstance(share := declaration.contamination, int | float) else None,
            break_even=decide.costs.break_even if decide and decide.costs else None,
        )

    @property
    def is_anything(self) -> bool:
        """Whether the best point of a candidate is asked about each fold once more."""
        return self.is_calibrated or {self.break_even, self.interval, self.contamination} != {None}
