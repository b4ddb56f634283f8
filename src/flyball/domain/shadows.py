"""What a shadow answers beside an arm, added up: no page reads its rows again."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from flyball.domain.abtests import sums
from flyball.domain.abtests.evidence import paired
from flyball.domain.abtests.histograms import Bins, latency_bins
from flyball.domain.abtests.sequences import Interval, Mixture, rho
from flyball.domain.abtests.sums import Sums
from flyball.domain.records import NOTHING, SAME, Prediction, answer_text
from flyball.domain.routing import same_output
from flyball.domain.values import Scalar, label_text

LEVEL = 0.05
"""How often an interval of outcomes is wrong at any look."""
PLANNED = 1000.0
"""Entities at which the interval is narrowest, beside one that holds for one look alone."""
MOST_KINDS = 1000
"""Pairs of labels, reasons and codes that are told apart; what comes beyond is counted together."""
OTHERS = "others"
SECONDS = latency_bins(low=1e-5)
"""Latencies, from 10 µs to a minute."""
DISTANCES = Bins(tuple((1e-9 * 1.1 ** np.arange(508)).tolist()))
"""How far two values lie apart: from 1e-9 to 1e12, each bin a tenth wider than the one before."""
COUNTED = ("labels", "decisions", "failed", "not_asked", "distances", "seconds", "seconds_beside")

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


def loss_of(output: Mapping[str, Any], outcome: Scalar) -> Loss | None:
    """What an output loses by an outcome; ``None`` where the two cannot be compared."""
    if "value" in output and isinstance(outcome, int | float) and not isinstance(outcome, bool):
        return (float(output["value"]) - float(outcome)) ** 2, None
    if "label" not in output or outcome is None:
        return None
    wanted = label_text(outcome)
    held = (output.get("probabilities") or {}).get(wanted)
    log_loss = None if held is None else -float(np.log(min(max(float(held), 1e-15), 1.0)))
    return float(label_text(output["label"]) != wanted), log_loss


def quantile(counts: Mapping[int, int], edges: Sequence[float], part: float) -> float | None:
    """The upper edge of the bin within which a part of all lies; infinite beyond the last edge."""
    wanted, seen = part * sum(counts.values()), 0
    for place in sorted(counts):
        seen += counts[place]
        if seen >= wanted:
            return edges[place] if place < len(edges) else float("inf")
    return None


def _added(total: Sums, value: float, times: int) -> Sums:
    one = sums.of_rows([value])
    return total + one if times > 0 else total - one


def _interval(losses: Sums, apart: float) -> Interval:
    moments = losses.moments()
    # In entities, not in losses: so it is narrowest at the same number whatever the losses' unit is.
    mixture = max(rho(LEVEL, PLANNED) * float(moments.variance), 1e-300)
    return Mixture(LEVEL, mixture).interval(paired(moments, np.asarray(apart)))


def _count(counted: Counter[Any], key: Any, otherwise: Any) -> None:
    counted[key if key in counted or len(counted) < MOST_KINDS else otherwise] += 1
