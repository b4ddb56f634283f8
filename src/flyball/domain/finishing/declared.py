"""What a user writes to have something decided."""

from __future__ import annotations

from dataclasses import dataclass

from flyball.domain.finishing.costs import Costs


@dataclass(frozen=True, slots=True)
class Threshold:
    """A decision from the positive class's probability (or a regression's value, or an anomaly's score).

    With ``costs`` each version has its own: the one at which errors out of fold cost the least.
    """

    threshold: float | None
    at_or_above: str
    below: str
    costs: Costs | None = None

    @classmethod
    def by_cost(
        cls, *, false_positive: float, false_negative: float, at_or_above: str, below: str
    ) -> Threshold:
        """A decision at the threshold at which a version's errors cost the least.

        One of the two costs may be infinite: the fewest of these errors then come first.
        """
        return cls(None, at_or_above=at_or_above, below=below, costs=Costs(false_positive, false_negative))
