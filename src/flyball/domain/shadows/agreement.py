"""What a shadow answers beside an arm, added up: no page reads its rows again."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from flyball.domain.abtests import sums
from flyball.domain.abtests.histograms import Bins, latency_bins
from flyball.domain.abtests.sums import Sums
from flyball.domain.records import NOTHING, SAME, Prediction, answer_text
from flyball.domain.routing import same_output
from flyball.domain.shadows.judged import NO_SUMS, Judged

MOST_KINDS = 1000
"""Pairs of labels, reasons and codes that are told apart; what comes beyond is counted together."""
OTHERS = "others"
SECONDS = latency_bins(low=1e-5)
"""Latencies, from 10 µs to a minute."""
DISTANCES = Bins(tuple((1e-9 * 1.1 ** np.arange(508)).tolist()))
"""How far two values lie apart: from 1e-9 to 1e12, each bin a tenth wider than the one before."""
COUNTED = ("labels", "decisions", "failed", "not_asked", "distances", "seconds", "seconds_beside")


@dataclass(slots=True, kw_only=True)
class Agreement:
    """A shadow beside one version under one arm. Keys of pairs are (what answered, the shadow).

    ``differences`` are those of values, the shadow's less the other's, and their sizes. ``distances`` and
    ``seconds`` count bins.
    """

    answered: int = 0
    differing: int = 0
    labels: Counter[tuple[str, str]] = field(default_factory=Counter)
    decisions: Counter[tuple[str, str]] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    not_asked: Counter[str] = field(default_factory=Counter)
    differences: Sums = NO_SUMS
    distances: Counter[int] = field(default_factory=Counter)
    seconds: Counter[int] = field(default_factory=Counter)
    seconds_beside: Counter[int] = field(default_factory=Counter)
    judged: Judged = field(default_factory=Judged)
    fresh: list[float] = field(default_factory=list)

    @property
    def asked(self) -> int:
        """Rows with which the shadow was asked."""
        return self.answered + self.failed.total()

    def fail(self, code: str) -> None:
        """Count one that it failed at, by the code of the error."""
        _count(self.failed, code, OTHERS)

    def leave(self, reason: str) -> None:
        """Count one that it could not be asked."""
        _count(self.not_asked, reason, OTHERS)

    def add(self, stored: Prediction, output: Mapping[str, Any], decision: str | None) -> bool:
        """Count one answer; says whether it is another one than was given."""
        self.answered += 1
        is_other = stored.decision != decision
        if stored.decision is not None or decision is not None:
            pair = (stored.decision or NOTHING, decision or NOTHING)
            _count(self.decisions, pair, (OTHERS, OTHERS))
        distance = distance_of(stored.output, output)
        if distance is None:
            pair = (answer_text(stored.output), answer_text(output))
            _count(self.labels, pair, (OTHERS, OTHERS))
            is_other = is_other or pair[0] != pair[1]
        else:
            if abs(distance) <= sums.LARGEST:  # else it is in no mean, and counted all the same
                self.fresh.append(distance)  # added up together: exact sums take their time
            self.distances[bisect_right(DISTANCES.edges, abs(distance))] += 1
            is_other = is_other or not same_output(
                float(stored.output["value"]), float(output["value"]), SAME
            )
        self.differing += is_other
        return is_other

    def time(self, own: float, other: float) -> None:
        """Count how long both took for one row (seconds)."""
        self.seconds[bisect_right(SECONDS.edges, own)] += 1
        self.seconds_beside[bisect_right(SECONDS.edges, other)] += 1

    def document(self) -> dict[str, Any]:
        """All of it as JSON."""
        self.differences += sums.of_rows(self.fresh, np.abs(self.fresh)) if self.fresh else NO_SUMS
        self.fresh.clear()
        counted = {name: [[key, count] for key, count in getattr(self, name).items()] for name in COUNTED}
        judged = {name: getattr(self.judged, name) for name in ("rows", "better", "worse", "apart")}
        exact = {
            "differences": self.differences.document(),
            "losses": self.judged.losses.document(),
            "log_losses": self.judged.log_losses.document(),
        }
        return {"answered": self.answered, "differing": self.differing, **counted, **judged, **exact}


def of_document(document: Mapping[str, Any]) -> Agreement:
    """An agreement from what ``Agreement.document`` wrote."""
    counted: dict[str, Any] = {
        name: Counter({tuple(key) if isinstance(key, list) else key: count for key, count in document[name]})
        for name in COUNTED
    }
    judged = Judged(
        **{name: document[name] for name in ("rows", "better", "worse", "apart")},
        losses=sums.of_document(document["losses"]),
        log_losses=sums.of_document(document["log_losses"]),
    )
    return Agreement(
        answered=document["answered"],
        differing=document["differing"],
        differences=sums.of_document(document["differences"]),
        judged=judged,
        **counted,
    )


def distance_of(before: Mapping[str, Any], after: Mapping[str, Any]) -> float | None:
    """How far a value lies above another one; ``None`` where the outputs are no numbers."""
    if "value" not in before or "value" not in after:
        return None
    return float(after["value"]) - float(before["value"])


def quantile(counts: Mapping[int, int], edges: Sequence[float], part: float) -> float | None:
    """The upper edge of the bin within which a part of all lies; infinite beyond the last edge."""
    wanted, seen = part * sum(counts.values()), 0
    for place in sorted(counts):
        seen += counts[place]
        if seen >= wanted:
            return edges[place] if place < len(edges) else float("inf")
    return None


def _count(counted: Counter[Any], key: Any, otherwise: Any) -> None:
    counted[key if key in counted or len(counted) < MOST_KINDS else otherwise] += 1
