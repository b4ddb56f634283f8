"""What a version answers to recorded inputs beside what was answered, counted."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flyball.domain.records import NOTHING, SAME, Prediction, answer_text
from flyball.domain.routing import same_output

EXAMPLES = 5
"""Predictions that are named."""
MOST_KINDS = 50
"""Kinds of change, and reasons, that are told; those that came most often."""


@dataclass(slots=True)
class Tally:
    """Counts of one comparison. ``without`` says for how many an optional field was not recorded.

    ``labels`` and ``decisions`` count every pair of before and after, of those that stay too.
    """

    looked_at: int = 0
    asked: int = 0
    erased: int = 0
    differing: int = 0
    labels: Counter[tuple[str, str]] = field(default_factory=Counter)
    decisions: Counter[tuple[str, str]] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    without: Counter[str] = field(default_factory=Counter)
    distances: list[float] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)

    def refuse(self, reason: str) -> None:
        """Count one that could not be asked."""
        self.reasons[reason] += 1

    def add(self, stored: Prediction, output: dict[str, Any], decision: str | None) -> None:
        """Count one that was asked, with what came out and what would be decided."""
        self.asked += 1
        is_other = self._outputs(stored.output, output)
        self.decisions[stored.decision or NOTHING, decision or NOTHING] += 1
        is_other = is_other or stored.decision != decision
        if is_other:
            self.differing += 1
            if len(self.examples) < EXAMPLES:
                self.examples.append(str(stored.id))

    def _outputs(self, before: dict[str, Any], after: dict[str, Any]) -> bool:
        if "value" in before and "value" in after:
            self.distances.append(abs(float(after["value"]) - float(before["value"])))
            return not same_output(float(before["value"]), float(after["value"]), SAME)
        one, other = answer_text(before), answer_text(after)
        self.labels[one, other] += 1
        return one != other

    def document(self) -> dict[str, Any]:
        """All of it as JSON has it; ``differences`` only where outputs are numbers."""
        return {
            "looked_at": self.looked_at,
            "asked": self.asked,
            "erased": self.erased,
            "differing": self.differing,
            "labels": _changes(self.labels),
            "decisions": _changes(self.decisions),
            "differences": spread(sorted(self.distances)),
            "not_asked": [
                {"reason": reason, "count": count} for reason, count in self.reasons.most_common(MOST_KINDS)
            ],
            "without": [
                {"field": name, "count": count} for name, count in self.without.most_common(MOST_KINDS)
            ],
            "examples": self.examples,
        }


def _changes(counted: Counter[tuple[str, str]]) -> list[dict[str, Any]]:
    changed = Counter({pair: count for pair, count in counted.items() if pair[0] != pair[1]})
    return [
        {"before": before, "after": after, "count": count}
        for (before, after), count in changed.most_common(MOST_KINDS)
    ]


def spread(distances: Sequence[float]) -> dict[str, float] | None:
    """Of sorted distances, the smallest that half and that 95 % of all do not exceed, and the largest."""
    if not distances:
        return None

    def within(part: float) -> float:
        return distances[math.ceil(part * len(distances)) - 1]

    return {"median": within(0.5), "p95": within(0.95), "largest": distances[-1]}
